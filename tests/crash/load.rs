//! What people and programs want meanwhile: starts by hand, and changes of the jobs.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use wasmtab_domain::{ids::JobId, ids::RunId, time::Timestamp};

use crate::{
    books::{self, Books},
    client::Client,
    jobs,
    settings::Settings,
    setup::Jobs,
};

/// Jobs with a schedule for each program that starts others by hand, one start after another.
const JOBS_A_STARTER: u32 = 5;
/// Answers that a key is in use, after which its request is taken for one that nobody will ever answer.
const IN_USE: u32 = 3;

/// Everybody who wants something.
#[derive(Debug)]
pub(crate) struct Load {
    everybody: JoinSet<()>,
    stop: Arc<AtomicBool>,
}

impl Load {
    pub(crate) fn start(settings: &Settings, client: &Client, jobs: &Arc<Jobs>, books: &Arc<Books>) -> Self {
        let stop = Arc::<AtomicBool>::default();
        let mut everybody = JoinSet::new();
        let starters = u64::from(settings.jobs / JOBS_A_STARTER).max(1);
        for number in 0..=starters {
            let somebody = Somebody {
                rng: StdRng::seed_from_u64(settings.seed ^ (number << 32)),
                client: client.clone(),
                jobs: Arc::clone(jobs),
                books: Arc::clone(books),
                stop: Arc::clone(&stop),
            };
            if number == 0 {
                everybody.spawn(somebody.changes());
            } else {
                everybody.spawn(somebody.starts(number));
            }
        }
        Self { everybody, stop }
    }

    /// Lets everybody finish what they are at.
    pub(crate) async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.everybody.join_all().await;
    }
}

struct Somebody {
    rng: StdRng,
    client: Client,
    jobs: Arc<Jobs>,
    books: Arc<Books>,
    stop: Arc<AtomicBool>,
}

impl Somebody {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    /// Starts jobs by hand. A start without an answer is asked for again under its key.
    async fn starts(mut self, number: u64) {
        let mut count = 0_u64;
        while self.goes_on() {
            count += 1;
            let key = format!("{number}-{count}");
            let job = *self.jobs.by_hand.choose(&mut self.rng).expect("there are some");
            self.books.asked.fetch_add(1, Ordering::Relaxed);
            self.start(job, &key).await;
        }
    }

    async fn start(&mut self, job: JobId, key: &str) {
        let path = format!("/jobs/{job}/runs");
        let mut in_use = 0;
        loop {
            let Some(answer) = self.client.ask(Method::POST, &path, Some(key), &json!({})).await else {
                continue;
            };
            match answer.status {
                StatusCode::ACCEPTED | StatusCode::CREATED => {
                    return self.books.promise(id(&answer.body));
                }
                StatusCode::CONFLICT
                    if answer.body["type"]
                        .as_str()
                        .is_some_and(|word| word.ends_with("overlap")) =>
                {
                    return;
                }
                StatusCode::CONFLICT if in_use < IN_USE => in_use += 1,
                StatusCode::CONFLICT => {
                    self.books.given_up.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                status => panic!("a start of job {job} was answered with {status}: {}", answer.body),
            }
        }
    }

    /// Changes jobs, one after another.
    async fn changes(mut self) {
        while self.goes_on() {
            let job = *self.jobs.scheduled.choose(&mut self.rng).expect("there are some");
            match self.rng.random_range(0..10) {
                0..3 => {
                    let said = jobs::edit(self.rng.random_range(0..1_000));
                    self.change(Method::PATCH, job, "", &said).await;
                }
                3..5 => {
                    let until = self.rng.random_bool(0.5).then(|| {
                        let millis = self.rng.random_range(500..4_000);
                        books::now()
                            .plus(std::time::Duration::from_millis(millis))
                            .to_string()
                    });
                    self.change(
                        Method::POST,
                        job,
                        "/pause",
                        &json!({ "until": until, "note": "a trial" }),
                    )
                    .await;
                }
                5..8 => self.resume_some().await,
                8 => {
                    self.change(Method::PATCH, job, "", &json!({"status": "stopped"}))
                        .await;
                }
                _ => {
                    self.change(Method::PATCH, job, "", &json!({"status": "normal"}))
                        .await;
                }
            }
        }
    }

    async fn resume_some(&mut self) {
        for _ in 0..3 {
            let job = *self.jobs.scheduled.choose(&mut self.rng).expect("there are some");
            self.change(Method::POST, job, "/resume", &Value::Null).await;
        }
    }

    async fn change(&mut self, method: Method, job: JobId, what: &str, said: &Value) {
        let from = books::now();
        let answer = self
            .client
            .insist(method, &format!("/jobs/{job}{what}"), said)
            .await;
        self.known(job, from, &answer);
    }

    fn known(&self, job: JobId, from: Timestamp, answer: &crate::client::Answer) {
        self.books.changed(job, from);
        // The end of a pause may have passed before the server heard of it.
        assert!(
            answer.status.is_success()
                || answer.body["detail"]
                    .as_str()
                    .is_some_and(|why| why.starts_with("until:")),
            "a change of job {job} was answered with {}: {}",
            answer.status,
            answer.body
        );
    }
}

fn id(run: &Value) -> RunId {
    run["id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .unwrap_or_else(|| panic!("no run: {run}"))
}
