//! Whether the other side works on after its answer, and what it has to know for that.

use wasmtab_sdk::prelude::*;

/// When the attempt goes on after the answer, until the other side reports it done.
#[param]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pending {
    /// When the other side answers 202.
    Accepted,
    /// After every answer that counts as success.
    Always,
    /// Never: every answer is the end.
    Never,
}

/// What the other side needs to report the work done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Completion {
    pub(crate) when: Pending,
    pub(crate) path: String,
    pub(crate) url: Option<String>,
    pub(crate) token: String,
}

impl Completion {
    /// None where the answer is the end.
    pub(crate) fn of(ctx: &Context, when: Pending) -> Result<Option<Self>, Failure> {
        if when == Pending::Never {
            return Ok(None);
        }
        let Some(token) = ctx.completion_token.clone() else {
            if when == Pending::Always {
                return Err(Failure::permanent(
                    "this host gives no token to report work done with",
                ));
            }
            return Ok(None);
        };
        let path = ctx.completion_path();
        // Only whoever set the handler up knows by which name the other side reaches the server.
        let url =
            config::get("httpCallServerUrl").map(|server| format!("{}{path}", server.trim_end_matches('/')));
        Ok(Some(Self {
            when,
            path,
            url,
            token,
        }))
    }

    /// As a member of the run's own data.
    pub(crate) fn to_value(&self) -> Value {
        json!({
            "path": self.path,
            "url": self.url,
            "token": self.token,
        })
    }

    /// The same as headers, for requests whose body is another.
    pub(crate) fn headers(&self) -> Vec<(&'static str, &str)> {
        let mut headers = vec![
            ("x-wasmtab-completion-path", self.path.as_str()),
            ("x-wasmtab-completion-token", self.token.as_str()),
        ];
        headers.extend(self.url.as_deref().map(|url| ("x-wasmtab-completion-url", url)));
        headers
    }

    /// Whether the work goes on after an answer with this status, that counts as success.
    pub(crate) fn goes_on_after(&self, status: u16) -> bool {
        self.when == Pending::Always || status == 202
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtab_sdk::testing;

    fn context() -> Context {
        Context {
            completion_token: Some("t0ken".to_owned()),
            ..testing::context()
        }
    }

    #[test]
    fn the_other_side_is_told_where_and_with_what() {
        let completion = Completion::of(&context(), Pending::Accepted).unwrap().unwrap();
        assert_eq!(
            completion.to_value(),
            json!({"path": "/api/v1/runs/run-1/complete", "url": null, "token": "t0ken"})
        );
        testing::set_config("httpCallServerUrl", "https://jobs.example.com/");
        let completion = Completion::of(&context(), Pending::Accepted).unwrap().unwrap();
        assert_eq!(
            completion.to_value()["url"],
            "https://jobs.example.com/api/v1/runs/run-1/complete"
        );
        assert_eq!(completion.headers().len(), 3);
    }

    #[test]
    fn where_no_token_is_given_nothing_goes_on() {
        let without = testing::context();
        assert_eq!(Completion::of(&without, Pending::Accepted).unwrap(), None);
        assert_eq!(Completion::of(&context(), Pending::Never).unwrap(), None);
        assert!(
            Completion::of(&without, Pending::Always)
                .unwrap_err()
                .is_permanent()
        );
    }
}
