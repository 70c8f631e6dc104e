//! `HealthCheckHandler`: asks URLs and holds the answers against thresholds.

mod check;
mod own;

use check::Check;
use wasmtab_sdk::prelude::*;

/// What is checked.
#[param]
#[serde(default)]
#[derive(Default)]
struct Health {
    /// The checks; else one of the setting `healthCheckUrl`; else the handler checks itself.
    checks: Vec<Check>,
    /// How many checks may fail before the run does.
    allowed_failures: usize,
}

/// Checks URLs against thresholds of status, latency and content
#[handler(name = "HealthCheckHandler")]
fn health_check(health: Health) -> Result<Value, Failure> {
    let mut checks = health.checks;
    if checks.is_empty() {
        let Some(url) = config::get("healthCheckUrl") else {
            return own::check();
        };
        checks.push(Check::of(url));
    }
    let mut healthy = Vec::new();
    let mut reasons = Vec::new();
    for (index, check) in checks.iter().enumerate() {
        match check.run() {
            Ok(report) => {
                info!("{}: healthy, {} ms", check.name(), report.milliseconds);
                healthy.push(report);
            }
            Err(reason) => {
                warn!("{}: {reason}", check.name());
                reasons.push(format!("{}: {reason}", check.name()));
            }
        }
        progress::report(index as u64 + 1, checks.len() as u64, check.name());
    }
    if reasons.len() > health.allowed_failures {
        fail!(
            "{} of {} checks failed: {}",
            reasons.len(),
            checks.len(),
            reasons.join("; ")
        );
    }
    Ok(json!({ "healthy": healthy, "failed": reasons }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtab_sdk::Param;

    #[test]
    fn without_a_url_it_checks_itself_and_says_so() {
        let result = health_check(Health::parse("").unwrap()).unwrap();
        assert!(
            result["note"].as_str().unwrap().contains("healthCheckUrl"),
            "{result}"
        );
        assert_eq!(result["healthy"], json!(["state", "clock", "random"]));
    }

    #[test]
    fn failures_are_named_with_their_reasons() {
        // Outside a component there is no client: each request fails.
        let checks = r#"{"checks":[{"url":"http://a/"},{"name":"shop","url":"http://b/"}]}"#;
        let failure = health_check(Health::parse(checks).unwrap()).unwrap_err();
        assert!(
            failure.reason().starts_with("2 of 2 checks failed: http://a/: "),
            "{failure}"
        );
        assert!(failure.reason().contains("; shop: "), "{failure}");
    }

    #[test]
    fn allowed_failures_are_reported_only() {
        let param = Health::parse(r#"{"checks":[{"url":"http://a/"}],"allowedFailures":1}"#).unwrap();
        assert_eq!(
            health_check(param).unwrap()["failed"].as_array().unwrap().len(),
            1
        );
    }
}
