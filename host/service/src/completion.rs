//! Work that goes on elsewhere after its handler returned `pending`, and how it is reported done.

use serde::Deserialize;
use utoipa::ToSchema;
use wasmtab_domain::{
    completion::CompletionKey,
    ids::{AttemptId, RunId},
    limits,
    run::{Outcome, Run, RunStatus},
    status::AttemptStatus,
};
use wasmtab_store::{FinishReply, Store};

use crate::{
    error::{Conflict, ConflictKind, ServiceError, ServiceResult},
    secret,
    service::Service,
    view::RunView,
};

/// The setting that holds the key from which the tokens of pending work follow.
const COMPLETION_KEY: &str = "completionKey";

/// How work ended that went on elsewhere.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompleteBody {
    /// `success` or `failure`.
    #[schema(value_type = String, example = "success")]
    pub status: AttemptStatus,
    /// What it returned, 256 KiB at most; goes with `success`.
    #[serde(default)]
    pub result: Option<String>,
    /// Why it failed; goes with `failure`.
    #[serde(default)]
    pub error: Option<String>,
    /// Whether another try would fail alike; goes with `failure`.
    #[serde(default)]
    pub permanent: bool,
}

/// The key of this database, made when it is asked for the first time.
pub async fn completion_key(store: &dyn Store) -> ServiceResult<CompletionKey> {
    if let Some(key) = store.setting(COMPLETION_KEY).await?.as_deref().and_then(read_key) {
        return Ok(key);
    }
    let text = secret::random(32)?;
    store.set_setting(COMPLETION_KEY, Some(&text)).await?;
    read_key(&text).ok_or_else(|| ServiceError::Unavailable("a key of 32 bytes was not made".into()))
}

fn read_key(text: &str) -> Option<CompletionKey> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(CompletionKey::new(bytes))
}

/// A run and its newest attempt, whose token was shown.
#[derive(Debug)]
pub struct Completing {
    run: Run,
    attempt: AttemptId,
}

impl Service {
    /// The run whose newest attempt this token is of. Who does not bear it learns nothing, not even whether there is
    /// such a run.
    pub async fn completing(&self, id: RunId, token: &str) -> ServiceResult<Completing> {
        let run = self.store.run(id).await?.ok_or(ServiceError::Unauthorized)?;
        match run.attempt_id {
            Some(attempt) if self.completion.accepts(id, attempt, token) => Ok(Completing { run, attempt }),
            _ => Err(ServiceError::Unauthorized),
        }
    }

    /// Ends an attempt whose work went on elsewhere. The run is retried as its job says.
    pub async fn complete(&self, completing: Completing, body: CompleteBody) -> ServiceResult<RunView> {
        let Completing { run, attempt } = completing;
        let id = run.id;
        let (result, error) = check(body.status, body.result, body.error, body.permanent)?;
        let ended =
            || Conflict::new(ConflictKind::RunEnded, format!("run {id} has ended already")).with_run(id);
        if matches!(run.status, RunStatus::Ended(_)) {
            return Err(ended().into());
        }
        let now = self.now();
        let outcome = Outcome {
            permanent: body.permanent,
            duration: run
                .begin_time
                .map(|begin| u64::try_from(now.since(begin).as_millis()).unwrap_or(u64::MAX)),
            result,
            error,
            ..Outcome::bare(attempt, id, body.status, now)
        };
        match self.store.finish(&[outcome], now).await?.first() {
            Some(FinishReply::Refused) | None => Err(ended().into()),
            Some(_) => {
                let run = self.find_run(id).await?;
                self.show_run(&run).await
            }
        }
    }
}

type Said = (Option<String>, Option<String>);

fn check(
    status: AttemptStatus,
    result: Option<String>,
    error: Option<String>,
    permanent: bool,
) -> ServiceResult<Said> {
    match status {
        AttemptStatus::Success if error.is_some() => {
            Err(ServiceError::field("error", "goes with the status `failure`"))
        }
        AttemptStatus::Success if permanent => {
            Err(ServiceError::field("permanent", "goes with the status `failure`"))
        }
        AttemptStatus::Success => match result {
            Some(result) if result.len() > limits::RESULT_BYTES => Err(ServiceError::field(
                "result",
                format!(
                    "is {} bytes long; {} are allowed",
                    result.len(),
                    limits::RESULT_BYTES
                ),
            )),
            result => Ok((Some(result.unwrap_or_default()), None)),
        },
        AttemptStatus::Failure if result.is_some() => {
            Err(ServiceError::field("result", "goes with the status `success`"))
        }
        AttemptStatus::Failure => {
            let mut error = error.unwrap_or_else(|| "it was reported failed, without a reason".into());
            let cut = error.floor_char_boundary(limits::ERROR_BYTES);
            error.truncate(cut);
            Ok((None, Some(error)))
        }
        _ => Err(ServiceError::field("status", "must be `success` or `failure`")),
    }
}
