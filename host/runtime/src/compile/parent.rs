//! The host's side.

use std::{
    path::Path,
    process::{ExitStatus, Stdio},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
};
use wasmtab_domain::digest::Digest;

use super::{
    child::compile_here,
    protocol::{Answer, Compiled, Request},
};
use wasmtab_upload::UploadError;

use crate::{
    config::RuntimeConfig,
    limits::{COMPILE_STDERR_BYTES, COMPILE_THREADS},
};

/// Compiles `original` to the file `output` by way of `scratch`, in the child that the settings name.
pub(crate) async fn compile(
    config: &RuntimeConfig,
    original: &[u8],
    digest: Digest,
    output: &Path,
    scratch: &Path,
) -> Result<Compiled, UploadError> {
    let limits = &config.compile;
    let scratch = tempfile::Builder::new()
        .prefix("compile-")
        .tempdir_in(scratch)
        .map_err(UploadError::host)?;
    let request = Request {
        input: scratch.path().join("original.wasm"),
        output: output.to_owned(),
        answer: scratch.path().join("answer.json"),
        digest,
        upload: limits.upload,
        address_space: limits.address_space,
        cpu_seconds: limits.cpu_seconds,
        max_memory: config.max_memory,
    };
    tokio::fs::write(&request.input, original)
        .await
        .map_err(UploadError::host)?;
    let Some((program, arguments)) = config.compiler.split_first() else {
        return tokio::task::spawn_blocking(move || {
            // The scratch directory goes when the work is done, also when nobody waits for it any more.
            let _scratch = scratch;
            compile_here(&request)
        })
        .await
        .map_err(UploadError::host)?;
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        // Nothing of the host's environment: tokens must not be where untrusted bytes are parsed.
        .env_clear()
        .env("WASMTAB_COMPILE_CHILD", "1")
        .env("RAYON_NUM_THREADS", threads().to_string())
        // Each arena reserves 64 MiB of the address space that is bounded here.
        .env("MALLOC_ARENA_MAX", COMPILE_THREADS.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    match tokio::time::timeout(limits.wall, converse(command, &request)).await {
        Ok(answer) => answer?,
        Err(_) => Err(UploadError::compile(format!(
            "it takes longer than {} s",
            limits.wall.as_secs()
        ))),
    }
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |count| count.get().min(COMPILE_THREADS))
}

async fn converse(mut command: Command, request: &Request) -> Result<Answer, UploadError> {
    let mut child = command
        .spawn()
        .map_err(|error| UploadError::host(format!("the compiler does not start: {error}")))?;
    let mut line = serde_json::to_vec(request).map_err(UploadError::host)?;
    line.push(b'\n');
    let mut stdin = child.stdin.take();
    if let Some(stdin) = &mut stdin {
        // A child that died already says more by its exit than this error would.
        let _ = stdin.write_all(&line).await;
    }
    let mut words = Vec::new();
    if let Some(stderr) = child.stderr.take() {
        let mut stderr = stderr.take(COMPILE_STDERR_BYTES);
        let _ = stderr.read_to_end(&mut words).await;
    }
    let status = child.wait().await.map_err(UploadError::host)?;
    // Kept open until here: its closing tells the child to give up.
    drop(stdin);
    if !status.success() {
        return Err(death(status, &String::from_utf8_lossy(&words)));
    }
    let answer = tokio::fs::read(&request.answer)
        .await
        .map_err(UploadError::host)?;
    serde_json::from_slice(&answer)
        .map_err(|error| UploadError::host(format!("the compiler's answer: {error}")))
}

/// What a death of the child means for the upload.
fn death(status: ExitStatus, words: &str) -> UploadError {
    use std::os::unix::process::ExitStatusExt;
    let last = words
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("no last words")
        .trim();
    let out_of_memory = words.contains("memory allocation of") || words.contains("Cannot allocate memory");
    match status.signal() {
        _ if out_of_memory => UploadError::compile("compiling it takes more memory than the limit"),
        // SIGXCPU, or SIGKILL at the hard bound.
        Some(24) => UploadError::compile("compiling it takes more CPU time than the limit"),
        Some(9) => {
            UploadError::compile("the compiler was killed: it takes more CPU time or memory than the limit")
        }
        Some(11 | 7) => UploadError::compile("the compiler crashed on it"),
        Some(6) => UploadError::compile(format!("the compiler gave up on it: {last}")),
        Some(signal) => UploadError::compile(format!("the compiler died of signal {signal}: {last}")),
        None => UploadError::compile(format!("the compiler failed: {last}")),
    }
}
