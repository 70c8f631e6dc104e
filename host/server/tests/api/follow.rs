use axum::{
    body::Body,
    http::{Method, Request, header},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use wasmtab_domain::{
    ids::{AttemptId, BootId, RunId},
    run::{Claim, Outcome},
    status::AttemptStatus,
    time::Clock as _,
};
use wasmtab_runtime::{LiveAttempt, LiveEntry, LiveLog, LogLevel};
use wasmtab_store::{ClaimRequest, RunStore as _};

use crate::harness::{ADMIN, Api};

/// A stream of events that is read bit by bit.
struct Stream {
    body: Body,
    received: String,
}

impl Stream {
    async fn open(api: &Api, run: &str, query: &str, last_event_id: Option<&str>) -> Self {
        let uri = format!("/api/v1/runs/{run}/logs?{query}");
        let mut request = Request::get(uri).header(header::AUTHORIZATION, format!("Bearer {ADMIN}"));
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = api.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        Self {
            body: response.into_body(),
            received: String::new(),
        }
    }

    /// The next event: its id, its name, its data.
    async fn next(&mut self) -> Option<(String, String, Value)> {
        while !self.received.contains("\n\n") {
            let frame = self.body.frame().await?.unwrap();
            self.received
                .push_str(&String::from_utf8_lossy(frame.data_ref().unwrap()));
        }
        let (block, rest) = self.received.split_once("\n\n").unwrap();
        let field = |name: &str| {
            let value = block.lines().find_map(|line| line.strip_prefix(name));
            value
                .unwrap_or_else(|| panic!("{name} in {block}"))
                .trim()
                .to_owned()
        };
        let event = (
            field("id:"),
            field("event:"),
            serde_json::from_str(&field("data:")).unwrap(),
        );
        self.received = rest.to_owned();
        Some(event)
    }

    /// The same in a word.
    async fn shown(&mut self) -> String {
        let Some((id, name, data)) = self.next().await else {
            return "end".into();
        };
        match name.as_str() {
            "line" => format!("{id} {}", data["message"].as_str().unwrap()),
            "attempt" => format!("{id} attempt {}", data["attempt"]),
            "cut" => format!("{id} cut {}", data["lines"]),
            _ => format!("{id} {name} {}", data["status"].as_str().unwrap()),
        }
    }

    async fn all(mut self) -> Vec<String> {
        let mut all = Vec::new();
        loop {
            let event = self.shown().await;
            if event == "end" {
                return all;
            }
            all.push(event);
        }
    }
}

/// A run whose attempts the test itself carries out.
struct Running<'a> {
    api: &'a Api,
    run: String,
    claim: Claim,
    log: LiveLog,
    entry: Option<LiveEntry>,
}

impl<'a> Running<'a> {
    async fn start(api: &'a Api, job: &[(&str, Value)]) -> Self {
        let job = api.job("nightly", job).await;
        let run = api
            .post(&format!("/jobs/{}/runs", job["id"]), &json!({}))
            .await
            .json();
        let (claim, log, entry) = Self::attempt(api).await;
        Self {
            api,
            run: run["id"].as_str().unwrap().to_owned(),
            claim,
            log,
            entry: Some(entry),
        }
    }

    async fn attempt(api: &Api) -> (Claim, LiveLog, LiveEntry) {
        let request = ClaimRequest {
            boot_id: BootId(1),
            node: "node".into(),
            now: api.clock.now(),
            limit: 1,
            by_age: 0,
        };
        let claim = api.store.claim_due(&request).await.unwrap().claims.remove(0);
        let log = LiveLog::new();
        let live = LiveAttempt {
            attempt_id: claim.attempt_id,
            execute_index: claim.execute_index,
            log: log.clone(),
        };
        let entry = api.live.enter(claim.run_id, live);
        (claim, log, entry)
    }

    fn write(&self, message: &str) {
        self.log.push(self.api.clock.now(), LogLevel::Info, "", message);
    }

    /// Ends the attempt as the executor and the journal do.
    async fn end(&mut self, status: AttemptStatus) {
        let (attempt, run): (AttemptId, RunId) = (self.claim.attempt_id, self.claim.run_id);
        let outcome = Outcome {
            log: self.log.end().into(),
            ..Outcome::bare(attempt, run, status, self.api.clock.now())
        };
        self.entry = None;
        let now = self.api.clock.now();
        self.api.store.finish(&[outcome], now).await.unwrap();
    }

    async fn next_attempt(&mut self) {
        let (claim, log, entry) = Self::attempt(self.api).await;
        (self.claim, self.log, self.entry) = (claim, log, Some(entry));
    }
}

#[tokio::test]
async fn lines_come_as_they_are_written_and_the_end_with_the_run() {
    let api = Api::new().await;
    let mut running = Running::start(&api, &[]).await;
    running.write("first");
    let mut stream = Stream::open(&api, &running.run, "follow=true", None).await;
    assert_eq!(stream.shown().await, "1-0 attempt 1");
    let (id, name, line) = stream.next().await.unwrap();
    assert_eq!((id.as_str(), name.as_str()), ("1-1", "line"));
    assert_eq!(
        line,
        json!({ "attempt": 1, "number": 0, "at": "2026-03-02T00:00:00Z", "level": "info", "target": "", "message": "first" })
    );
    let (shown, ()) = tokio::join!(stream.shown(), async { running.write("second\nand more") });
    assert_eq!(shown, "1-3 second\nand more");
    running.write("third");
    running.end(AttemptStatus::Success).await;
    assert_eq!(
        stream.all().await,
        ["1-4 third", "2-0 attempt.ended success", "2-0 run.ended success"]
    );
}

#[tokio::test]
async fn a_reader_that_was_cut_off_misses_and_repeats_nothing() {
    let api = Api::new().await;
    let mut running = Running::start(&api, &[]).await;
    for message in ["a", "b", "c"] {
        running.write(message);
    }
    let mut stream = Stream::open(&api, &running.run, "follow=true", None).await;
    for expected in ["1-0 attempt 1", "1-1 a", "1-2 b"] {
        assert_eq!(stream.shown().await, expected);
    }
    drop(stream);
    running.write("d");
    let mut again = Stream::open(&api, &running.run, "follow=true", Some("1-2")).await;
    for expected in ["1-2 attempt 1", "1-3 c", "1-4 d"] {
        assert_eq!(again.shown().await, expected);
    }
    drop(again);
    running.write("e");
    running.end(AttemptStatus::Success).await;
    // The attempt is over, and what it wrote lies in the database under the same numbers.
    let last = Stream::open(&api, &running.run, "follow=true&after=1-4", None).await;
    assert_eq!(
        last.all().await,
        [
            "1-4 attempt 1",
            "1-5 e",
            "2-0 attempt.ended success",
            "2-0 run.ended success"
        ]
    );
    let nothing = Stream::open(&api, &running.run, "follow=true", Some("2-0")).await;
    assert_eq!(nothing.all().await, ["2-0 run.ended success"]);
}

#[tokio::test]
async fn retries_are_read_on_into() {
    let api = Api::new().await;
    let retry = [("retryCount", json!(1)), ("retryInterval", json!(0))];
    let mut running = Running::start(&api, &retry).await;
    let mut stream = Stream::open(&api, &running.run, "follow=true", None).await;
    let alone = Stream::open(&api, &running.run, "follow=true&attempt=1", None).await;
    running.write("try");
    running.end(AttemptStatus::Failure).await;
    assert_eq!(
        alone.all().await,
        ["1-0 attempt 1", "1-1 try", "2-0 attempt.ended failure"]
    );
    for expected in ["1-0 attempt 1", "1-1 try", "2-0 attempt.ended failure"] {
        assert_eq!(stream.shown().await, expected);
    }
    running.next_attempt().await;
    assert_eq!(stream.shown().await, "2-0 attempt 2");
    running.write("again");
    assert_eq!(stream.shown().await, "2-1 again");
    running.end(AttemptStatus::Success).await;
    assert_eq!(
        stream.all().await,
        ["3-0 attempt.ended success", "3-0 run.ended success"]
    );
    let text = Stream::open(&api, &running.run, "follow=true&format=text", None).await;
    let text = text.body.collect().await.unwrap().to_bytes();
    assert_eq!(
        text,
        "2026-03-02T00:00:00Z info  try\n[attempt 2]\n2026-03-02T00:00:00Z info  again\n"
    );
}

#[tokio::test]
async fn what_a_flood_loses_is_counted() {
    let api = Api::new().await;
    let mut running = Running::start(&api, &[]).await;
    for number in 0..12_000 {
        running.write(&number.to_string());
    }
    let mut stream = Stream::open(&api, &running.run, "follow=true", Some("1-2499")).await;
    for expected in [
        "1-2499 attempt 1",
        "1-2500 2499",
        "1-4500 cut 2000",
        "1-4501 4500",
    ] {
        assert_eq!(stream.shown().await, expected);
    }
    running.end(AttemptStatus::Success).await;
    let kept = Stream::open(&api, &running.run, "follow=true", Some("1-3000")).await;
    let all = kept.all().await;
    assert_eq!(all[..3], ["1-3000 attempt 1", "1-4500 cut 1500", "1-4501 4500"]);
    assert_eq!(all.len(), 2 + 7_500 + 2);
}

#[tokio::test]
async fn a_log_that_is_being_written_can_be_looked_at() {
    let api = Api::new().await;
    let running = Running::start(&api, &[]).await;
    running.write("so far");
    let path = format!("/runs/{}/logs", running.run);
    let log = api.get(&path).await.json();
    assert_eq!(
        (&log["status"], &log["lines"][0]["message"]),
        (&json!("claimed"), &json!("so far"))
    );
    let text = api.request(Method::GET, &path).header("accept", "text/plain");
    assert_eq!(text.send().await.text, "2026-03-02T00:00:00Z info  so far\n");
}

#[tokio::test]
async fn a_stream_ends_with_the_server_and_bad_places_are_named() {
    let api = Api::new().await;
    let running = Running::start(&api, &[]).await;
    let stream = Stream::open(&api, &running.run, "follow=true", None).await;
    api.closing.cancel();
    assert_eq!(stream.all().await, [] as [&str; 0]);
    let path = format!("/runs/{}/logs?follow=true", running.run);
    for wrong in ["&after=x", "&attempt=0", "&format=json"] {
        api.get(&format!("{path}{wrong}")).await.problem(422, "invalid");
    }
    let header = api.request(Method::GET, &path).header("last-event-id", "0-1");
    header.send().await.problem(422, "invalid");
    api.get("/runs/1/logs?follow=true")
        .await
        .problem(404, "not-found");
}
