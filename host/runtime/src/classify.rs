//! From how a guest ended to what its attempt is called.

use wasmtab_domain::{grant::Grants, status::AttemptStatus};
use wasmtime::{PoolConcurrencyLimitError, Trap, WasmBacktrace, component::ResourceTableError};
use wasmtime_wasi::I32Exit;

use crate::{
    attempt::{CancelCause, Control, Limits},
    backtrace,
    bindings::exports::wasmtab::job::handler::{Failure, Outcome},
    capability::filesystem,
    limiter::Refuser,
    limits::{ERROR_STDERR_LINES, HANDLES, HOSTCALL_BYTES, RESULT_BYTES, TABLE_ELEMENTS},
    recorder::Recorder,
    report::{AttemptReport, Refusal},
    run::{Ended, Said},
};

/// How far a guest had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Instantiate,
    Call,
}

/// Everything that the name of an outcome depends on.
pub(crate) struct Classifier<'a> {
    pub(crate) limits: Limits,
    pub(crate) grants: &'a Grants,
    pub(crate) recorder: &'a Recorder,
    pub(crate) control: &'a Control,
    pub(crate) memory_refused: Option<(u64, Refuser)>,
}

impl Classifier<'_> {
    pub(crate) fn report(&self, ended: Ended) -> AttemptReport {
        if let Some((wanted, refuser)) = self.memory_refused {
            self.recorder
                .refuse_with("memory", memory_text(wanted, refuser), None);
        }
        match ended {
            Ended::Cancelled(cause) => Self::cancelled(cause),
            Ended::TimedOut => self.timed_out(),
            Ended::Said(Said::Handler(Ok(Outcome::Done(result)))) => success(result.into_bytes()),
            Ended::Said(Said::Handler(Ok(Outcome::Pending))) => {
                let mut report = AttemptReport::new(AttemptStatus::Running);
                report.pending = true;
                report
            }
            Ended::Said(Said::Handler(Err(Failure::Retryable(error)))) => {
                self.failed(plain(AttemptStatus::Failure, &error))
            }
            Ended::Said(Said::Handler(Err(Failure::Permanent(error)))) => {
                let mut report = plain(AttemptStatus::Failure, &error);
                report.permanent = true;
                self.failed(report)
            }
            Ended::Said(Said::Described(_)) => AttemptReport::new(AttemptStatus::Success),
            Ended::Said(Said::Command(Ok(()))) => self.exited(0),
            Ended::Said(Said::Command(Err(()))) => self.exited(1),
            Ended::Failed(phase, error) => self.error(phase, &error),
        }
    }

    pub(crate) fn cancelled(cause: CancelCause) -> AttemptReport {
        match cause {
            CancelCause::Operator => {
                AttemptReport::new(AttemptStatus::Cancelled).with_error("stopped by an operator")
            }
            CancelCause::Shutdown => AttemptReport::new(AttemptStatus::Abandoned)
                .with_error("stopped because the process shuts down"),
        }
    }

    fn timed_out(&self) -> AttemptReport {
        AttemptReport::new(AttemptStatus::Timeout).with_error(format!(
            "stopped after {:?}, its monitorTimeout",
            self.limits.timeout
        ))
    }

    fn exited(&self, code: i32) -> AttemptReport {
        let mut report = if code == 0 {
            match self.recorder.take_result() {
                Ok(result) => success(result),
                Err(length) => oversized(length),
            }
        } else {
            let stderr = self.recorder.last_stderr(ERROR_STDERR_LINES);
            let error = if stderr.is_empty() {
                format!("exit code {code}")
            } else {
                format!("exit code {code}: {stderr}")
            };
            self.failed(plain(AttemptStatus::Failure, &error))
        };
        report.exit_code = Some(code);
        report
    }

    fn error(&self, phase: Phase, error: &wasmtime::Error) -> AttemptReport {
        if let Some(exit) = error.downcast_ref::<I32Exit>() {
            return self.exited(exit.0);
        }
        let backtrace = error.downcast_ref::<WasmBacktrace>().and_then(backtrace::render);
        let mut report = match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => AttemptReport::new(AttemptStatus::OutOfFuel).with_error(format!(
                "used up its fuel of {}",
                self.limits.fuel.unwrap_or(u64::MAX)
            )),
            // Only the epoch callback interrupts: somebody cancelled, or the time is up.
            Some(Trap::Interrupt) => match self.control.cause() {
                Some(cause) => Self::cancelled(cause),
                None => self.timed_out(),
            },
            // The name is the one of wasmtime's own enum; `UnreachableCodeReached` is how a panic in the guest ends.
            Some(trap) => self.failed(plain(AttemptStatus::Trap, &format!("{trap:?}: {trap}"))),
            None if error.is::<PoolConcurrencyLimitError>() => {
                let mut report = AttemptReport::host(format!("no room for another instance: {error:#}"));
                report.no_room = true;
                report
            }
            // A result is taken when the guest's frames are gone; what is handed over before that are arguments of host calls.
            None if is_too_much(error) && phase == Phase::Call && backtrace.is_none() => permanent(format!(
                "the result has more than {HOSTCALL_BYTES} bytes, the limit is {RESULT_BYTES}"
            )),
            None => {
                let text = told(error);
                if phase == Phase::Call || self.memory_refused.is_some() {
                    self.failed(plain(AttemptStatus::Trap, &format!("component: {text}")))
                } else {
                    AttemptReport::host(format!("the handler cannot be instantiated: {error:#}"))
                }
            }
        };
        report.backtrace = backtrace;
        report
    }

    /// Looks for the cause behind a failure, a trap or an exit code: memory that was refused first, then a grant that was missing.
    fn failed(&self, mut report: AttemptReport) -> AttemptReport {
        if let Some((wanted, refuser)) = self.memory_refused {
            let said = report.error.take().unwrap_or_default();
            report.status = AttemptStatus::OutOfMemory;
            return report.with_error(format!("{}; it ended with: {said}", memory_text(wanted, refuser)));
        }
        filesystem::outside(
            self.recorder,
            self.grants,
            report.error.as_deref().unwrap_or_default(),
        );
        let refusals = self.recorder.refusals();
        let Some(refusal) = refusals.iter().rfind(|refusal| refusal.capability != "memory") else {
            return report;
        };
        let said = report.error.take().unwrap_or_default();
        report.status = AttemptStatus::Denied;
        report.permanent = true;
        report.with_error(format!("{}; it ended with: {said}", refusal_text(refusal)))
    }
}

/// Whether more was handed to the host at once than it takes. The error has no type of its own; a hostile guest in `tests` holds its words.
fn is_too_much(error: &wasmtime::Error) -> bool {
    error
        .root_cause()
        .to_string()
        .contains("fuel allocated for hostcalls")
}

/// What went wrong. The last error names it; those around it are the frames, which the backtrace has.
fn told(error: &wasmtime::Error) -> String {
    if is_too_much(error) {
        return format!("more than {HOSTCALL_BYTES} bytes were handed to the host in one call");
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref() {
        return format!("more than {HANDLES} handles (streams, files, requests, waits) were held at once");
    }
    error.root_cause().to_string()
}

fn plain(status: AttemptStatus, error: &str) -> AttemptReport {
    AttemptReport::new(status).with_error(crate::text::strip_control(error))
}

fn success(result: Vec<u8>) -> AttemptReport {
    if result.len() > RESULT_BYTES {
        return oversized(result.len() as u64);
    }
    match String::from_utf8(result) {
        Ok(result) => {
            let mut report = AttemptReport::new(AttemptStatus::Success);
            report.result = Some(result);
            report
        }
        Err(_) => permanent("the result (stdout) is not UTF-8 text".into()),
    }
}

/// Never a cut result: whoever reads it would take it for the whole.
fn oversized(length: u64) -> AttemptReport {
    permanent(format!(
        "the result has {length} bytes, the limit is {RESULT_BYTES}"
    ))
}

fn permanent(error: String) -> AttemptReport {
    let mut report = AttemptReport::new(AttemptStatus::Failure).with_error(error);
    report.permanent = true;
    report
}

fn refusal_text(refusal: &Refusal) -> String {
    let Refusal {
        capability,
        wanted,
        grant,
    } = refusal;
    match grant {
        Some(grant) => format!("denied: {wanted} ({capability}); the grant `{grant}` would allow it"),
        None => format!("denied: {wanted} ({capability}); handlers are never granted that"),
    }
}

fn memory_text(wanted: u64, refuser: Refuser) -> String {
    match refuser {
        Refuser::Attempt(limit) => format!("wanted {wanted} bytes of memory, memoryLimit is {limit}"),
        Refuser::Host(limit) => {
            format!("wanted {wanted} bytes of memory; all attempts together may have {limit}")
        }
        Refuser::System => format!("could not grow its memory beyond {wanted} bytes"),
        Refuser::Table => {
            format!("wanted a table of {wanted} elements, the limit is {TABLE_ELEMENTS}")
        }
    }
}
