//! A question before what cannot be undone.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;

use crate::{
    exit::{Exit, Failure},
    output::clean,
};

/// Whether and how to make sure first.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Consent {
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    pub(crate) yes: bool,
}

/// Whether there is a person who can answer, and who has not answered already.
pub(crate) fn can_ask(yes: bool) -> bool {
    !yes && io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks where a person can answer; a script has decided already.
pub(crate) fn ask(yes: bool, question: &str) -> Result<(), Failure> {
    if !can_ask(yes) {
        return Ok(());
    }
    let declined = || Failure::new(Exit::Usage, "nothing was done");
    let mut err = io::stderr();
    write!(err, "{} [y/N] ", clean::line(question))
        .and_then(|()| err.flush())
        .map_err(|_| declined())?;
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|_| declined())?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(declined()),
    }
}
