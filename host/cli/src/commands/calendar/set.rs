//! `wasmtab calendar set`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::show;
use crate::{context::Context, exit::Failure, input::document};

#[derive(Args, Debug)]
pub(crate) struct SetArgs {
    /// Its name
    calendar: String,
    /// A YAML or JSON file with its windows, like `- date: 2026-12-25` or `- {days: [sat, sun], from: "22:00", until: "06:00"}`;
    /// `-` reads standard input
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
}

impl SetArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let windows = document::windows(&self.file)?;
        let client = context.client()?;
        let request = client
            .put(&["calendars", &self.calendar])
            .json(&json!({ "windows": windows }));
        context.out.one(&request.send().await?.body, show::show)
    }
}
