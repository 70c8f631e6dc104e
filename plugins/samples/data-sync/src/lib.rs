//! `DataSyncHandler`: fetches paged JSON over HTTP into a file of lines, and goes on where a failed attempt stopped.

mod page;
mod sink;

use page::Page;
use sink::Sink;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use wasmtab_sdk::prelude::*;

const KEY: &str = "data-sync";

/// Where the pages come from, and where their items go.
#[param]
#[serde(default)]
struct Sync {
    /// The first page; else the setting `dataSyncUrl`.
    url: Option<String>,
    /// Headers to add.
    headers: BTreeMap<String, String>,
    /// The name of a granted secret that is sent as a bearer token.
    bearer_secret: Option<String>,
    /// The query parameter that takes the cursor.
    cursor_parameter: String,
    /// JSON pointer to a page's items.
    items: String,
    /// JSON pointer to the cursor of the page after; null, empty or absent on the last one.
    next: String,
    /// Where the files are written.
    directory: String,
    /// What the files' names begin with.
    prefix: String,
    /// Go on from the last cursor in the next run, rather than from the beginning.
    incremental: bool,
    /// More pages than this are an error: some servers never say that they are done.
    max_pages: u64,
    /// How long one page may take.
    timeout_seconds: u64,
}

impl Default for Sync {
    fn default() -> Self {
        Self {
            url: None,
            headers: BTreeMap::new(),
            bearer_secret: None,
            cursor_parameter: "cursor".to_owned(),
            items: "/items".to_owned(),
            next: "/nextCursor".to_owned(),
            directory: "/data".to_owned(),
            prefix: "sync".to_owned(),
            incremental: false,
            max_pages: 10_000,
            timeout_seconds: 30,
        }
    }
}

/// How far the work has got: written after every page.
#[data]
#[derive(Debug, Clone, PartialEq)]
struct Position {
    /// The URL that it belongs to: another one begins anew.
    source: String,
    /// The page to fetch next; none for the first.
    cursor: Option<String>,
    /// The file that is written.
    file: String,
    /// Its length as far as pages are complete.
    bytes: u64,
    pages: u64,
    items: u64,
    /// Whether the last page was reached.
    finished: bool,
}

/// Fetches paged JSON into newline-delimited files, resumably
#[handler(name = "DataSyncHandler")]
fn data_sync(ctx: &Context, sync: Sync) -> Result<Value, Failure> {
    let url = sync.url.clone().or_else(|| config::get("dataSyncUrl"));
    let url = url.or_give_up(|| "no url: name one in handlerParam, or set dataSyncUrl for the handler")?;
    let secret = match &sync.bearer_secret {
        Some(name) => {
            Some(config::secret(name).or_give_up(|| format!("the secret {name:?} is not granted"))?)
        }
        None => None,
    };
    let fetch = |cursor: Option<&str>| -> Result<Value, Failure> {
        let url = page::url(&url, &sync.cursor_parameter, cursor);
        let mut request = http::get(url).timeout(Duration::from_secs(sync.timeout_seconds.max(1)));
        for (name, value) in &sync.headers {
            request = request.header(name, value);
        }
        if let Some(secret) = &secret {
            request = request.bearer(secret);
        }
        Ok(request.send()?.error_for_status()?.json()?)
    };
    copy_pages(ctx, &sync, &url, fetch)
}

fn copy_pages(
    ctx: &Context,
    sync: &Sync,
    source: &str,
    fetch: impl Fn(Option<&str>) -> Result<Value, Failure>,
) -> Result<Value, Failure> {
    let open = |position: &Position| {
        Sink::open(&Path::new(&sync.directory).join(&position.file), position.bytes)
            .or_give_up(|| format!("{}/{}", sync.directory, position.file))
    };
    ensure!(
        !sync.prefix.contains(['/', '\\']),
        permanent,
        "prefix {:?} is no part of a file name",
        sync.prefix
    );
    let mut position = begin(ctx, sync, source, state::get(KEY)?);
    let mut sink = open(&position)?;
    if sink.is_none() {
        warn!("{} is gone or shorter than it was: beginning anew", position.file);
        position = begin(ctx, sync, source, None);
        sink = open(&position)?;
    }
    let mut sink = sink.or_retry(|| format!("{} cannot be begun", position.file))?;
    while !position.finished {
        ensure!(
            position.pages < sync.max_pages,
            permanent,
            "more than {} pages (maxPages)",
            sync.max_pages
        );
        let page = Page::read(fetch(position.cursor.as_deref())?, &sync.items, &sync.next)?;
        ensure!(
            page.next.is_none() || page.next != position.cursor,
            permanent,
            "the page at cursor {:?} names itself as the next one",
            position.cursor
        );
        // The file first, then the position: after a crash in between, the lines beyond the position are cut off again.
        position.bytes = sink
            .append(&page.items)
            .or_retry(|| format!("cannot write {}", position.file))?;
        position.pages += 1;
        position.items += page.items.len() as u64;
        position.finished = page.next.is_none();
        if page.next.is_some() || !sync.incremental {
            position.cursor = page.next;
        }
        state::set(KEY, &position)?;
        debug!(
            "page {}: {} items, next {:?}",
            position.pages,
            page.items.len(),
            position.cursor
        );
        progress::report(position.items, 0, &format!("page {}", position.pages));
    }
    info!(
        "{} items on {} pages in {}",
        position.items, position.pages, position.file
    );
    Ok(json!({
        "file": format!("{}/{}", sync.directory, position.file),
        "items": position.items,
        "pages": position.pages,
        "bytes": position.bytes,
        "cursor": position.cursor,
    }))
}

/// Where to begin: where an unfinished run stopped, else at the beginning or, incrementally, at the last cursor.
fn begin(ctx: &Context, sync: &Sync, source: &str, last: Option<Position>) -> Position {
    match last.filter(|last| last.source == source) {
        Some(last) if !last.finished => {
            info!("going on after {} pages, at cursor {:?}", last.pages, last.cursor);
            last
        }
        last => Position {
            source: source.to_owned(),
            cursor: last.filter(|_| sync.incremental).and_then(|last| last.cursor),
            file: format!("{}-{}.ndjson", sync.prefix, ctx.scheduled_stamp()),
            bytes: 0,
            pages: 0,
            items: 0,
            finished: false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use tempfile::TempDir;
    use wasmtab_sdk::testing;

    const URL: &str = "http://a/";

    fn place() -> (TempDir, Sync) {
        let dir = tempfile::tempdir().unwrap();
        let sync = Sync {
            directory: dir.path().to_str().unwrap().to_owned(),
            ..Sync::default()
        };
        (dir, sync)
    }

    /// Three pages of two items.
    fn server(cursor: Option<&str>) -> Result<Value, Failure> {
        let page: u64 = cursor.map_or(Ok(0), str::parse)?;
        let next = if page < 2 { json!(page + 1) } else { Value::Null };
        Ok(json!({"items": [{"id": page * 2}, {"id": page * 2 + 1}], "nextCursor": next}))
    }

    fn lines(dir: &TempDir) -> Vec<String> {
        let mut files: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        let text: String = files
            .iter()
            .map(|file| fs::read_to_string(file).unwrap())
            .collect();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn every_item_of_every_page_is_a_line() {
        let (dir, sync) = place();
        let result = copy_pages(&testing::context(), &sync, URL, server).unwrap();
        assert_eq!((&result["items"], &result["pages"]), (&json!(6), &json!(3)));
        assert_eq!(
            lines(&dir),
            (0..6).map(|id| format!("{{\"id\":{id}}}")).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_retry_goes_on_where_the_attempt_stopped() {
        let (dir, sync) = place();
        let breaks = |cursor: Option<&str>| match cursor {
            Some("2") => Err(Failure::retryable("connection lost")),
            cursor => server(cursor),
        };
        assert!(copy_pages(&testing::context(), &sync, URL, breaks).is_err());
        // As a crash would leave it: a line beyond the position that was kept.
        let position: Position = state::get(KEY).unwrap().unwrap();
        let file = dir.path().join(&position.file);
        fs::write(&file, fs::read_to_string(&file).unwrap() + "{\"id\":99}\n").unwrap();

        let only_the_rest = |cursor: Option<&str>| {
            assert_eq!(cursor, Some("2"), "pages that are written are not fetched again");
            server(cursor)
        };
        let result = copy_pages(&testing::context(), &sync, URL, only_the_rest).unwrap();
        assert_eq!(result["items"], 6);
        assert_eq!(
            lines(&dir),
            (0..6).map(|id| format!("{{\"id\":{id}}}")).collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_file_that_is_gone_is_begun_anew() {
        let (dir, sync) = place();
        let breaks = |cursor: Option<&str>| {
            if cursor.is_some() {
                Err(Failure::retryable("lost"))
            } else {
                server(cursor)
            }
        };
        assert!(copy_pages(&testing::context(), &sync, URL, breaks).is_err());
        let position: Position = state::get(KEY).unwrap().unwrap();
        fs::remove_file(dir.path().join(position.file)).unwrap();
        assert_eq!(
            copy_pages(&testing::context(), &sync, URL, server).unwrap()["items"],
            6
        );
        assert_eq!(lines(&dir).len(), 6);
    }

    #[test]
    fn another_url_does_not_continue_this_one() {
        let (_dir, sync) = place();
        let breaks = |cursor: Option<&str>| {
            if cursor.is_some() {
                Err(Failure::retryable("lost"))
            } else {
                server(cursor)
            }
        };
        assert!(copy_pages(&testing::context(), &sync, URL, breaks).is_err());
        let kept = || state::get(KEY).unwrap();
        assert_eq!(
            begin(&testing::context(), &sync, URL, kept()).cursor.as_deref(),
            Some("1")
        );
        assert_eq!(
            begin(&testing::context(), &sync, "http://b/", kept()).cursor,
            None
        );
    }

    #[test]
    fn the_next_run_begins_anew_or_at_the_last_cursor() {
        let (_dir, sync) = place();
        copy_pages(&testing::context(), &sync, URL, server).unwrap();
        assert_eq!(
            begin(&testing::context(), &sync, URL, state::get(KEY).unwrap()).cursor,
            None
        );

        let (_dir, sync) = place();
        let sync = Sync {
            incremental: true,
            ..sync
        };
        copy_pages(&testing::context(), &sync, URL, server).unwrap();
        assert_eq!(
            begin(&testing::context(), &sync, URL, state::get(KEY).unwrap())
                .cursor
                .as_deref(),
            Some("2")
        );
    }

    #[test]
    fn a_server_that_never_ends_is_stopped() {
        let (_dir, sync) = place();
        let same = |_: Option<&str>| Ok(json!({"items": [], "nextCursor": "again"}));
        let failure = copy_pages(&testing::context(), &sync, URL, same).unwrap_err();
        assert!(failure.reason().contains("names itself"), "{failure}");

        let (_dir, sync) = place();
        let sync = Sync { max_pages: 2, ..sync };
        state::delete(KEY).unwrap();
        let failure = copy_pages(&testing::context(), &sync, URL, server).unwrap_err();
        assert_eq!(failure, Failure::permanent("more than 2 pages (maxPages)"));
    }
}
