//! The sandbox against hostile, clumsy and ordinary guests. Most guests are written here in WebAssembly text.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod cache;
mod commands;
mod files;
mod guest;
mod http;
mod logs;
mod outcomes;
mod samples;
mod state;
mod stops;
mod support;
mod uploads;

/// What the host starts to compile: this very test program, told by its environment that it is the compile child.
#[test]
fn compile_child() {
    if std::env::var_os("WASMTAB_COMPILE_CHILD").is_some() {
        assert_eq!(
            wasmtab_runtime::compile_child_main(),
            std::process::ExitCode::SUCCESS
        );
    }
}
