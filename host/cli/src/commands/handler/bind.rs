//! `wasmtab handler bind`.

use clap::Args;
use serde_json::{Value, json};

use super::{limit::Bound, show};
use crate::{
    commands::plugin::name::PluginRef,
    context::Context,
    exit::{Exit, Failure},
    input::grants::{self, AllowArgs},
};

#[derive(Args, Debug)]
pub(crate) struct BindArgs {
    /// The handler's name, as jobs call it
    handler: String,
    /// PLUGIN follows its active version, PLUGIN@VERSION stays
    plugin: PluginRef,
    /// Begin without any of the grants it has
    #[arg(long)]
    reset_grants: bool,
    /// Attempts of it that may go on at once: a number, or `none` for no bound [default: as it is]
    #[arg(long, value_name = "N")]
    max_concurrency: Option<Bound>,
    #[command(flatten)]
    allow: AllowArgs,
}

impl BindArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let path = ["handlers", self.handler.as_str()];
        let present = match client.get(&path).send().await {
            Ok(reply) => Some(reply),
            Err(failure) if failure.exit == Exit::NotFound => None,
            Err(failure) => return Err(failure),
        };
        let mut grants = match &present {
            Some(reply) if !self.reset_grants => grants::of(&reply.body)?,
            _ => wasmtab_domain::grant::Grants::default(),
        };
        self.allow.add_to(&mut grants)?;
        let version = match &self.plugin.version {
            Some(version) => Some(version.number(&client, &self.plugin.name).await?),
            None => None,
        };
        let mut body = json!({ "plugin": self.plugin.name, "version": version, "grants": grants });
        body["maxConcurrency"] = match self.max_concurrency {
            Some(bound) => json!(bound.0),
            None => present
                .as_ref()
                .and_then(|reply| reply.body.get("maxConcurrency").cloned())
                .unwrap_or(Value::Null),
        };
        let secrets = self.allow.secret_values()?;
        if !secrets.is_empty() {
            body["secrets"] = Value::Object(secrets);
        }
        let mut request = client.put(&path).json(&body);
        if let Some(reply) = &present {
            request = request.if_match(&reply.tag()?);
        }
        context.out.one(&request.send().await?.body, show::show)
    }
}
