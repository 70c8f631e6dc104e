//! The end-to-end and the hostile suite once more, on guests built from their sources here and now.

use crate::{guests, repo};
use anyhow::Result;

pub(crate) fn run() -> Result<()> {
    let built = repo::target().join("guests");
    guests::build_into(&built)?;
    guests::build_template()?;
    let mut test = repo::cargo(repo::root());
    // The whole workspace is named, so that nothing is built anew with other features.
    test.args([
        "test",
        "--locked",
        "--workspace",
        "--test",
        "end_to_end",
        "--test",
        "hostile",
        "--no-fail-fast",
    ]);
    repo::run(test.env("WASMTAB_TEST_PLUGINS", &built))
}
