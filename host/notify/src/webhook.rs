//! Messages as HTTP requests.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use reqwest::{StatusCode, header, redirect};
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;
use wasmtab_domain::{alert, time::Timestamp};
use wasmtab_store::TakenDelivery;

use crate::courier::{Courier, Refused};

/// A connection is there within this, or nobody listens.
const CONNECT: Duration = Duration::from_secs(5);
/// The whole exchange takes no longer.
const EXCHANGE: Duration = Duration::from_secs(10);
/// Bytes of a refusal's body that are kept as its reason.
const REASON_BYTES: usize = 500;

const DELIVERY: &str = "x-wasmtab-delivery";
const SIGNATURE: &str = "x-wasmtab-signature";

/// Sends each message as a `POST` of its JSON. Redirects are not followed and no proxy is used: a message goes where an
/// administrator said, or nowhere.
#[derive(Debug)]
pub struct Webhook {
    http: reqwest::Client,
}

/// Why there is no client.
#[derive(Debug, Error)]
pub enum WebhookError {
    /// TLS cannot be set up.
    #[error("TLS for webhooks: {0}")]
    Tls(#[from] rustls::Error),
    /// The client cannot be built.
    #[error("the client for webhooks: {0}")]
    Client(#[from] reqwest::Error),
}

impl Webhook {
    /// A client that trusts the roots that guests' requests trust too.
    pub fn new() -> Result<Self, WebhookError> {
        Self::with_patience(EXCHANGE)
    }

    fn with_patience(patience: Duration) -> Result<Self, WebhookError> {
        let roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.into(),
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(patience)
            .user_agent(concat!("wasmtab/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { http })
    }
}

#[async_trait]
impl Courier for Webhook {
    async fn deliver(&self, delivery: &TakenDelivery, now: Timestamp) -> Result<u16, Refused> {
        let mut request = self
            .http
            .post(&delivery.channel.url)
            .header(header::CONTENT_TYPE, "application/json")
            .header(DELIVERY, delivery.id.to_string());
        if let Some(secret) = &delivery.channel.secret {
            request = request.header(SIGNATURE, alert::sign(secret, now, delivery.body.as_bytes()));
        }
        let response = request
            .body(delivery.body.clone())
            .send()
            .await
            .map_err(|error| Refused {
                answer: None,
                reason: reason(error),
            })?;
        let status = response.status();
        if status.is_success() {
            return Ok(status.as_u16());
        }
        Err(Refused {
            answer: Some(status.as_u16()),
            reason: refusal(status, response).await,
        })
    }
}

/// What the other side said beside its status.
async fn refusal(status: StatusCode, mut response: reqwest::Response) -> String {
    if status.is_redirection() {
        return format!("status {status}: redirects are not followed");
    }
    let mut said = Vec::new();
    while said.len() < REASON_BYTES {
        // The status is the reason; a body that breaks off adds nothing.
        let Ok(Some(chunk)) = response.chunk().await else {
            break;
        };
        said.extend_from_slice(&chunk);
    }
    said.truncate(REASON_BYTES);
    let said = String::from_utf8_lossy(&said);
    let said: String = said
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    match said.trim() {
        "" => format!("status {status}"),
        said => format!("status {status}: {said}"),
    }
}

/// The innermost cause says what happened. The address may be a secret itself, so it is left out.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    if error.is_timeout() {
        return if error.is_connect() {
            "no connection came about in time".into()
        } else {
            "no answer came in time".into()
        };
    }
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let what = if error.is_connect() {
        "no connection"
    } else if error.is_builder() {
        "the address cannot be asked"
    } else {
        "the exchange broke off"
    };
    format!("{what}: {cause}")
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
        task::JoinHandle,
    };
    use wasmtab_store::Channel;

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_772_409_600);

    fn to(url: &str, secret: Option<&str>) -> TakenDelivery {
        TakenDelivery {
            id: 42,
            channel: Channel {
                name: "ops".into(),
                url: url.into(),
                secret: secret.map(str::to_owned),
                enabled: true,
                updated_at: NOW,
                updated_by: "ann".into(),
            },
            body: r#"{"a":1}"#.into(),
            tries: 1,
            is_test: false,
        }
    }

    /// A server that answers one request so; what it was sent comes back.
    async fn answering(answer: &'static str) -> (String, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?key=hunter2", listener.local_addr().unwrap());
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut said = Vec::new();
            while !said.ends_with(br#"{"a":1}"#) {
                let read = stream.read_buf(&mut said).await.unwrap();
                assert_ne!(read, 0, "the request broke off");
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(said).unwrap()
        });
        (url, served)
    }

    async fn deliver(delivery: &TakenDelivery) -> Result<u16, Refused> {
        Webhook::new().unwrap().deliver(delivery, NOW).await
    }

    #[tokio::test]
    async fn a_message_is_posted_with_its_id_and_signature() {
        let (url, served) = answering("HTTP/1.1 204 No Content\r\n\r\n").await;
        assert_eq!(deliver(&to(&url, Some("s3cret"))).await, Ok(204));
        let said = served.await.unwrap();
        assert!(said.starts_with("POST /hook?key=hunter2 HTTP/1.1\r\n"), "{said}");
        for header in [
            "content-type: application/json\r\n",
            "x-wasmtab-delivery: 42\r\n",
            // `printf '1772409600.{"a":1}' | openssl dgst -sha256 -hmac s3cret`
            "x-wasmtab-signature: t=1772409600,v1=69dd7971a14e3e155fc9986526ebd7bce3264d54ffadc6c981291a8981f0c105\r\n",
        ] {
            assert!(said.contains(header), "{header} is not in {said}");
        }
    }

    #[tokio::test]
    async fn without_a_secret_nothing_is_signed() {
        let (url, served) = answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
        assert_eq!(deliver(&to(&url, None)).await, Ok(200));
        assert!(!served.await.unwrap().contains("signature"));
    }

    #[tokio::test]
    async fn a_refusal_is_told_with_what_was_said() {
        let (url, _) = answering("HTTP/1.1 503 Busy\r\ncontent-length: 9\r\n\r\nnot\x1bnow\r\n").await;
        let refused = deliver(&to(&url, None)).await.unwrap_err();
        assert_eq!(refused.answer, Some(503));
        assert_eq!(refused.reason, "status 503 Service Unavailable: not now");
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let (url, _) =
            answering("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n")
                .await;
        let refused = deliver(&to(&url, None)).await.unwrap_err();
        assert_eq!(refused.answer, Some(302));
        assert!(refused.reason.contains("not followed"), "{}", refused.reason);
    }

    #[tokio::test]
    async fn a_server_that_does_not_answer_is_left_after_a_while() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?key=hunter2", listener.local_addr().unwrap());
        let webhook = Webhook::with_patience(Duration::from_millis(50)).unwrap();
        let refused = webhook.deliver(&to(&url, None), NOW).await.unwrap_err();
        assert_eq!(
            (refused.answer, refused.reason.as_str()),
            (None, "no answer came in time")
        );
    }

    #[tokio::test]
    async fn where_nobody_listens_the_reason_keeps_the_address_to_itself() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?key=hunter2", listener.local_addr().unwrap());
        drop(listener);
        let refused = deliver(&to(&url, None)).await.unwrap_err();
        assert!(
            refused.reason.starts_with("no connection: "),
            "{}",
            refused.reason
        );
        assert!(!refused.reason.contains("hunter2"), "{}", refused.reason);
        let refused = deliver(&to("http://[broken", None)).await.unwrap_err();
        assert!(refused.reason.starts_with("the address"), "{}", refused.reason);
    }
}
