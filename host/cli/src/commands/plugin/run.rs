//! `wasmtab plugin run`: one attempt, here and now, without a server.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use clap::Args;
use serde_json::Value;
use wasmtab_domain::{
    grant::{Grants, SecretValues},
    job::{bytes_text, parse_bytes},
    limits::DEFAULT_MEMORY,
    status::{AttemptStatus, Trigger},
    time::Timestamp,
};
use wasmtab_runtime::{
    Attempt, AttemptContext, AttemptReport, CancelCause, Control, Handler, Limits, LiveLog, LoadError,
    LogLine, MemoryState, NoObserver, Observer, Runtime,
};

use super::report;
use crate::{
    commands::run::view,
    context::Context,
    exit::{Exit, Failure},
    input::{file, grants::AllowArgs, when},
    local, output,
};

#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    /// The component, or preview-1 module
    file: PathBuf,
    /// What it is given; @FILE reads a file
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    param: String,
    /// The longest it may take
    #[arg(long, value_name = "LENGTH", default_value = "30m", value_parser = when::length)]
    timeout: Duration,
    /// The most fuel it may burn [default: not bounded]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    fuel: Option<u64>,
    /// The most memory it may have [default: 256MiB]
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes)]
    memory: Option<u64>,
    /// The handler name that it is told [default: the file's name]
    #[arg(long, value_name = "NAME")]
    handler: Option<String>,
    /// Which attempt of its run it is told to be
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    execute_index: u32,
    #[command(flatten)]
    allow: AllowArgs,
}

impl RunArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let runtime = local::runtime()?;
        let (memory, most) = (self.memory.unwrap_or(DEFAULT_MEMORY), runtime.config().max_memory);
        if memory > most {
            return Err(Failure::usage(format!(
                "--memory: {} is above {}",
                bytes_text(memory),
                bytes_text(most)
            )));
        }
        let mut grants = Grants::default();
        self.allow.add_here(&mut grants)?;
        let secrets = self.allow.secret_values()?;
        let secrets: SecretValues = secrets
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())))
            .collect();
        let param = file::or_literal(&self.param)?;
        let handler = self.load(&runtime).await?;

        let begin = context.now();
        let attempt = Attempt {
            context: self.told(begin),
            param,
            limits: Limits {
                timeout: self.timeout,
                fuel: self.fuel,
                memory,
            },
            grants: Arc::new(grants),
            secrets: Arc::new(secrets),
            state: Arc::new(MemoryState::default()),
            observer: if context.out.is_table() {
                Arc::new(ToStderr)
            } else {
                Arc::new(NoObserver)
            },
            log: LiveLog::new(),
        };
        let control = Control::new();
        let run = runtime.run(&handler, attempt, &control);
        tokio::pin!(run);
        let report = tokio::select! {
            report = &mut run => report,
            _ = tokio::signal::ctrl_c() => {
                control.cancel(CancelCause::Operator);
                run.await
            }
        };
        let attempt = self.shown(&report, begin, &handler.digest().to_string());
        context.out.one(&attempt, view::attempt)?;
        ended(&report)
    }

    /// Compiles the file, or finds it compiled.
    async fn load(&self, runtime: &Runtime) -> Result<Arc<Handler>, Failure> {
        let bytes = Bytes::from(file::bytes(&self.file)?);
        let digest = wasmtab_runtime::digest(&bytes);
        runtime.load(&digest, &bytes).await.map_err(|error| match error {
            LoadError::Upload(error) => local::refused(&self.file, &error.into()),
            other => Failure::own(other),
        })
    }

    fn told(&self, begin: Timestamp) -> AttemptContext {
        AttemptContext {
            job_id: None,
            job_name: None,
            handler_name: self.handler_name(),
            run_id: format!("local-{}", begin.as_micros()),
            execute_index: self.execute_index,
            trigger: Trigger::Manual,
            scheduled_at: begin.to_string(),
            deadline: begin.plus(self.timeout).to_string(),
            shard_index: 0,
            shard_count: 1,
            upstream: None,
            completion_token: None,
        }
    }

    fn handler_name(&self) -> String {
        self.handler.clone().unwrap_or_else(|| stem(&self.file))
    }

    fn shown(&self, report: &AttemptReport, begin: Timestamp, digest: &str) -> Value {
        let mut attempt = report::view(report);
        attempt["handlerName"] = self.handler_name().into();
        attempt["handlerParam"] = self.param.as_str().into();
        attempt["executeIndex"] = self.execute_index.into();
        attempt["trigger"] = Trigger::Manual.as_str().into();
        attempt["digest"] = digest.into();
        attempt["scheduledAt"] = begin.to_string().into();
        attempt["beginTime"] = begin.to_string().into();
        attempt["endTime"] = begin.plus(report.duration).to_string().into();
        attempt
    }
}

fn stem(file: &Path) -> String {
    file.file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or("handler")
        .to_owned()
}

/// What the shell is told.
fn ended(report: &AttemptReport) -> Result<(), Failure> {
    if report.host_error {
        return Err(Failure::own(report.error.as_deref().unwrap_or("the host failed")));
    }
    match report.status {
        AttemptStatus::Success => Ok(()),
        AttemptStatus::Running if report.pending => Ok(()),
        status => Err(Failure::new(
            Exit::RunFailed,
            format!("the attempt ended as {status}"),
        )),
    }
}

/// Shows a person what the guest says while it runs.
struct ToStderr;

impl Observer for ToStderr {
    fn on_log(&self, line: &LogLine) {
        let line = serde_json::json!(line);
        eprint!("{}", view::log_line(&line));
    }

    fn on_progress(&self, done: u64, total: u64, message: &str) {
        output::progress(&match total {
            0 => format!("{done} done  {message}"),
            total => format!("{done} of {total}  {message}"),
        });
    }
}
