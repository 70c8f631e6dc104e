//! Whoever talks to the server: it may be away, and come back somewhere else.

use std::{sync::Arc, time::Duration};

use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::sync::watch;

use crate::{books::Books, server::TOKEN};

/// A server that lives answers by then, however slow the machine is.
const PATIENCE: Duration = Duration::from_mins(2);

/// One of those who talk to it.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    /// Where it is; none while nobody knows.
    at: watch::Receiver<Option<String>>,
    books: Arc<Books>,
}

/// An answer: what the request was answered with, whatever that was.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub body: Value,
}

impl Client {
    pub(crate) fn new(at: watch::Receiver<Option<String>>, books: Arc<Books>) -> Self {
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            // Each request finds out anew whether the server takes connections.
            .pool_max_idle_per_host(0)
            .no_proxy()
            .build()
            .expect("a client for plain HTTP");
        Self { http, at, books }
    }

    /// Asks once. None where no answer came, or where the server could not.
    pub(crate) async fn ask(
        &mut self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> Option<Answer> {
        let url = self.at.wait_for(Option::is_some).await.ok()?.clone()?;
        let mut request = self
            .http
            .request(method, format!("{url}/api/v1{path}"))
            .bearer_auth(TOKEN)
            // Whoever asks again cannot know whether the first request was heard.
            .header("if-match", "*")
            .json(body);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let answer = async {
            let response = request.send().await.ok()?;
            let status = response.status();
            let body = response.bytes().await.ok()?;
            (!status.is_server_error()).then(|| Answer {
                status,
                body: serde_json::from_slice(&body).unwrap_or_default(),
            })
        }
        .await;
        if answer.is_none() {
            self.books.fail();
            // Whoever gets no answer has no reason to hurry.
            tokio::task::yield_now().await;
        }
        answer
    }

    /// Asks until there is an answer.
    pub(crate) async fn insist(&mut self, method: Method, path: &str, body: &Value) -> Answer {
        loop {
            if let Some(answer) = self.ask(method.clone(), path, None, body).await {
                return answer;
            }
        }
    }
}
