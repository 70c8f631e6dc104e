//! Backups, and the way back from them.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::json;
use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use wasmtab_domain::{
    ids::BootId,
    run::RunStatus,
    status::{AttemptStatus, RunState},
};
use wasmtab_store::{
    Store,
    conformance::{World, at},
};
use wasmtab_store_sqlite::{
    OpenError, SqliteStore,
    backup::{BackupError, backup, restore, verify},
};

const OLD: BootId = BootId(1);
const NEW: BootId = BootId(2);

struct Bench {
    directory: TempDir,
    world: World,
}

impl Bench {
    async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a scratch directory");
        let store = open(&directory.path().join("wasmtab.db")).await;
        Self {
            directory,
            world: World::new(store),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A backup of the running store.
    async fn backup(&self, name: &str) -> PathBuf {
        let snapshot = self.world.store.snapshot(at(1_000)).await;
        let mut snapshot = snapshot.expect("it is copied").expect("SQLite has copies");
        let path = self.path(name);
        let mut file = fs::File::create(&path).expect("the scratch directory takes files");
        let length = std::io::copy(&mut snapshot.file, &mut file).expect("the copy is read");
        assert_eq!(length, snapshot.bytes);
        path
    }
}

async fn open(file: &Path) -> Arc<dyn Store> {
    Arc::new(SqliteStore::open(file).await.expect("it opens"))
}

#[tokio::test]
async fn a_restored_database_has_the_same_jobs_and_history_and_repeats_what_was_interrupted() {
    let bench = Bench::new().await;
    let w = &bench.world;
    let job = w
        .create(json!({"name": "同步", "cronExpression": "* * * * *"}), at(0))
        .await;
    w.release(at(60)).await;
    let ended = w.claim_for(OLD, at(60), 9).await.remove(0);
    w.end(&ended, AttemptStatus::Success, at(61)).await;
    w.release(at(120)).await;
    let interrupted = w.claim_for(OLD, at(120), 9).await.remove(0);
    let file = bench.backup("backup.db").await;
    // What happens later is lost to the backup.
    w.end(&interrupted, AttemptStatus::Success, at(121)).await;
    w.create(json!({"name": "later"}), at(130)).await;

    let facts = verify(&file).await.expect("it is good");
    assert_eq!(
        (facts.taken_at, facts.jobs, facts.runs, facts.log),
        (Some(at(1_000)), 1, 1, 2)
    );
    fs::create_dir(bench.path("elsewhere")).expect("the scratch directory takes directories");
    let database = bench.path("elsewhere").join("wasmtab.db");
    assert_eq!(restore(&file, &database).await.expect("it is restored"), facts);
    let restored = World::new(open(&database).await);
    assert_eq!(restored.read(job.id).await.progress.next_fire_at, Some(at(180)));
    assert_eq!(restored.runs(job.id).await[0], w.runs(job.id).await[0]);
    assert_eq!(
        restored
            .store
            .rescue(NEW, at(2_000))
            .await
            .expect("it is rescued"),
        1
    );
    let again = restored.claim_for(NEW, at(2_000), 9).await.remove(0);
    assert_eq!((again.run_id, again.execute_index), (interrupted.run_id, 2));

    // Jobs that the lost time may have made keep their numbers for themselves.
    let lost = w
        .store
        .job_named("later")
        .await
        .expect("it answers")
        .expect("it is there");
    let new = restored.create(json!({"name": "new"}), at(2_000)).await;
    assert!(new.id > lost.id, "{} {}", new.id, lost.id);
}

#[tokio::test]
async fn a_backup_is_of_one_instant_while_writes_go_on() {
    let bench = Bench::new().await;
    let w = bench.world.clone();
    let job = w.create(json!({"overlap": "allow"}), at(0)).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writing = {
        let (w, stop) = (w.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let mut written = 0;
            while !stop.load(Ordering::SeqCst) {
                w.release(at(60 * (written + 1))).await;
                for claim in w.claim_for(OLD, at(60 * (written + 1)), 9).await {
                    w.end(&claim, AttemptStatus::Success, at(60 * (written + 1)))
                        .await;
                }
                written += 1;
            }
            written
        })
    };
    let mut logs = Vec::new();
    while logs.len() < 4 {
        let file = bench.backup(&format!("{}.db", logs.len())).await;
        let facts = verify(&file).await.expect("it is good");
        // Every fire but the newest has ended; the newest has a run, or a row, and never both ways or neither.
        assert!(facts.runs <= 1, "{facts:?}");
        let copy = World::new(open(&file).await);
        let (runs, rows) = (copy.runs(job.id).await, copy.log(job.id).await);
        let decided = copy.read(job.id).await.progress.decided_until;
        assert_eq!(runs.last().map(|run| run.scheduled_at), decided);
        let ended = runs
            .iter()
            .filter(|run| matches!(run.status, RunStatus::Ended(_)));
        let running = runs
            .iter()
            .filter(|run| run.status == RunStatus::Active(RunState::Running));
        assert_eq!(ended.count() + running.count(), rows.len());
        logs.push(rows.len());
    }
    stop.store(true, Ordering::SeqCst);
    assert!(writing.await.expect("it ends") > 0);
    assert!(logs.is_sorted(), "{logs:?}");
}

#[tokio::test]
async fn a_database_that_is_in_use_is_not_copied_behind_its_servers_back() {
    let bench = Bench::new().await;
    let (database, to) = (bench.path("wasmtab.db"), bench.path("copy.db"));
    let refused = backup(&database, &to, at(0)).await;
    assert!(
        matches!(refused, Err(BackupError::Open(OpenError::Locked(_)))),
        "{refused:?}"
    );
    bench.world.create(json!({}), at(0)).await;
    let Bench { directory, world } = bench;
    drop(world);
    // The lock goes with the last handle, which the store's own tasks may hold a little longer.
    let facts = loop {
        match backup(&database, &to, at(5)).await {
            Err(BackupError::Open(OpenError::Locked(_))) => tokio::task::yield_now().await,
            done => break done.expect("it is copied"),
        }
    };
    assert_eq!((facts.jobs, facts.taken_at), (1, Some(at(5))));
    assert!(matches!(
        backup(&database, &to, at(6)).await,
        Err(BackupError::Copy(_))
    ));
    assert_eq!(
        verify(&to).await.expect("the first one is left alone").taken_at,
        Some(at(5))
    );
    let missing = backup(&directory.path().join("nothing.db"), &to, at(6)).await;
    assert!(matches!(missing, Err(BackupError::Missing(_))), "{missing:?}");
}

#[tokio::test]
async fn what_is_no_backup_is_refused_and_leaves_nothing_behind() {
    let bench = Bench::new().await;
    for number in 0..200 {
        bench
            .world
            .create(
                json!({"name": format!("job {number}"), "handlerParam": "x".repeat(500)}),
                at(0),
            )
            .await;
    }
    let good = bench.backup("good.db").await;
    let bytes = fs::read(&good).expect("it is there");
    let write = |name: &str, bytes: &[u8]| {
        let path = bench.path(name);
        fs::write(&path, bytes).expect("the scratch directory takes files");
        path
    };
    let mut flipped = bytes.clone();
    let middle = flipped.len() / 2;
    flipped[middle..middle + 2_000].fill(0xa5);
    let newer = write("newer.db", &bytes);
    let other = write("other.db", b"");
    for (file, sql) in [
        (
            &newer,
            "INSERT INTO _sqlx_migrations VALUES (99, 'later', 0, 1, x'00', 0)",
        ),
        (&other, "CREATE TABLE theirs (id INTEGER)"),
    ] {
        let options = SqliteConnectOptions::new().filename(file);
        let mut connection = options.connect().await.expect("it opens");
        sqlx::query(sql)
            .execute(&mut connection)
            .await
            .expect("it is done");
    }
    let to = bench.path("to");
    fs::create_dir(&to).expect("the scratch directory takes directories");
    let missing = bench.path("missing.db");
    for (file, kind) in [
        (
            write("text.db", b"just a text that goes on for a while"),
            "foreign",
        ),
        (write("short.db", &bytes[..bytes.len() - 50_000]), "damaged"),
        (write("flipped.db", &flipped), "damaged"),
        (bench.directory.path().to_owned(), "foreign"),
        (missing, "missing"),
        (newer, "schema"),
        (other, "foreign"),
    ] {
        for refused in [restore(&file, &to.join("wasmtab.db")).await, verify(&file).await] {
            let refused = refused.expect_err("it is not good");
            let found = match &refused {
                BackupError::Foreign { .. } => "foreign",
                BackupError::Damaged { .. } => "damaged",
                BackupError::Missing(_) => "missing",
                BackupError::Schema { .. } => "schema",
                _ => "other",
            };
            assert_eq!(found, kind, "{}: {refused}", file.display());
        }
        assert_eq!(
            fs::read_dir(&to).expect("it is there").count(),
            0,
            "{}",
            file.display()
        );
    }
}

#[tokio::test]
async fn an_unfinished_copy_goes_when_the_database_is_opened() {
    let directory = tempfile::tempdir().expect("a scratch directory");
    let left = directory.path().join(".wasmtab-copy-x1y2z3");
    let mut file = fs::File::create(&left).expect("the scratch directory takes files");
    file.write_all(b"half")
        .expect("the scratch directory takes bytes");
    let store = open(&directory.path().join("wasmtab.db")).await;
    assert!(!left.exists());
    assert!(store.is_exclusive());
}
