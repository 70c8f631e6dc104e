//! `/backup`

use std::io;

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use futures_util::{Stream, stream};
use tokio::io::AsyncReadExt as _;
use wasmtab_service::Backup;

use crate::{app::App, auth::Caller, reply::Reply};

/// Bytes that are read at a time.
const CHUNK: usize = 256 * 1024;

/// Downloads a backup
///
/// A copy of everything as of one instant, as a SQLite file: jobs, history, plugins, grants, the values of secrets. The server goes on
/// meanwhile. The ETag is the file's SHA-256. The copy lies in the data directory until it is sent, so that as much room as the
/// database takes must be free. `wasmtab restore` makes a data directory of it.
#[utoipa::path(get, path = "/backup", tag = "access", operation_id = "getBackup",
    responses((status = 200, content_type = "application/vnd.sqlite3", body = String,
        headers(("etag" = String), ("content-disposition" = String)))))]
pub(crate) async fn backup(State(app): State<App>, Caller(by): Caller) -> Reply<Response> {
    let backup = app.service.backup(&by).await?;
    let taken = backup.taken_at.to_chrono().format("%Y%m%dT%H%M%SZ");
    let headers = [
        (header::CONTENT_TYPE, "application/vnd.sqlite3".to_owned()),
        (header::CONTENT_LENGTH, backup.bytes.to_string()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"wasmtab-{taken}.db\""),
        ),
        (header::ETAG, format!("\"{}\"", backup.digest)),
    ];
    Ok((headers, Body::from_stream(chunks(backup))).into_response())
}

/// The file, a part at a time. The turn ends with the stream.
fn chunks(backup: Backup) -> impl Stream<Item = io::Result<Bytes>> {
    let Backup { file, turn, .. } = backup;
    let start = (tokio::fs::File::from_std(file), turn);
    stream::try_unfold(start, |(mut file, turn)| async move {
        let mut chunk = Vec::with_capacity(CHUNK);
        let read = (&mut file).take(CHUNK as u64).read_to_end(&mut chunk).await?;
        Ok((read > 0).then(|| (Bytes::from(chunk), (file, turn))))
    })
}
