//! A server under load is killed, stopped, frozen and starved, again and again; then somebody who knows only its jobs' revisions, their pauses
//! and the calendars accounts for every fire, and for every start that was promised.
//!
//! Which misfortune comes after how much progress is drawn from a seed, which is printed:
//!
//! ```text
//! WASMTAB_CRASH_SEED=17 cargo test --workspace --test crash -- --nocapture
//! cargo xtask crash --kills 200
//! ```

mod books;
mod client;
mod fault;
mod jobs;
mod load;
mod plan;
mod progress;
mod server;
mod settings;
mod setup;
mod trial;

use crate::{settings::Settings, trial::Trial};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_ends_in_every_way_accounts_for_every_fire() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = Settings::read();
    println!("{}", settings.replay());
    let summary = Trial::start(settings.clone()).await.play().await;
    println!("{summary}");
    assert!(
        summary.findings.is_empty(),
        "it does not add up in {} ways:\n{}\nreplay: {}",
        summary.findings.len(),
        summary.first_findings(),
        settings.replay()
    );
    // A trial that never meets something says nothing of it.
    for wanted in WANTED {
        assert!(
            summary.tally.contains_key(*wanted),
            "nothing was seen of `{wanted}`: {:#?}",
            summary.tally
        );
    }
}

/// What the auditor must have seen, whatever the speed.
const WANTED: &[&str] = &[
    "fire runs",
    "fire paused",
    "fire overlap",
    "fire blackout",
    "shards",
    "chained",
    "retry",
    "promised",
    "ended success",
    "ended failure",
];
