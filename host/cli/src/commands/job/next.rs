//! `wasmtab job next`.

use clap::Args;
use serde_json::Value;

use crate::{
    client,
    context::Context,
    exit::Failure,
    input::when,
    output::cell::{instant, present, text},
};

#[derive(Args, Debug)]
pub(crate) struct NextArgs {
    /// Its name or id
    job: String,
    /// How many
    #[arg(short, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    n: u32,
    /// Fires after this instant (RFC 3339) [default: now]
    #[arg(long, value_name = "INSTANT")]
    after: Option<String>,
}

impl NextArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let after = match &self.after {
            Some(said) => Some(when::instant("--after", said)?.to_string()),
            None => None,
        };
        let client = context.client()?;
        let job = client::job_of(&client, &self.job).await?.body;
        let request = client
            .get(&["jobs", &text(&job, "/id"), "next"])
            .query("count", &self.n.to_string())
            .query_opt("after", after.as_deref());
        let next = request.send().await?.body;
        context.out.many(&next, "next", |fires| show(&job, fires))
    }
}

fn show(job: &Value, fires: &[Value]) -> String {
    let mut shown = format!("{}  ({})\n", super::show::described(job), text(job, "/timezone"));
    for fire in fires {
        shown.push_str(&instant(&text(fire, "")));
        shown.push('\n');
    }
    if job.get("paused").is_some_and(|pause| !pause.is_null()) {
        let until =
            present(job, "/paused/until").map_or_else(|| "it is resumed".into(), |until| instant(&until));
        shown = format!("{shown}paused: fires are skipped until {until}\n");
    }
    if fires.is_empty() {
        shown.push_str("it does not fire any more\n");
    }
    shown
}
