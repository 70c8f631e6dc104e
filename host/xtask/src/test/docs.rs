//! rustdoc with warnings denied, on the host and on the guest SDK.

use crate::repo;
use anyhow::Result;

pub(crate) fn run() -> Result<()> {
    let mut host = repo::cargo(repo::root());
    host.args(["doc", "--locked", "--workspace", "--no-deps"]);
    repo::run(host.env("RUSTDOCFLAGS", "-D warnings"))?;

    let mut sdk = repo::cargo(&repo::root().join("plugins"));
    sdk.args(["doc", "--locked", "--no-deps", "--package", "wasmtab-sdk"]);
    repo::run(sdk.env("RUSTDOCFLAGS", "-D warnings"))
}
