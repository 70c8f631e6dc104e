//! `wasmtab plugin inspect`.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use wasmtab_service::{Inspector as _, RuntimeInspector, view::InspectionView};

use super::show;
use crate::{context::Context, exit::Failure, input::file, local, output::table};

#[derive(Args, Debug)]
pub(crate) struct InspectArgs {
    /// The component, or preview-1 module
    file: PathBuf,
}

impl InspectArgs {
    /// Reads the file in a bounded child process; nothing of it runs.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let bytes = file::bytes(&self.file)?;
        let inspected = RuntimeInspector(local::runtime()?).inspect(bytes.into()).await;
        let facts = inspected.map_err(|error| local::refused(&self.file, &error))?;
        let view = json!(InspectionView::from(&facts));
        context
            .out
            .one(&view, |facts: &Value| table::facts(&show::facts_of_file(facts)))
    }
}
