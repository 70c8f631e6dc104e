//! A trial from its begin to the audit.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use reqwest::Method;
use rustix::process::{Resource, Signal};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::watch;
use wasmtab_auditor::{Finding, Record, Tally, audit};
use wasmtab_domain::{run::Run, status::Trigger, time::Timestamp};
use wasmtab_store::Store;
use wasmtab_store_sqlite::SqliteStore;

use crate::{
    books::{self, Books},
    client::Client,
    fault::Fault,
    load::Load,
    plan::{self, Moment},
    progress::{Look, Progress, until},
    server::Server,
    settings::Settings,
    setup::{self, Jobs},
};

/// Requests that must have failed before a hunger ends.
const HUNGRY: u64 = 12;
/// How long a hunger lasts where nobody notices it.
const UNNOTICED: Duration = Duration::from_secs(2);

/// A server, those who want something of it, and what befalls it.
#[derive(Debug)]
pub(crate) struct Trial {
    settings: Settings,
    server: Server,
    at: watch::Sender<Option<String>>,
    client: Client,
    jobs: Arc<Jobs>,
    books: Arc<Books>,
    progress: Progress,
    /// How often each misfortune came.
    faults: BTreeMap<String, u32>,
    findings: Vec<Finding>,
    /// From when and until when the server was frozen.
    frosts: Vec<(Timestamp, Timestamp)>,
    begun: Instant,
    _directory: TempDir,
}

/// What a trial came to.
#[derive(Debug)]
pub(crate) struct Summary {
    pub findings: Vec<Finding>,
    pub tally: Tally,
    faults: BTreeMap<String, u32>,
    runs: usize,
    rows: usize,
    asked: u64,
    given_up: u64,
    failed: u64,
    /// From the first start to the last stop.
    took: Duration,
    /// The reading of the database and the audit.
    audited: Duration,
}

impl Trial {
    pub(crate) async fn start(settings: Settings) -> Self {
        let directory = tempfile::tempdir().expect("a scratch directory");
        let mut server = Server::new(&settings.binary, directory.path().join("data"));
        let (at, here) = watch::channel(None);
        let books = Arc::<Books>::default();
        let mut client = Client::new(here, Arc::clone(&books));
        let url = server.spawn().heard().expect("a new server starts");
        at.send_replace(Some(url.clone()));
        let jobs = setup::prepare(&server, &url, &mut client, directory.path(), settings.jobs).await;
        let progress = Progress::of(&server.database()).await;
        Self {
            settings,
            server,
            at,
            client,
            jobs: Arc::new(jobs),
            books,
            progress,
            faults: BTreeMap::new(),
            findings: Vec::new(),
            frosts: Vec::new(),
            begun: Instant::now(),
            _directory: directory,
        }
    }

    pub(crate) async fn play(mut self) -> Summary {
        let load = Load::start(&self.settings, &self.client, &self.jobs, &self.books);
        let moments = plan::moments(self.settings.seed, self.settings.kills, self.settings.jobs);
        for (number, moment) in moments.iter().enumerate() {
            println!(
                "{:>6.1} s  {}/{}: {} after {} rows",
                self.begun.elapsed().as_secs_f32(),
                number + 1,
                moments.len(),
                moment.fault,
                moment.rows
            );
            self.befall(*moment).await;
        }
        self.grow(1).await;
        load.end().await;
        self.come_to_rest().await;
        self.account().await
    }

    async fn befall(&mut self, Moment { fault, rows }: Moment) {
        self.grow(rows).await;
        let word = format!("{fault:?}");
        let word = word.split([' ', '{']).next().unwrap_or_default().to_owned();
        *self.faults.entry(word).or_default() += 1;
        match fault {
            Fault::Kill => self.kill(),
            Fault::KillAtStart => {
                self.kill();
                drop(self.server.spawn());
                self.kill();
            }
            Fault::KillInDrain => {
                self.server.signal(Signal::TERM);
                self.kill();
            }
            Fault::Terminate => {
                self.at.send_replace(None);
                self.server.signal(Signal::TERM);
                let code = self.server.wait();
                if code != Some(0) {
                    self.found("ends", format!("a stop ended with {code:?}"));
                }
            }
            Fault::Freeze { seconds } => {
                self.server.signal(Signal::STOP);
                let frozen = books::now();
                let thaw = frozen.plus(Duration::from_secs(seconds));
                until("the end of the frost", async || (books::now() >= thaw).into()).await;
                self.server.signal(Signal::CONT);
                self.frosts.push((frozen, books::now()));
            }
            Fault::Disk { bytes, then_kill } => self.starve(Resource::Fsize, bytes, then_kill).await,
            Fault::Descriptors { more, then_kill } => {
                let most = self.server.descriptors() + more;
                self.starve(Resource::Nofile, most, then_kill).await;
            }
        }
        self.live().await;
    }

    /// Lets it have too little, until enough requests have failed; then it must go on by itself.
    async fn starve(&mut self, what: Resource, most: u64, then_kill: bool) {
        let (before, begun) = (self.books.failures(), Instant::now());
        self.server.starve(what, most);
        let (books, server) = (Arc::clone(&self.books), &mut self.server);
        let mut ended = None;
        until("failures", async || {
            ended = server.has_ended();
            (ended.is_some() || books.failures() >= before + HUNGRY || begun.elapsed() > UNNOTICED).into()
        })
        .await;
        if let Some(status) = ended {
            self.found(
                "ends",
                format!("a server that had too little ({what:?}) ended: {status}"),
            );
            self.at.send_replace(None);
            return;
        }
        if then_kill {
            self.kill();
        } else {
            self.server.feed();
        }
    }

    fn kill(&mut self) {
        self.at.send_replace(None);
        self.server.kill();
    }

    fn found(&mut self, rule: &'static str, text: String) {
        self.findings.push(Finding { rule, text });
    }

    /// Starts the process again where it has ended. Nothing may be left that a dead one owned.
    async fn live(&mut self) {
        if self.at.borrow().is_some() {
            return;
        }
        let Some(url) = self.server.spawn().heard() else {
            let code = self.server.wait();
            panic!("it does not start again: {code:?}");
        };
        let orphans = self.progress.orphans().await;
        if orphans > 0 {
            self.found(
                "owners",
                format!("{orphans} attempts are owned by processes that are dead"),
            );
        }
        self.at.send_replace(Some(url));
    }

    /// Waits until the log has grown by so many rows. A server that ends by itself is found, and started again.
    async fn grow(&mut self, rows: i64) {
        let goal = self.progress.rows().await + rows;
        loop {
            let (progress, server) = (&mut self.progress, &mut self.server);
            let mut ended = None;
            let grown = until("progress", async || {
                ended = server.has_ended();
                match ended {
                    Some(_) => Look::Never,
                    None => (progress.rows().await >= goal).into(),
                }
            })
            .await;
            if grown {
                return;
            }
            self.found("ends", format!("the server ended by itself: {ended:?}"));
            self.at.send_replace(None);
            self.live().await;
        }
    }

    /// No job fires any more, and every run ends.
    async fn come_to_rest(&mut self) {
        let from = books::now();
        for action in ["resume", "stop"] {
            let said = json!({"action": action, "select": {"all": true}});
            let answer = self.client.insist(Method::POST, "/jobs:bulk", &said).await;
            assert!(answer.status.is_success(), "{action}: {}", answer.body);
        }
        for job in &self.jobs.scheduled {
            self.books.changed(*job, from);
        }
        // Nobody waits for fires that have queued up behind slow ones.
        let said = json!({"action": "cancel", "select": {"state": "queued", "trigger": "cron"}});
        let answer = self.client.insist(Method::POST, "/runs:bulk", &said).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        loop {
            let before = self.progress.active().await;
            if before == 0 {
                break;
            }
            let progress = &mut self.progress;
            let what = format!("the end of one of {before} runs");
            until(&what, async || (progress.active().await != before).into()).await;
        }
        self.at.send_replace(None);
        self.server.signal(Signal::TERM);
        let code = self.server.wait();
        if code != Some(0) {
            self.found("ends", format!("the last stop ended with {code:?}"));
        }
    }

    async fn account(mut self) -> Summary {
        let took = self.begun.elapsed();
        let store = SqliteStore::open(&self.server.database())
            .await
            .expect("the database can be opened");
        self.check_up(&store).await;
        let mut record = Record::read(&store).await.expect("the database can be read");
        record.promised = self.books.promised();
        record.doubts = self.books.doubts();
        record.standstills = std::mem::take(&mut self.frosts);
        let asked = self.books.asked.load(Ordering::Relaxed);
        let made = record.runs.iter().filter(|run| is_by_hand(run)).count() as u64;
        if made > asked {
            self.found("promises", format!("{made} runs were made for {asked} keys"));
        }
        let audit = audit(&record);
        self.findings.extend(audit.findings);
        Summary {
            findings: self.findings,
            tally: audit.tally,
            faults: self.faults,
            runs: record.runs.len(),
            rows: record.rows.len(),
            asked,
            given_up: self.books.given_up.load(Ordering::Relaxed),
            failed: self.books.failures(),
            took,
            audited: self.begun.elapsed().saturating_sub(took),
        }
    }

    /// What the product's own check-up finds of what is left.
    async fn check_up(&mut self, store: &dyn Store) {
        let faults = store.faults(10).await.expect("the database can be read");
        if !faults.is_empty() {
            self.found("database", format!("the file: {faults:?}"));
        }
        let left = store.findings(10).await.expect("the database can be read");
        let left = (left.owned.count, left.turnless.count, left.rows_without_run);
        if left != (0, 0, 0) {
            self.found("database", format!("owned, without turn, without run: {left:?}"));
        }
    }
}

fn is_by_hand(run: &Run) -> bool {
    run.trigger == Trigger::Manual
}

impl Summary {
    pub(crate) fn first_findings(&self) -> String {
        let first: Vec<_> = self.findings.iter().take(20).map(ToString::to_string).collect();
        first.join("\n")
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n== summary")?;
        for (fault, count) in &self.faults {
            writeln!(f, "  {count:>8}  {fault}")?;
        }
        let rate = self.rows as f32 / self.took.as_secs_f32();
        writeln!(
            f,
            "  {:>8}  runs, {} rows of the log, {rate:.0}/s",
            self.runs, self.rows
        )?;
        writeln!(
            f,
            "  {:>8}  starts asked for, {} of them never answered; {} requests without an answer",
            self.asked, self.given_up, self.failed
        )?;
        for (what, count) in &self.tally {
            writeln!(f, "  {count:>8}  {what}")?;
        }
        writeln!(
            f,
            "  {:>8}  findings, after {:.0} s and {:.0} s of audit",
            self.findings.len(),
            self.took.as_secs_f32(),
            self.audited.as_secs_f32()
        )
    }
}
