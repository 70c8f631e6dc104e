//! `wasmtab job rm`.

use clap::Args;

use crate::{client, commands::confirm, context::Context, exit::Failure, output::cell};

#[derive(Args, Debug)]
pub(crate) struct RmArgs {
    /// Its name or id
    job: String,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

impl RmArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let job = client::job_of(&client, &self.job).await?;
        let name = cell::text(&job.body, "/name");
        confirm::ask(self.yes, &format!("Delete the job `{name}` and cancel its runs?"))?;
        let id = cell::text(&job.body, "/id");
        client.delete(&["jobs", &id]).if_match(&job.tag()?).send().await?;
        context.out.say(&format!(
            "job `{name}` is deleted, and what its handler kept for it; its log stays"
        ))
    }
}
