//! A question before what cannot be undone.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::{
    exit::{Exit, Failure},
    output::clean,
};

/// Asks where a person can answer; a script has decided already.
pub(crate) fn ask(yes: bool, question: &str) -> Result<(), Failure> {
    if yes || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
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
