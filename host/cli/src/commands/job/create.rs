//! `wasmtab job create`.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value};

use super::show;
use crate::{
    context::Context,
    exit::Failure,
    input::{document, job_fields::JobFields},
};

#[derive(Args, Debug)]
pub(crate) struct CreateArgs {
    /// Its name
    #[arg(required_unless_present_any = ["file", "name_flag"])]
    name: Option<String>,
    /// Its name, as a flag
    #[arg(
        long = "name",
        id = "name_flag",
        value_name = "NAME",
        conflicts_with = "name",
        hide = true
    )]
    name_flag: Option<String>,
    /// A YAML or JSON file with fields; flags go before it
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    fields: JobFields,
}

impl CreateArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let mut job = match &self.file {
            Some(file) => document::job(file)?,
            None => Map::new(),
        };
        job.extend(self.fields.into_map()?);
        if let Some(name) = self.name.or(self.name_flag) {
            job.insert("name".into(), name.into());
        }
        let job = context
            .client()?
            .post(&["jobs"])
            .json(&Value::Object(job))
            .send()
            .await?
            .body;
        context.out.one(&job, show::show)
    }
}
