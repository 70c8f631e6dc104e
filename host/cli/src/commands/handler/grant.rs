//! `wasmtab handler grant`.

use clap::Args;
use serde_json::{Value, json};

use super::show;
use crate::{
    context::Context,
    exit::Failure,
    input::grants::{self, AllowArgs},
};

#[derive(Args, Debug)]
pub(crate) struct GrantArgs {
    /// The handler's name
    handler: String,
    /// Grants, as --allow takes them
    grants: Vec<String>,
    #[command(flatten)]
    allow: AllowArgs,
    /// Take this grant away
    #[arg(long, value_name = "GRANT")]
    revoke: Vec<String>,
    /// Forget the value of a secret, and its grant
    #[arg(long, value_name = "NAME")]
    forget_secret: Vec<String>,
}

impl GrantArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        if self.grants.is_empty()
            && self.allow.is_empty()
            && self.revoke.is_empty()
            && self.forget_secret.is_empty()
        {
            return Err(Failure::usage(
                "no grant was named, like dir=/srv/data:/data:rw or http=https://api.example.com",
            ));
        }
        let client = context.client()?;
        let path = ["handlers", self.handler.as_str()];
        let handler = client.get(&path).send().await?;
        let mut granted = grants::of(&handler.body)?;
        for text in &self.revoke {
            grants::revoke(&mut granted, text)?;
        }
        for text in &self.grants {
            granted.add(grants::parse(text)?);
        }
        for name in &self.forget_secret {
            granted.secrets.remove(name);
        }
        self.allow.add_to(&mut granted)?;
        let mut secrets = self.allow.secret_values()?;
        secrets.extend(self.forget_secret.iter().map(|name| (name.clone(), Value::Null)));
        let mut body = json!({ "grants": granted });
        if !secrets.is_empty() {
            body["secrets"] = Value::Object(secrets);
        }
        let request = client.patch(&path).if_match(&handler.tag()?).json(&body);
        context.out.one(&request.send().await?.body, show::show)
    }
}
