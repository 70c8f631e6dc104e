//! Generated sequences of operations, sent to SQLite and to PostgreSQL, with equal results.
//!
//! A failure prints its seed; `WASMTAB_SEED=… cargo test --test differential` plays it again, and `WASMTAB_CASES` says how many
//! sequences there are.

mod jobs;
mod look;
mod operation;
mod side;
#[path = "../support/mod.rs"]
mod support;

use std::sync::Arc;

use proptest::{
    collection::vec,
    strategy::{Strategy as _, ValueTree as _},
    test_runner::{Config, RngSeed, TestCaseError, TestRunner},
};
use wasmtab_store::conformance::at;
use wasmtab_store_sqlite::SqliteStore;

use self::{operation::Step, side::Side};

/// Sequences, where nothing else is said.
const CASES: u32 = 12;
/// Operations of one sequence.
const STEPS: std::ops::Range<usize> = 20..90;
/// After so many operations everything is looked at.
const LOOK: usize = 10;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().expect("a number"))
}

#[test]
fn both_databases_answer_alike() {
    let seed = setting("WASMTAB_SEED").unwrap_or_else(|| {
        let address = tempfile::tempdir().expect("a directory").path().to_owned();
        // A name that is random already: there is no other use for a source of randomness here.
        address
            .to_string_lossy()
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
            })
    });
    println!("WASMTAB_SEED={seed}");
    let config = Config {
        cases: setting("WASMTAB_CASES").map_or(CASES, |cases| cases as u32),
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: 60,
        ..Config::default()
    };
    let threads = tokio::runtime::Runtime::new().expect("threads");
    let mut runner = TestRunner::new(config);
    let outcome = runner.run(&vec(operation::step(), STEPS), |steps| {
        let compared = threads.block_on(compare(&steps));
        // Looking for a shorter sequence takes its time: this tells at once.
        let told = compared.inspect_err(|error| println!("{error}"));
        told.map_err(TestCaseError::fail)
    });
    if let Err(error) = outcome {
        panic!("WASMTAB_SEED={seed}: {error}");
    }
}

/// Carries the steps out on both; the first answer that differs is told.
async fn compare(steps: &[Step]) -> Result<(), String> {
    let directory = tempfile::tempdir().expect("a directory");
    let sqlite = SqliteStore::open(&directory.path().join("wasmtab.db"))
        .await
        .expect("an empty database opens");
    let postgres = support::open(&support::fresh_schema()).await;
    let mut sides = [
        Side::new(Arc::new(sqlite)).await,
        Side::new(Arc::new(postgres)).await,
    ];
    let mut now = at(0);
    for (index, step) in steps.iter().enumerate() {
        now = step.after(now);
        let mut said = Vec::new();
        for side in &mut sides {
            said.push(side.carry_out(&step.operation, now).await);
        }
        equal(&said, || format!("step {index}: {step:?}"))?;
        if index % LOOK == LOOK - 1 || index + 1 == steps.len() {
            let mut seen = Vec::new();
            for side in &mut sides {
                seen.push(side.look(now).await);
            }
            equal(&seen, || format!("everything after step {index}: {step:?}"))?;
        }
    }
    Ok(())
}

fn equal(said: &[String], what: impl Fn() -> String) -> Result<(), String> {
    if said[0] == said[1] {
        return Ok(());
    }
    let (sqlite, postgres): (Vec<_>, Vec<_>) = (said[0].lines().collect(), said[1].lines().collect());
    let first = (0..sqlite.len().max(postgres.len()))
        .find(|line| sqlite.get(*line) != postgres.get(*line))
        .unwrap_or(0);
    Err(format!(
        "{}\nSQLite:     {:?}\nPostgreSQL: {:?}",
        what(),
        sqlite.get(first),
        postgres.get(first)
    ))
}

/// The strategies are sound: they make what the domain takes.
#[test]
fn most_generated_jobs_are_valid() {
    let mut runner = TestRunner::deterministic();
    let valid = (0..200)
        .filter(|_| {
            let said = jobs::said().new_tree(&mut runner).expect("a job").current();
            jobs::spec(&said).is_some()
        })
        .count();
    assert!(valid > 150, "{valid} of 200");
}
