//! One server for one test.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use prometheus_client::registry::Registry;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use wasmtab_domain::{
    completion::CompletionKey,
    digest::Digest,
    plugin::{Description, PluginKind, VersionFacts},
    time::{Clock, Timestamp},
};
use wasmtab_runtime::LiveLogs;
use wasmtab_server::{Options, router};
use wasmtab_service::{InspectError, Inspector, Metrics, Service, ServiceConfig};
use wasmtab_store_sqlite::SqliteStore;

use crate::contract::check;

/// The administrator's token.
pub(crate) const ADMIN: &str = "the-administrators-token";
/// Bytes that an upload may have here.
pub(crate) const MAX_UPLOAD: usize = 1_000;

/// 2026-03-02T00:00:00Z, a Monday.
const BEGIN: i64 = 1_772_409_600;

/// A server, and whoever is its administrator.
pub(crate) struct Api {
    pub(crate) router: Router,
    pub(crate) service: Arc<Service>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) closing: CancellationToken,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) live: Arc<LiveLogs>,
    pub(crate) token: String,
    _directory: TempDir,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

#[derive(Debug)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn advance(&self, secs: i64) {
        self.0.fetch_add(secs * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// Takes files that begin with `\0asm`; one that says `mute` does not describe itself.
#[derive(Debug)]
struct FakeInspector;

#[async_trait]
impl Inspector for FakeInspector {
    async fn inspect(&self, original: Bytes) -> Result<VersionFacts, InspectError> {
        if !original.starts_with(b"\0asm") {
            return Err(InspectError::Refused {
                kind: "notWasm".into(),
                detail: "this is not a WebAssembly file".into(),
            });
        }
        Ok(VersionFacts {
            digest: Digest(Sha256::digest(&original).into()).to_string(),
            size: original.len() as u64,
            kind: PluginKind::Handler,
            imports: vec!["wasmtab:job/state@1.0.0".into()],
            exports: vec!["wasmtab:job/handler@1.0.0".into()],
            capabilities: vec!["state".into()],
        })
    }

    async fn describe(&self, _: &str, original: Bytes) -> Result<Description, InspectError> {
        if original.ends_with(b"mute") {
            return Err(InspectError::Refused {
                kind: "describe".into(),
                detail: "it ended with trap".into(),
            });
        }
        Ok(Description {
            name: "Echo".into(),
            summary: "Says it again".into(),
            parameter_schema: None,
            suggested_handler_name: "EchoHandler".into(),
        })
    }
}

impl Api {
    /// A server on an empty database, asked by its administrator.
    pub(crate) async fn new() -> Self {
        Self::with(Some(ADMIN)).await
    }

    /// A server on an empty database.
    pub(crate) async fn with(admin_token: Option<&str>) -> Self {
        Self::set_up(admin_token, false).await
    }

    /// The same, which may ask for a token at `/metrics`.
    pub(crate) async fn set_up(admin_token: Option<&str>, guard_metrics: bool) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(
            SqliteStore::open(&directory.path().join("test.db"))
                .await
                .unwrap(),
        );
        let clock = Arc::new(TestClock(AtomicI64::new(BEGIN * 1_000_000)));
        let live = Arc::new(LiveLogs::default());
        let config = ServiceConfig {
            max_upload: MAX_UPLOAD,
            admin_token: admin_token.map(str::to_owned),
            live: Arc::clone(&live),
            ..ServiceConfig::new(CompletionKey::new([7; 32]))
        };
        let service = Arc::new(Service::new(
            store.clone(),
            Arc::new(FakeInspector),
            clock.clone(),
            config,
        ));
        let closing = CancellationToken::new();
        let metrics = Arc::new(Metrics::new(Registry::default(), store.clone(), clock.clone()));
        let router = router(
            Arc::clone(&service),
            Options {
                closing: closing.clone(),
                metrics: Some(metrics),
                guard_metrics,
            },
        );
        Self {
            router,
            service,
            clock,
            closing,
            store,
            live,
            token: ADMIN.into(),
            _directory: directory,
        }
    }

    /// The same server asked by somebody with this role.
    pub(crate) async fn as_role(&mut self, role: &str) {
        let body = serde_json::json!({ "name": role, "role": role });
        self.token = self.post("/tokens", &body).await.json()["token"]
            .as_str()
            .unwrap()
            .to_owned();
    }

    /// A request to be sent.
    pub(crate) fn request(&self, method: Method, path: &str) -> Call<'_> {
        let builder = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        Call {
            api: self,
            builder,
            body: Body::empty(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path).send().await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::POST, path).json(body).send().await
    }

    pub(crate) async fn delete(&self, path: &str, etag: &str) -> Answer {
        self.request(Method::DELETE, path)
            .header("if-match", etag)
            .send()
            .await
    }

    pub(crate) async fn push(&self, path: &str, file: &'static [u8]) -> Answer {
        self.request(Method::POST, path)
            .header("content-type", "application/wasm")
            .body(file)
            .send()
            .await
    }

    /// A job called `name`, that `extra` says more of.
    pub(crate) async fn job(&self, name: &str, extra: &[(&str, Value)]) -> Value {
        let mut job =
            serde_json::json!({ "name": name, "handlerName": "EchoHandler", "cronExpression": "0 2 * * *" });
        for (field, value) in extra {
            job[*field] = value.clone();
        }
        self.post("/jobs", &job).await.expect(StatusCode::CREATED)
    }

    /// Asks, and holds what was asked and answered to the OpenAPI document.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (asked, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let request = Request::from_parts(asked.clone(), Body::from(body.clone()));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, answer) = response.into_parts();
        let bytes = answer.collect().await.unwrap().to_bytes();
        check((&asked, &body), (&parts, &bytes));
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text,
        }
    }
}

/// A request that is being put together.
pub(crate) struct Call<'a> {
    api: &'a Api,
    builder: axum::http::request::Builder,
    body: Body,
}

impl Call<'_> {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(body.to_string())
    }

    pub(crate) async fn send(self) -> Answer {
        self.api.send(self.builder.body(self.body).unwrap()).await
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The body of an answer that has this status.
    #[track_caller]
    pub(crate) fn expect(self, status: StatusCode) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }

    /// A refusal of this status and kind.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, word: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(
            problem["type"],
            format!("urn:wasmtab:problem:{word}"),
            "{problem}"
        );
        assert_eq!(problem["status"], status);
        assert_eq!(problem["requestId"], self.header("x-request-id"));
        problem
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
