//! A run's log as it is written: server-sent events, or plain lines.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
    response::{
        IntoResponse as _, Response,
        sse::{Event as Message, KeepAlive, Sse},
    },
};
use futures_util::{Stream, StreamExt as _, stream};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wasmtab_domain::log::LogPosition;
use wasmtab_service::{Follow, FollowEvent, Followed, ServiceError};

use super::logs::LogFormat;

/// How often a silent stream shows that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Whether a client that says nothing else wants events.
pub(super) fn likes_events(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|kinds| kinds.trim_start().starts_with("text/event-stream"))
}

/// Where to begin: after the event that was seen last, else at the attempt that is wanted, else at the beginning.
pub(super) fn place(
    attempt: Option<u32>,
    after: Option<&str>,
    headers: &HeaderMap,
) -> Result<LogPosition, ServiceError> {
    let said = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    if let Some(id) = said.filter(|id| !id.is_empty()) {
        return id
            .parse()
            .map_err(|reason| ServiceError::field("Last-Event-ID", reason));
    }
    if let Some(id) = after {
        return id.parse().map_err(|reason| ServiceError::field("after", reason));
    }
    match attempt {
        Some(0) => Err(ServiceError::field("attempt", "counts from 1")),
        Some(attempt) => Ok(LogPosition { attempt, line: 0 }),
        None => Ok(LogPosition::START),
    }
}

/// The answer, which ends with what is read, or with the server.
pub(super) fn stream(
    reader: Follow,
    format: Option<LogFormat>,
    closing: CancellationToken,
) -> Result<Response, ServiceError> {
    let events = events(reader).take_until(closing.cancelled_owned());
    match format {
        Some(LogFormat::Json) => Err(ServiceError::field(
            "format",
            "`json` cannot be followed: leave it out for server-sent events, whose data is JSON, or say `text`",
        )),
        Some(LogFormat::Text) => {
            let lines = events.filter_map(|event| async move {
                let line = event.as_ref().map_or_else(|cut_off| Some(cut_off.clone()), text);
                line.map(|line| Ok::<_, Infallible>(Bytes::from(line)))
            });
            let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
            Ok((kind, Body::from_stream(lines)).into_response())
        }
        None => {
            // What is cut off is told by the end of the stream: the client asks again from where it is.
            let messages = events.filter_map(|event| async move {
                let event = event.ok()?;
                Some(Ok::<_, Infallible>(message(&event)))
            });
            let alive = KeepAlive::new().interval(KEEP_ALIVE);
            Ok(Sse::new(messages).keep_alive(alive).into_response())
        }
    }
}

/// What is read; an error, told in a line, is the last of it.
fn events(reader: Follow) -> impl Stream<Item = Result<FollowEvent, String>> + Send + 'static {
    stream::unfold(Some(reader), |reader| async move {
        let mut reader = reader?;
        match reader.next().await {
            Ok(Some(event)) => Some((Ok(event), Some(reader))),
            Ok(None) => None,
            Err(error) => {
                tracing::error!(%error, "a log that was followed broke off: {error}");
                Some((
                    Err("[the log breaks off here: the server failed]\n".to_owned()),
                    None,
                ))
            }
        }
    })
}

fn message(event: &FollowEvent) -> Message {
    let (name, data) = told(event);
    Message::default()
        .id(event.next.to_string())
        .event(name)
        .data(data.to_string())
}

fn told(event: &FollowEvent) -> (&'static str, Value) {
    let attempt = event.attempt;
    match &event.what {
        Followed::Attempt => ("attempt", json!({ "attempt": attempt })),
        Followed::Line { number, line } => (
            "line",
            json!({
                "attempt": attempt,
                "number": number,
                "at": line.at,
                "level": line.level,
                "target": line.target,
                "message": line.message,
            }),
        ),
        Followed::Cut(lines) => ("cut", json!({ "attempt": attempt, "lines": lines })),
        Followed::AttemptEnded(status) => ("attempt.ended", json!({ "attempt": attempt, "status": status })),
        Followed::RunEnded(status) => ("run.ended", json!({ "attempt": attempt, "status": status })),
    }
}

fn text(event: &FollowEvent) -> Option<String> {
    match &event.what {
        Followed::Attempt if event.attempt > 1 => Some(format!("[attempt {}]\n", event.attempt)),
        Followed::Line { line, .. } => Some(format!("{line}\n")),
        Followed::Cut(lines) => Some(format!("[{lines} lines were cut here]\n")),
        Followed::Attempt | Followed::AttemptEnded(_) | Followed::RunEnded(_) => None,
    }
}
