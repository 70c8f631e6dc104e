//! `FlakyHandler`: fails as often as it is told, so that retries can be watched.

use wasmtab_sdk::prelude::*;

/// How often it fails, and how.
#[param]
struct Flaky {
    /// The attempts of a run that fail before one succeeds.
    #[serde(default = "two")]
    failures: u32,
    /// Whether a failure is permanent, which ends the run at once.
    #[serde(default)]
    permanent: bool,
}

fn two() -> u32 {
    2
}

/// Fails a number of times, then succeeds
#[handler(name = "FlakyHandler")]
fn flaky(ctx: &Context, param: Flaky) -> Result<String, Failure> {
    if ctx.execute_index > param.failures {
        return Ok(format!("succeeded at attempt {}", ctx.execute_index));
    }
    warn!("attempt {} fails, as told", ctx.execute_index);
    let reason = format!("failure {} of {}", ctx.execute_index, param.failures);
    Err(if param.permanent {
        Failure::permanent(reason)
    } else {
        Failure::retryable(reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtab_sdk::{Param, testing};

    fn attempt(index: u32, param: &str) -> Result<String, Failure> {
        let ctx = Context {
            execute_index: index,
            ..testing::context()
        };
        flaky(&ctx, Flaky::parse(param)?)
    }

    #[test]
    fn it_fails_twice_and_then_succeeds() {
        assert_eq!(attempt(1, ""), Err(Failure::retryable("failure 1 of 2")));
        assert_eq!(attempt(2, ""), Err(Failure::retryable("failure 2 of 2")));
        assert_eq!(attempt(3, ""), Ok("succeeded at attempt 3".into()));
    }

    #[test]
    fn it_fails_as_the_parameter_says() {
        assert_eq!(
            attempt(1, r#"{"failures":0}"#),
            Ok("succeeded at attempt 1".into())
        );
        assert!(attempt(1, r#"{"permanent":true}"#).unwrap_err().is_permanent());
    }

    #[test]
    fn a_misspelt_field_is_refused_for_good() {
        let failure = attempt(1, r#"{"failure":1}"#).unwrap_err();
        assert!(failure.is_permanent());
        assert!(failure.reason().contains("unknown field `failure`"), "{failure}");
    }

    #[test]
    fn the_schema_tells_names_defaults_and_meaning() {
        let schema: Value = wasmtab_sdk::serde_json::from_str(&Flaky::schema().unwrap()).unwrap();
        assert_eq!(schema["properties"]["failures"]["default"], 2);
        assert_eq!(schema["properties"]["failures"]["type"], "integer");
        assert_eq!(
            schema["properties"]["failures"]["description"],
            "The attempts of a run that fail before one succeeds."
        );
        assert_eq!(schema["additionalProperties"], false);
    }
}
