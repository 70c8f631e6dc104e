//! One URL and its thresholds.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use wasmtab_sdk::http::Response;
use wasmtab_sdk::prelude::*;

/// One URL and its thresholds.
#[param]
pub(crate) struct Check {
    /// What people call it; else the URL.
    #[serde(default)]
    name: Option<String>,
    /// What is asked.
    url: String,
    /// GET unless it says otherwise.
    #[serde(default = "get")]
    method: String,
    /// Headers to add.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// The status wanted; else 200 to 299.
    #[serde(default)]
    status: Option<u16>,
    /// The longest that the whole answer may take.
    #[serde(default = "five_seconds")]
    max_milliseconds: u64,
    /// A text that the body must hold.
    #[serde(default)]
    contains: Option<String>,
}

/// What a check that passed has seen.
#[data]
pub(crate) struct Report {
    name: String,
    status: u16,
    pub(crate) milliseconds: u64,
}

fn get() -> String {
    "GET".to_owned()
}

fn five_seconds() -> u64 {
    5_000
}

impl Check {
    /// The check of a URL with the thresholds that stand unless others are given.
    pub(crate) fn of(url: String) -> Self {
        Self {
            name: None,
            url,
            method: get(),
            headers: BTreeMap::new(),
            status: None,
            max_milliseconds: five_seconds(),
            contains: None,
        }
    }

    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.url)
    }

    /// Asks, and holds the answer against the thresholds.
    pub(crate) fn run(&self) -> Result<Report, String> {
        // A little more than the threshold, so that what is slow is called slow rather than lost.
        let patience = Duration::from_millis(self.max_milliseconds.saturating_mul(2).max(1_000));
        let mut request = http::Request::new(&self.method, &self.url).timeout(patience);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let began = Instant::now();
        let response = request.send().map_err(|error| error.to_string())?;
        self.judge(
            &response,
            u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        )
    }

    fn judge(&self, response: &Response, milliseconds: u64) -> Result<Report, String> {
        let status = response.status();
        match self.status {
            Some(wanted) if status != wanted => return Err(format!("status {status}, not {wanted}")),
            None if !response.is_success() => return Err(format!("status {status}, not 200 to 299")),
            _ => {}
        }
        if milliseconds > self.max_milliseconds {
            return Err(format!(
                "took {milliseconds} ms, more than {} ms",
                self.max_milliseconds
            ));
        }
        if let Some(text) = self
            .contains
            .as_deref()
            .filter(|text| !response.text().contains(text))
        {
            return Err(format!("the body does not hold {text:?}"));
        }
        Ok(Report {
            name: self.name().to_owned(),
            status,
            milliseconds,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtab_sdk::Param;

    fn judged(check: &str, status: u16, milliseconds: u64) -> Result<u64, String> {
        let response = Response::new(status, Vec::new(), b"all is well".to_vec());
        Check::parse(check)
            .unwrap()
            .judge(&response, milliseconds)
            .map(|report| report.milliseconds)
    }

    #[test]
    fn every_threshold_is_held() {
        assert_eq!(judged(r#"{"url":"u"}"#, 204, 5_000), Ok(5_000));
        assert_eq!(
            judged(r#"{"url":"u"}"#, 302, 1),
            Err("status 302, not 200 to 299".into())
        );
        assert_eq!(judged(r#"{"url":"u","status":302}"#, 302, 1), Ok(1));
        assert_eq!(
            judged(r#"{"url":"u","status":302}"#, 200, 1),
            Err("status 200, not 302".into())
        );
        assert_eq!(
            judged(r#"{"url":"u","maxMilliseconds":9}"#, 200, 10),
            Err("took 10 ms, more than 9 ms".into())
        );
        assert_eq!(judged(r#"{"url":"u","contains":"well"}"#, 200, 1), Ok(1));
        assert_eq!(
            judged(r#"{"url":"u","contains":"ill"}"#, 200, 1),
            Err("the body does not hold \"ill\"".into())
        );
    }
}
