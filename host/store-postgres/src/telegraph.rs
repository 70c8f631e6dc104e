//! Hints between processes: `LISTEN` and `NOTIFY`. They may get lost, and nothing depends on them but how soon something is seen.

use std::time::Duration;

use sqlx::{PgPool, postgres::PgListener};
use tokio::{sync::mpsc, task::JoinHandle};
use wasmtab_domain::ids::{AttemptId, RunId};
use wasmtab_store::{Hint, Hints};

/// Hints that may wait to be sent; more are left out, and the other processes look by themselves.
const QUEUE: usize = 8_192;
/// Bytes of a message at most; PostgreSQL's limit is 8,000.
const MESSAGE: usize = 7_800;
/// How long to wait before listening is tried again.
const BACKOFF: Duration = Duration::from_secs(1);

/// Sends this process's hints, and hears those of the others; ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Telegraph {
    outgoing: mpsc::Sender<Hint>,
    tasks: [JoinHandle<()>; 2],
}

impl Telegraph {
    /// `own` tells this process's messages from those of others; `channel` is where all of them are.
    pub(crate) fn start(pool: &PgPool, channel: &str, own: i64, hints: Hints) -> Self {
        let (outgoing, queue) = mpsc::channel(QUEUE);
        let tasks = [
            tokio::spawn(send(pool.clone(), channel.to_owned(), own, queue)),
            tokio::spawn(hear(pool.clone(), channel.to_owned(), own, hints)),
        ];
        Self { outgoing, tasks }
    }

    pub(crate) fn send(&self, hint: Hint) {
        // A full queue is no failure: hints carry no truth.
        let _ = self.outgoing.try_send(hint);
    }
}

impl Drop for Telegraph {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Whatever waits when the last message is out goes with the next one.
async fn send(pool: PgPool, channel: String, own: i64, mut queue: mpsc::Receiver<Hint>) {
    let mut waiting = Vec::new();
    while queue.recv_many(&mut waiting, QUEUE).await > 0 {
        for message in messages(own, &waiting) {
            let sent = sqlx::query("SELECT pg_notify($1, $2)")
                .bind(&channel)
                .bind(message)
                .execute(&pool)
                .await;
            if let Err(error) = sent {
                tracing::debug!(%error, "a hint was not sent: {error}");
            }
        }
        waiting.clear();
    }
}

async fn hear(pool: PgPool, channel: String, own: i64, hints: Hints) {
    loop {
        if let Err(error) = listen(&pool, &channel, own, &hints).await {
            tracing::debug!(%error, "hints of other processes are not heard: {error}");
        }
        tokio::time::sleep(BACKOFF).await;
        // Something may have gone unheard.
        for hint in [Hint::Jobs, Hint::Queue, Hint::Handlers, Hint::Alerts] {
            hints.send(hint);
        }
    }
}

async fn listen(pool: &PgPool, channel: &str, own: i64, hints: &Hints) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(channel).await?;
    while let Some(notification) = listener.try_recv().await? {
        for hint in read(own, notification.payload()) {
            hints.send(hint);
        }
    }
    Ok(())
}

/// Hints as messages: the sender's number, then a word each; every word once.
fn messages(own: i64, hints: &[Hint]) -> Vec<String> {
    let mut messages = Vec::new();
    let mut message = own.to_string();
    let mut seen = std::collections::HashSet::new();
    for word in hints.iter().map(|hint| word(*hint)) {
        if !seen.insert(word.clone()) {
            continue;
        }
        if message.len() + 1 + word.len() > MESSAGE {
            messages.push(std::mem::replace(&mut message, own.to_string()));
        }
        message.push(' ');
        message.push_str(&word);
    }
    messages.push(message);
    messages
}

fn word(hint: Hint) -> String {
    match hint {
        Hint::Jobs => "jobs".into(),
        Hint::Queue => "queue".into(),
        Hint::Handlers => "handlers".into(),
        Hint::Alerts => "alerts".into(),
        Hint::Cancel(attempt) => format!("c{attempt}"),
        Hint::RunEnded(run) => format!("e{run}"),
        Hint::RunChanged(run) => format!("r{run}"),
    }
}

/// The hints of another process's message; words of a later version are passed over.
fn read(own: i64, message: &str) -> Vec<Hint> {
    let mut words = message.split(' ');
    if words.next().and_then(|sender| sender.parse().ok()) == Some(own) {
        return Vec::new();
    }
    words.filter_map(hint).collect()
}

fn hint(word: &str) -> Option<Hint> {
    match word {
        "jobs" => return Some(Hint::Jobs),
        "queue" => return Some(Hint::Queue),
        "handlers" => return Some(Hint::Handlers),
        "alerts" => return Some(Hint::Alerts),
        _ => {}
    }
    let id = word.get(1..)?.parse().ok()?;
    match word.as_bytes().first()? {
        b'c' => Some(Hint::Cancel(AttemptId(id))),
        b'e' => Some(Hint::RunEnded(RunId(id))),
        b'r' => Some(Hint::RunChanged(RunId(id))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_arrive_as_they_were_sent_and_once() {
        let sent = [
            Hint::Jobs,
            Hint::Queue,
            Hint::Cancel(AttemptId(7)),
            Hint::RunEnded(RunId(i64::MAX)),
            Hint::RunChanged(RunId(8)),
            Hint::Handlers,
            Hint::Alerts,
        ];
        let twice = [sent, sent].concat();
        let messages = messages(1, &twice);
        assert_eq!(messages.len(), 1);
        assert_eq!(read(2, &messages[0]), sent);
    }

    #[test]
    fn ones_own_hints_and_unknown_words_are_passed_over() {
        assert_eq!(read(1, "1 jobs"), []);
        assert_eq!(read(1, "2 jobs later e e1x é"), [Hint::Jobs]);
        assert_eq!(read(1, ""), []);
    }

    #[test]
    fn many_hints_take_several_messages() {
        let many: Vec<_> = (0..5_000)
            .map(|id| Hint::RunEnded(RunId(i64::MAX - id)))
            .collect();
        let messages = messages(1, &many);
        assert!(messages.iter().all(|message| message.len() <= MESSAGE));
        let read: Vec<_> = messages.iter().flat_map(|message| read(2, message)).collect();
        assert_eq!(read, many);
    }
}
