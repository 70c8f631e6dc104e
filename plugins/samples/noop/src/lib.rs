//! `NoopHandler`: nothing but the way to a handler and back, for `wasmtab bench`.

use std::time::{SystemTime, UNIX_EPOCH};

use wasmtab_sdk::prelude::*;

/// Answers with the instant at which it began, in microseconds since 1970
#[handler(name = "NoopHandler")]
fn noop(_: String) -> Result<String, Failure> {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(|_| Failure::permanent("the clock is before 1970"))?;
    Ok(since_1970.as_micros().to_string())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_answer_is_an_instant() {
        let answer = super::noop(String::new()).unwrap();
        assert!(answer.parse::<i64>().unwrap() > 1_700_000_000_000_000);
    }
}
