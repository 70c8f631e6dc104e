//! What is checked where no URL is given: that the handler itself gets what it was granted.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::SystemTime;
use wasmtab_sdk::prelude::*;
use wasmtab_sdk::time::rfc3339;

const KEY: &str = "health-check";

const NOTE: &str =
    "no URL is given: this run checked itself. Name checks in handlerParam, or set healthCheckUrl";

/// What a check leaves for the next one.
#[data]
#[derive(Debug, Clone, PartialEq)]
struct Mark {
    at: String,
    /// Text, because JSON's numbers do not hold 64 bits everywhere.
    random: String,
}

pub(crate) fn check() -> Result<Value, Failure> {
    warn!("{NOTE}");
    // A component's first hasher draws its seed from the host, and every attempt is a new component.
    let random = format!("{:016x}", RandomState::new().hash_one(KEY));
    let mark = Mark {
        at: rfc3339(SystemTime::now()),
        random,
    };
    let last: Option<Mark> = state::get(KEY)?;
    state::set(KEY, &mark)?;
    ensure!(
        state::get(KEY)?.as_ref() == Some(&mark),
        "state does not keep what was written"
    );
    if let Some(last) = &last {
        ensure!(
            last.at <= mark.at,
            "the clock went back: the last check was at {}, this one is at {}",
            last.at,
            mark.at
        );
        ensure!(last.random != mark.random, "randomness repeats itself");
    }
    let last = last.map(|last| last.at);
    info!(
        "state, clock and randomness answer; the last check was at {}",
        last.as_deref().unwrap_or("no time yet")
    );
    Ok(json!({ "healthy": ["state", "clock", "random"], "lastCheck": last, "note": NOTE }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_went_back_is_told() {
        state::set(
            KEY,
            &Mark {
                at: "2999-01-01T00:00:00Z".into(),
                random: "1".into(),
            },
        )
        .unwrap();
        assert!(check().unwrap_err().reason().starts_with("the clock went back"));
        assert_eq!(
            check().unwrap()["healthy"],
            json!(["state", "clock", "random"]),
            "the retry starts anew"
        );
    }
}
