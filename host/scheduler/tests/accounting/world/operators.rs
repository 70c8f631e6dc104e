//! What people and programs want of a process that lives.

use std::time::Duration;

use rand::{Rng, seq::IndexedRandom};
use serde_json::{Value, json};
use wasmtab_domain::{
    grant::Grants,
    ids::{JobId, RunId},
    interval::Interval,
    job::{Job, read_windows},
    policy::{Backoff, Overlap, RetryPolicy},
    run::{Outcome, RunPolicy},
    status::AttemptStatus,
};
use wasmtab_store::{
    AttemptFilter, BindRequest, Calendar, CalendarStore, HoldRequest, JobFilter, JobStore, JobWrite,
    NewBackfill, NewCall, NewTrigger, PauseRequest, PluginStore, RunFilter, RunStore,
    conformance::World as Words,
};

use super::{World, specs, surroundings::PLUGIN};

/// Jobs that a world has at most at once.
const JOBS: usize = 5;
/// More than a world ever has of anything.
const ALL: u32 = 10_000;

impl World {
    /// Somebody makes a job, unless there are enough.
    pub(crate) async fn create(&mut self) {
        if self.jobs().await.len() < JOBS {
            let now = self.now();
            let said = specs::job(&mut self.rng, now, self.names + 1);
            self.create_as(said).await;
        }
    }

    /// Somebody makes a job that says `said`.
    pub(crate) async fn create_as(&mut self, mut said: Value) {
        self.names += 1;
        said["name"] = json!(format!("job-{}", self.names));
        let write = self.write(Words::spec(said));
        if let Some(up) = self.up() {
            let _ = up.tap.create_job(write).await;
            // What the hint does.
            up.process.plan().await;
        }
    }

    /// Somebody lets a job say something else.
    pub(crate) async fn edit(&mut self) {
        if let Some(job) = self.some_job().await {
            let now = self.now();
            let own = job.spec.name.trim_start_matches("job-").parse().unwrap();
            let said = specs::edit(&mut self.rng, now, own);
            self.edit_as(&job, &said).await;
        }
    }

    pub(crate) async fn edit_as(&mut self, job: &Job, said: &Value) {
        let write = self.write(Words::patched(&job.spec, said));
        if let Some(up) = self.up() {
            let _ = up.tap.update_job(job.id, None, write).await;
            up.process.plan().await;
        }
    }

    /// Somebody pauses a job, for a while or until it is resumed.
    pub(crate) async fn pause(&mut self) {
        let Some(job) = self.some_job().await else { return };
        let until = self.rng.random_bool(0.6).then(|| {
            let secs = self.rng.random_range(1..=200);
            self.now().plus(Duration::from_secs(secs))
        });
        let request = PauseRequest {
            until,
            note: None,
            by: "ops".into(),
            now: self.now(),
        };
        if let Some(up) = self.up() {
            let _ = up.tap.pause_job(job.id, request).await;
            up.process.plan().await;
        }
    }

    /// Somebody resumes a job.
    pub(crate) async fn resume(&mut self) {
        let jobs = self.jobs().await;
        let paused: Vec<_> = jobs.iter().filter(|job| job.pause.is_some()).collect();
        if let Some(job) = paused.choose(&mut self.rng).copied() {
            self.resume_as(job).await;
        }
    }

    pub(crate) async fn resume_as(&mut self, job: &Job) {
        let now = self.now();
        if let Some(up) = self.up() {
            let _ = up.tap.resume_job(job.id, "ops", now).await;
            up.process.plan().await;
        }
    }

    /// Somebody removes a job.
    pub(crate) async fn delete(&mut self) {
        let Some(job) = self.some_job().await else { return };
        let now = self.now();
        if let Some(up) = self.up() {
            let _ = up.tap.delete_job(job.id, "ops", now).await;
        }
    }

    /// Somebody starts a job by hand.
    pub(crate) async fn trigger(&mut self) {
        let Some(job) = self.some_job().await else { return };
        let trigger = NewTrigger {
            job_id: job.id,
            handler_param: None,
            overlap: self.rng.random_bool(0.3).then_some(Overlap::Allow),
            by: "ops".into(),
            now: self.now(),
        };
        if let Some(up) = self.up() {
            let _ = up.tap.trigger(trigger).await;
        }
    }

    /// Somebody starts this job.
    pub(crate) async fn start(&mut self, job_id: JobId) {
        let trigger = NewTrigger {
            job_id,
            handler_param: None,
            overlap: None,
            by: "ops".into(),
            now: self.now(),
        };
        if let Some(up) = self.up() {
            let _ = up.tap.trigger(trigger).await;
        }
    }

    /// Somebody wants instants of the past to run.
    pub(crate) async fn fill_back(&mut self) {
        let Some(job) = self.some_job().await else { return };
        let now = self.now();
        let count = self.rng.random_range(1..=3_u64);
        let backfill = NewBackfill {
            job_id: job.id,
            fires: (1..=count)
                .rev()
                .map(|minutes| now.minus(Duration::from_secs(60 * minutes)))
                .collect(),
            handler_param: None,
            overlap: self.rng.random_bool(0.3).then_some(Overlap::Allow),
            by: "ops".into(),
            now,
        };
        if let Some(up) = self.up() {
            let _ = up.tap.backfill(backfill).await;
        }
    }

    /// Somebody elsewhere reports that work has been done, or has failed.
    pub(crate) async fn complete(&mut self) {
        let filter = AttemptFilter {
            status: Some(AttemptStatus::Running),
            ..AttemptFilter::default()
        };
        let Some(up) = self.up() else { return };
        let going = up.tap.attempts(&filter, None, ALL).await.unwrap().items;
        let parked: Vec<_> = going
            .iter()
            .filter(|row| !self.guests.going().contains(&row.id))
            .collect();
        let Some(row) = parked.choose(&mut self.rng).copied() else {
            return;
        };
        let status = if self.rng.random_bool(0.7) {
            AttemptStatus::Success
        } else {
            AttemptStatus::Failure
        };
        let Some(run) = row.run_id else { return };
        let now = self.now();
        let outcome = Outcome::bare(row.id, run, status, now);
        if let Some(up) = self.up() {
            let _ = up.tap.finish(&[outcome], now).await;
        }
    }

    /// Somebody changes the calendar.
    pub(crate) async fn calendar(&mut self) {
        let now = self.now();
        let calendar = Calendar {
            name: specs::CALENDAR.into(),
            windows: read_windows(&specs::windows(&mut self.rng, now)).unwrap(),
            updated_at: now,
            updated_by: "ops".into(),
        };
        if let Some(up) = self.up() {
            let _ = up.tap.put_calendar(calendar).await;
        }
    }

    /// The first process starts; where handlers are bounded, one is from the beginning.
    pub(crate) async fn begin(&mut self) {
        self.boot().await;
        self.furnish().await;
        self.activate().await;
        self.bind_free().await;
        if self.bounds {
            self.bind(Some(1)).await;
        }
    }

    /// Somebody holds the handler, lets it go, or bounds it; in most worlds nobody ever does.
    pub(crate) async fn handler(&mut self) {
        if self.bounds {
            let most = self.rng.random_bool(0.5).then(|| self.rng.random_range(1..=3));
            match self.rng.random_range(0..3) {
                0 => self.bind(most).await,
                1 => self.hold().await,
                _ => self.let_go().await,
            }
        }
    }

    /// So many attempts of the handler may go on at once.
    pub(crate) async fn bind(&mut self, most: Option<u32>) {
        let request = BindRequest {
            name: specs::HANDLERS[0].into(),
            plugin: PLUGIN.into(),
            version: None,
            grants: Grants::default(),
            secrets: Vec::new(),
            max_concurrency: most,
            expected: None,
            by: "ops".into(),
            now: self.now(),
        };
        if let Some(up) = self.up() {
            let _ = up.tap.bind(request).await;
        }
        self.bury().await;
    }

    /// The handler without bounds answers too, in most worlds.
    async fn bind_free(&mut self) {
        let request = BindRequest {
            name: specs::HANDLERS[1].into(),
            plugin: PLUGIN.into(),
            version: None,
            grants: Grants::default(),
            secrets: Vec::new(),
            max_concurrency: None,
            expected: None,
            by: "ops".into(),
            now: self.now(),
        };
        if let Some(up) = self.up() {
            let _ = up.tap.bind(request).await;
        }
        self.bury().await;
    }

    async fn hold(&mut self) {
        let request = HoldRequest {
            note: None,
            by: "ops".into(),
            now: self.now(),
        };
        if let Some(up) = self.up() {
            let _ = up.tap.hold_handler(specs::HANDLERS[0], request).await;
        }
    }

    /// The handler may run again.
    pub(crate) async fn let_go(&mut self) {
        if let Some(up) = self.up() {
            let _ = up.tap.release_handler(specs::HANDLERS[0]).await;
        }
    }

    /// Somebody plans a call.
    pub(crate) async fn call(&mut self) {
        let secs = self.rng.random_range(0..=120_u64).saturating_sub(60);
        let call = NewCall {
            handler_name: specs::HANDLERS[1].into(),
            handler_param: None,
            at: self.now().plus(Duration::from_secs(secs)),
            policy: RunPolicy {
                retry: RetryPolicy {
                    retry_count: self.rng.random_range(0..=2),
                    retry_interval: Interval::from_secs(5),
                    retry_backoff: Backoff::Fixed,
                    ..RetryPolicy::default()
                },
                priority: self.rng.random_range(-1..=1),
                ..RunPolicy::from(&Words::spec(json!({})))
            },
            by: "ops".into(),
            now: self.now(),
        };
        if let Some(up) = self.up() {
            let _ = up.tap.call(call).await;
        }
    }

    /// Somebody wants one of the newest runs to end.
    pub(crate) async fn cancel(&mut self) {
        let runs = self.newest_runs(12).await;
        let Some(run) = runs.choose(&mut self.rng).copied() else {
            return;
        };
        let now = self.now();
        if let Some(up) = self.up() {
            let _ = up.tap.cancel_run(run, "ops", now).await;
        }
    }

    pub(crate) async fn jobs(&mut self) -> Vec<Job> {
        match self.up() {
            Some(up) => up.tap.jobs(&JobFilter::default(), None, ALL).await.unwrap().items,
            None => Vec::new(),
        }
    }

    async fn some_job(&mut self) -> Option<Job> {
        let jobs = self.jobs().await;
        jobs.choose(&mut self.rng).cloned()
    }

    pub(super) async fn active_runs(&mut self) -> Vec<RunId> {
        let Some(up) = self.up() else { return Vec::new() };
        let filter = RunFilter {
            active: Some(true),
            ..RunFilter::default()
        };
        let page = up.tap.runs(&filter, None, ALL).await.unwrap();
        page.items.into_iter().map(|run| run.id).collect()
    }

    pub(super) async fn newest_runs(&mut self, limit: u32) -> Vec<RunId> {
        let Some(up) = self.up() else { return Vec::new() };
        let page = up.tap.runs(&RunFilter::default(), None, limit).await.unwrap();
        page.items.into_iter().map(|run| run.id).collect()
    }

    fn write(&self, spec: wasmtab_domain::job::JobSpec) -> JobWrite {
        JobWrite {
            source: None,
            spec,
            by: "ann".into(),
            now: self.now(),
        }
    }
}
