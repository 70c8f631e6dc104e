//! `wasmtab handler limit`.

use std::str::FromStr;

use clap::Args;
use serde_json::json;

use super::show;
use crate::{context::Context, exit::Failure};

#[derive(Args, Debug)]
pub(crate) struct LimitArgs {
    /// The handler's name
    handler: String,
    /// Attempts of it that may go on at once: a number, or `none` for no bound
    bound: Bound,
}

/// A number of attempts, or none for no bound. Which numbers are taken is the server's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bound(pub(super) Option<i64>);

impl FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        text.parse()
            .map(|bound| Self(Some(bound)))
            .map_err(|_| format!("`{text}` is neither a number nor `none`"))
    }
}

impl LimitArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let client = context.client()?;
        let path = ["handlers", self.handler.as_str()];
        let handler = client.get(&path).send().await?;
        let body = json!({ "maxConcurrency": self.bound.0 });
        let request = client.patch(&path).if_match(&handler.tag()?).json(&body);
        context.out.one(&request.send().await?.body, show::show)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_a_number_or_none() {
        assert_eq!("12".parse(), Ok(Bound(Some(12))));
        assert_eq!("none".parse(), Ok(Bound(None)));
        for text in ["", "many", "1.5"] {
            assert!(text.parse::<Bound>().is_err(), "{text}");
        }
    }
}
