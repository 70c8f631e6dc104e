//! A row of the table, and how it is tried: by `wasmtab plugin run`, which has the same engine, limits and grants as a server.

use serde_json::Value;

use crate::{fixtures, ground::Ground};

/// How a guest ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Success,
    Failure,
    Trap,
    Timeout,
    OutOfFuel,
    OutOfMemory,
    Denied,
    /// It does not come so far as to run.
    Refused,
}

impl Class {
    pub(crate) const fn status(self) -> Option<&'static str> {
        Some(match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Trap => "trap",
            Self::Timeout => "timeout",
            Self::OutOfFuel => "outOfFuel",
            Self::OutOfMemory => "outOfMemory",
            Self::Denied => "denied",
            Self::Refused => return None,
        })
    }
}

/// A guest, what it is given, and what becomes of it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) guest: &'static str,
    param: &'static str,
    /// Seconds.
    timeout: u64,
    fuel: Option<u64>,
    /// MiB.
    memory: u64,
    allow: &'static [&'static str],
    pub(crate) class: Class,
    /// What the error says, all of it.
    says: &'static [&'static str],
    log_is_cut: bool,
}

/// Seconds that a guest has which is not expected to use them up.
const LONG: u64 = 120;
/// Seconds that one has which is.
const SHORT: u64 = 1;
/// Milliseconds beyond its time after which a guest has certainly not been stopped; a busy machine is slow.
const PATIENCE: u64 = 60_000;
const MIB: u64 = 1024 * 1024;
const LOG_BYTES: u64 = MIB;
const LOG_LINES: u64 = 10_000;

/// A guest that ends so.
pub(crate) const fn row(guest: &'static str, class: Class, says: &'static [&'static str]) -> Row {
    Row {
        guest,
        param: "",
        timeout: if matches!(class, Class::Timeout) {
            SHORT
        } else {
            LONG
        },
        fuel: None,
        memory: 256,
        allow: &[],
        class,
        says,
        log_is_cut: false,
    }
}

impl Row {
    /// What it is given.
    pub(crate) const fn param(mut self, param: &'static str) -> Self {
        self.param = param;
        self
    }

    pub(crate) const fn fuel(mut self, fuel: u64) -> Self {
        self.fuel = Some(fuel);
        self
    }

    /// In MiB; 256 otherwise.
    pub(crate) const fn memory(mut self, mib: u64) -> Self {
        self.memory = mib;
        self
    }

    /// What it is granted.
    pub(crate) const fn allow(mut self, grants: &'static [&'static str]) -> Self {
        self.allow = grants;
        self
    }

    /// More is logged than is kept.
    pub(crate) const fn cuts_the_log(mut self) -> Self {
        self.log_is_cut = true;
        self
    }

    /// How it is told from other rows of the same guest.
    pub(crate) fn name(&self) -> String {
        [&[self.guest, self.param], self.allow].concat().join(" ")
    }

    /// Runs it, and says what is not as it should be.
    pub(crate) fn complaints(&self, ground: &Ground) -> Vec<String> {
        let file = fixtures::file(&ground.path(""), self.guest);
        let mut args = vec!["plugin".to_owned(), "run".into(), file.display().to_string()];
        let mut flag = |name: &str, value: String| args.extend([name.to_owned(), value]);
        flag("-o", "json".into());
        flag("--param", ground.filled(self.param));
        flag("--timeout", format!("{}s", self.timeout));
        flag("--memory", format!("{}MiB", self.memory));
        if let Some(fuel) = self.fuel {
            flag("--fuel", fuel.to_string());
        }
        for grant in self.allow {
            flag("--allow", ground.filled(grant));
        }
        let output = ground.wasmtab(&args);
        let code = output.status.code();
        let stdout = String::from_utf8_lossy(&output.stdout);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let says: Vec<String> = self.says.iter().map(|words| ground.filled(words)).collect();
        let mut complaints = Vec::new();
        let mut check = |holds: bool, what: String| {
            if !holds {
                complaints.push(format!("{}: {what}", self.name()));
            }
        };
        check(
            !Ground::leaked(&stdout) && !Ground::leaked(&stderr) && ground.is_whole(),
            "it got out".into(),
        );
        check(
            !stderr.contains("panicked"),
            format!("the host panicked: {stderr}"),
        );
        let Some(status) = self.class.status() else {
            check(code == Some(2), format!("it ended with {code:?}"));
            for words in &says {
                check(
                    stderr.contains(words.as_str()),
                    format!("`{words}` is not in: {stderr}"),
                );
            }
            return complaints;
        };
        let Ok(attempt) = serde_json::from_str::<Value>(&stdout) else {
            check(false, format!("it ended with {code:?}: {stderr}"));
            return complaints;
        };
        check(
            code == Some(i32::from(self.class != Class::Success)),
            format!("it ended with {code:?}"),
        );
        check(
            attempt["status"] == status,
            format!("{}, not {status}: {}", attempt["status"], attempt["error"]),
        );
        let error = attempt["error"].as_str().unwrap_or_default();
        for words in &says {
            check(
                error.contains(words.as_str()),
                format!("`{words}` is not in: {error}"),
            );
        }
        check(
            !error.starts_with("host:"),
            format!("the host is blamed: {error}"),
        );
        let number = |field: &str| attempt[field].as_u64().unwrap_or(u64::MAX);
        let (duration, timeout) = (number("duration"), self.timeout * 1_000);
        check(
            duration <= timeout + PATIENCE && (self.class != Class::Timeout || duration >= timeout),
            format!("it took {duration} ms of {timeout}"),
        );
        let peak = number("peakMemory");
        check(
            peak <= self.memory * MIB,
            format!("it had {peak} bytes of memory"),
        );
        let fuel = number("fuelUsed");
        check(
            self.fuel.is_none_or(|most| fuel <= most),
            format!("it used {fuel} of fuel"),
        );
        self.check_log(&attempt, &mut check);
        complaints
    }

    fn check_log(&self, attempt: &Value, check: &mut impl FnMut(bool, String)) {
        let number = |field: &str| attempt[field].as_u64().unwrap_or(u64::MAX);
        let (lines, cut) = (number("logLines"), number("logCutLines") + number("logCutBytes"));
        check((cut > 0) == self.log_is_cut, format!("{cut} of the log was cut"));
        let kept = attempt["logs"].as_array().map_or(&[][..], Vec::as_slice);
        let bytes: usize = kept
            .iter()
            .map(|line| line["message"].as_str().map_or(0, str::len))
            .sum();
        check(
            lines <= LOG_LINES && bytes as u64 <= LOG_BYTES,
            format!("the log has {lines} lines and {bytes} bytes"),
        );
        let text = attempt.to_string();
        check(
            !text.contains("\\u001b"),
            "an escape sequence came through".into(),
        );
    }
}
