//! What is measured of this process, and how many measurements become few numbers.

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

/// Processor time of this process so far, all its threads together, in microseconds.
pub(super) fn cpu_micros() -> i64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec * 1_000_000 + time.tv_nsec / 1_000
}

/// A number with at most three digits behind the point.
pub(super) fn round(number: f64) -> Value {
    json!((number * 1_000.0).round() / 1_000.0)
}

/// The quotient, or null where there is nothing to divide by.
pub(super) fn ratio(number: f64, of: f64) -> Value {
    if of > 0.0 { round(number / of) } else { Value::Null }
}

/// The spread of some microseconds, in milliseconds.
pub(super) fn spread(mut micros: Vec<i64>) -> Value {
    micros.sort_unstable();
    let at = |share: f64| {
        let last = micros.len().saturating_sub(1);
        let index = (last as f64 * share).round() as usize;
        round(micros.get(index).copied().unwrap_or_default() as f64 / 1_000.0)
    };
    json!({
        "count": micros.len(), "p50Millis": at(0.5), "p90Millis": at(0.9), "p99Millis": at(0.99), "maxMillis": at(1.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_by_rank() {
        let spread = spread((0..=100).rev().map(|n| n * 1_000).collect());
        assert_eq!(spread["p50Millis"], json!(50.0));
        assert_eq!(spread["p99Millis"], json!(99.0));
        assert_eq!(spread["maxMillis"], json!(100.0));
    }

    #[test]
    fn nothing_has_a_spread_of_zero() {
        assert_eq!(spread(Vec::new())["count"], json!(0));
    }

    #[test]
    fn there_is_no_ratio_to_nothing() {
        assert_eq!(ratio(1.0, 0.0), Value::Null);
        assert_eq!(ratio(1.0, 3.0), json!(0.333));
    }
}
