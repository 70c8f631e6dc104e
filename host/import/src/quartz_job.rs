//! Carrying an expression over from Quartz: its meaning stays, its text where it can.

use wasmtab_cron::{Dialect, Schedule};

use crate::{names::shown, old::OldSchedule, outcome::Finding, quartz::Expression};

/// An expression that wasmtab reads as Quartz read the original.
pub(crate) struct Carried {
    pub(crate) expression: String,
    pub(crate) old: OldSchedule,
    pub(crate) finding: Option<Finding>,
}

/// Carries `text` over; the error says why it cannot be.
pub(crate) fn carry(text: &str, system: &str) -> Result<Carried, String> {
    let read = Expression::read(text)
        .map_err(|reason| format!("`{}` is no expression to {system} either: {reason}", shown(text)))?;
    let ours = Schedule::parse(text, Some(Dialect::Quartz));
    let plain = Schedule::parse(read.plain(), Some(Dialect::Quartz));
    let (expression, finding) = match (ours, plain) {
        (Ok(ours), Ok(plain)) if ours == plain => (text.trim().to_owned(), None),
        (_, Ok(_)) => {
            let finding = Finding::note(
                "cronExpression",
                format!(
                    "`{}` is written `{}`, which is how {system} reads it",
                    shown(text),
                    read.plain()
                ),
            );
            (read.plain().to_owned(), Some(finding))
        }
        (_, Err(error)) => return Err(format!("wasmtab cannot say it in one job: {error}")),
    };
    Ok(Carried {
        expression,
        old: OldSchedule::Quartz(Box::new(read)),
        finding,
    })
}
