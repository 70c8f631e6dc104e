//! The child's side.

use std::{
    fs, io,
    io::{BufRead, Read},
    process::ExitCode,
};

use rustix::process::{Resource, Rlimit, setrlimit};

use super::{
    protocol::{Answer, Request, write_whole},
    work,
};
use wasmtab_upload::UploadError;

use crate::limits::COMPILED_BYTES;

/// What the hidden subcommand `compile-child` does: reads a request from stdin, bounds itself, compiles, writes the answer.
///
/// The exit code is 0 whenever an answer was written, also one that refuses the upload.
pub fn compile_child_main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compile-child: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let mut line = String::new();
    let mut stdin = io::stdin().lock();
    stdin.read_line(&mut line)?;
    drop(stdin);
    let request: Request = serde_json::from_str(&line)?;
    bound(&request)?;
    die_with_the_host()?;
    let original = fs::read(&request.input)?;
    let answer: Answer = match work::compile(&original, request.digest, request.upload, request.max_memory) {
        Ok((compiled, code)) => {
            write_whole(&request.output, &code)?;
            Ok(compiled)
        }
        Err(error) => Err(error),
    };
    write_whole(&request.answer, &serde_json::to_vec(&answer)?)
}

/// The bounds hold for this process alone and cannot be lifted again.
fn bound(request: &Request) -> io::Result<()> {
    let set = |resource, bound| {
        setrlimit(
            resource,
            Rlimit {
                current: Some(bound),
                maximum: Some(bound),
            },
        )
    };
    set(Resource::As, request.address_space)?;
    set(Resource::Cpu, request.cpu_seconds)?;
    set(Resource::Fsize, COMPILED_BYTES)?;
    // A crash must not leave gigabytes of core file with an upload in it.
    set(Resource::Core, 0)?;
    Ok(())
}

/// Nobody wants the answer any more when the pipe closes: the host died, or gave up.
fn die_with_the_host() -> io::Result<()> {
    std::thread::Builder::new()
        .name("lifeline".into())
        .stack_size(64 * 1024)
        .spawn(|| {
            let mut rest = [0; 64];
            while io::stdin().read(&mut rest).is_ok_and(|read| read > 0) {}
            std::process::exit(1);
        })?;
    Ok(())
}

/// Compiles in this very process, for tests and trusted files.
pub(super) fn compile_here(request: &Request) -> Answer {
    let original = fs::read(&request.input).map_err(UploadError::host)?;
    let (compiled, code) = work::compile(&original, request.digest, request.upload, request.max_memory)?;
    write_whole(&request.output, &code).map_err(UploadError::host)?;
    Ok(compiled)
}
