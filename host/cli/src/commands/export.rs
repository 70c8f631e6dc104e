//! `wasmtab export`: jobs as the file that makes them again.

use clap::Args;
use serde_json::Value;

use crate::{
    context::Context,
    exit::Failure,
    output::{self, yaml},
};

/// Writes YAML, by name, with nothing but what differs from the defaults; with `-o json` the same as JSON. `apply` takes
/// both, and changes nothing where the jobs are as they were.
#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// Only jobs that bear this label
    #[arg(long, value_name = "LABEL")]
    label: Option<String>,
    /// Only jobs that this source of documents made
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
    /// Only jobs of this handler
    #[arg(long, value_name = "NAME")]
    handler: Option<String>,
    /// Only jobs whose name contains this
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
}

impl ExportArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let document = client
            .get(&["jobs:export"])
            .query_opt("label", self.label.as_deref())
            .query_opt("source", self.source.as_deref())
            .query_opt("handlerName", self.handler.as_deref())
            .query_opt("q", self.search.as_deref())
            .send()
            .await?
            .body;
        if !context.out.is_table() {
            return context.out.many(&document, "jobs", |_| String::new());
        }
        let jobs = document
            .get("jobs")
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        output::write(&yaml::jobs(jobs)?)
    }
}
