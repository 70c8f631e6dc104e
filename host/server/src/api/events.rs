//! `/events`

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::sse::{Event as Message, KeepAlive, Sse},
};
use futures_util::{Stream, StreamExt as _, stream};
use serde_json::json;
use wasmtab_service::Event;

use crate::{app::App, auth::Caller, reply::Reply};

/// How often a silent stream shows that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Streams what happens
///
/// Server-sent events: `run.changed` and `run.ended` with `{"runId": …}`, `jobs`, `handlers`, and `resync`. Events are wake-ups, not a
/// record: they are not kept, and have no ids to resume from. The first one on every connection is `resync`, and it comes again when the
/// listener was too slow: what is read from the API after a `resync` misses nothing, since later changes are told.
#[utoipa::path(get, path = "/events", tag = "runs", operation_id = "streamEvents",
    responses((status = 200, content_type = "text/event-stream", body = String)))]
pub(crate) async fn events(
    State(app): State<App>,
    Caller(by): Caller,
) -> Reply<Sse<impl Stream<Item = Result<Message, Infallible>>>> {
    let events = app.service.events(&by)?;
    let messages = stream::unfold(events, |mut events| async move {
        let event = events.next().await?;
        Some((Ok(message(event)), events))
    });
    let messages = messages.take_until(app.closing.cancelled_owned());
    Ok(Sse::new(messages).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn message(event: Event) -> Message {
    let (name, data) = match event {
        Event::Resync => ("resync", json!({})),
        Event::RunEnded(run) => ("run.ended", json!({ "runId": run })),
        Event::RunChanged(run) => ("run.changed", json!({ "runId": run })),
        Event::Jobs => ("jobs", json!({})),
        Event::Handlers => ("handlers", json!({})),
    };
    Message::default().event(name).data(data.to_string())
}
