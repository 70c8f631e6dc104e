//! The HTTP API's client: replies are JSON values, refusals are failures that say what the server said.

mod events;
mod list;
mod lookup;
mod problem;
mod request;
mod wait;

use std::time::Duration;

use reqwest::{
    Method, Url,
    header::{self, HeaderMap, HeaderValue},
};
use wasmtab_cron::Lang;

pub(crate) use self::{
    events::{Events, ServerEvent},
    lookup::{job_id, job_of},
    request::{Reply, Request},
    wait::{WaitArgs, is_ended, outcome, wait_for_run},
};
use crate::{exit::Failure, input::lang, output::cell};

/// A connection is there within this, or nobody listens.
const CONNECT: Duration = Duration::from_secs(10);
/// A server that is ready says so at once.
const READY: Duration = Duration::from_secs(4);

/// Where the server is, and as whom it is asked.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    token: Option<String>,
}

impl Client {
    /// A client of the server at `server`.
    pub(crate) fn new(server: &str, token: Option<&str>) -> Result<Self, Failure> {
        let refuse = |reason: &str| {
            Failure::usage(format!(
                "--server: `{server}` {reason}, like http://127.0.0.1:7320"
            ))
        };
        let base = Url::parse(server).map_err(|error| refuse(&format!("is not a URL ({error})")))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(refuse("is not an http or https URL"));
        }
        // Descriptions of schedules come in the reader's language.
        let language = match lang::of_environment() {
            Lang::Zh => HeaderValue::from_static("zh"),
            Lang::En => HeaderValue::from_static("en"),
        };
        let mut builder = reqwest::Client::builder()
            .default_headers(HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, language)]))
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("wasmtab/", env!("CARGO_PKG_VERSION")));
        if is_loopback(&base) {
            // A proxy of the environment would look for itself there.
            builder = builder.no_proxy();
        }
        if base.scheme() == "http" {
            // Nobody's certificate is looked at: that a machine knows no authorities is no matter.
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(|error| {
            Failure::from(anyhow::Error::new(error).context("no HTTP client")).with(
                "https needs the authorities that the system trusts: on Debian the package ca-certificates",
            )
        })?;
        let token = token
            .map(str::trim)
            .filter(|token| !token.is_empty())
            .map(str::to_owned);
        Ok(Self { http, base, token })
    }

    /// A request to `/api/v1/` and these segments; they may hold any character.
    pub(crate) fn request(&self, method: Method, path: &[&str]) -> Request<'_> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1"]).extend(path);
        }
        Request::new(self, method, url)
    }

    /// `GET`.
    pub(crate) fn get(&self, path: &[&str]) -> Request<'_> {
        self.request(Method::GET, path)
    }

    /// How the server is, by its own word at `/readyz`.
    pub(crate) async fn ready(&self) -> Result<String, Failure> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("readyz");
        }
        let request = Request::new(self, Method::GET, url).within(READY);
        let body = request.send().await?.body;
        Ok(cell::text(&body, "/status"))
    }

    /// `POST`.
    pub(crate) fn post(&self, path: &[&str]) -> Request<'_> {
        self.request(Method::POST, path)
    }

    /// `PUT`.
    pub(crate) fn put(&self, path: &[&str]) -> Request<'_> {
        self.request(Method::PUT, path)
    }

    /// `PATCH`.
    pub(crate) fn patch(&self, path: &[&str]) -> Request<'_> {
        self.request(Method::PATCH, path)
    }

    /// `DELETE`.
    pub(crate) fn delete(&self, path: &[&str]) -> Request<'_> {
        self.request(Method::DELETE, path)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    #[test]
    fn only_a_url_of_the_web_is_a_server() {
        for server in ["", "localhost:7320", "ftp://example.com", "http://"] {
            assert_eq!(
                Client::new(server, None).unwrap_err().exit,
                Exit::Usage,
                "{server}"
            );
        }
    }

    #[test]
    fn a_proxy_is_not_asked_for_this_machine() {
        for (url, loopback) in [
            ("http://127.0.0.1:7320", true),
            ("http://localhost", true),
            ("http://[::1]:1", true),
            ("http://10.0.0.1", false),
            ("https://example.com", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), loopback, "{url}");
        }
    }
}
