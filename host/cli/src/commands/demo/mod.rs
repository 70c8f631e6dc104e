//! `wasmtab demo`: a server on a scratch directory with the sample handlers and the seed's jobs, firing.

mod advice;
mod follow;
mod scratch;
mod setup;

use std::{net::SocketAddr, time::Duration};

use clap::Args;
use wasmtab_domain::retention::Retention;
use wasmtab_store_postgres::Schema;

use self::scratch::Scratch;
use crate::{
    client::Client,
    exit::Failure,
    output,
    serve::{self, Options},
};

/// Nothing of a demo is worth a longer wait.
const DRAIN: Duration = Duration::from_secs(2);

#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// Where the API listens [default: a free port of 127.0.0.1]
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:0",
        hide_default_value = true
    )]
    listen: SocketAddr,
}

impl DemoArgs {
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let scratch = Scratch::new()?;
        let token = token()?;
        let server = serve::start(self.server(&scratch, &token)).await?;
        let url = format!("http://{}", reachable(server.address));
        let ended = tokio::select! {
            ended = demonstrate(&url, &token, &scratch) => ended,
            stopped = serve::stop_signal() => stopped,
        };
        serve::leave(server, DRAIN).await?;
        ended
    }

    fn server(&self, scratch: &Scratch, token: &str) -> Options {
        Options {
            database_url: None,
            database_schema: Schema::default(),
            data_dir: scratch.data_dir(),
            listen: self.listen,
            workers: None,
            concurrency: None,
            timezone: None,
            retention: Retention::all(Duration::from_hours(24)),
            admin_token: Some(token.to_owned()),
            guard_metrics: false,
        }
    }
}

async fn demonstrate(url: &str, token: &str, scratch: &Scratch) -> Result<(), Failure> {
    let client = Client::new(url, Some(token))?;
    setup::all(&client, url, token, scratch).await?;
    output::write(&advice::advice(url, token, scratch.path(), &setup::seed_names()))?;
    follow::follow(&client).await
}

/// An administrator's token that nobody can guess.
fn token() -> Result<String, Failure> {
    let mut noise = [0_u8; 16];
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(&mut noise)
        .map_err(|_| Failure::own("the system gives no random numbers"))?;
    Ok(format!("{:032x}", u128::from_ne_bytes(noise)))
}

/// An address that a client on this machine can connect to.
const fn reachable(address: SocketAddr) -> SocketAddr {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => {
            SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
        }
        IpAddr::V6(ip) if ip.is_unspecified() => {
            SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), address.port())
        }
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_address_is_reached_by_loopback() {
        let of = |text: &str| reachable(text.parse().unwrap()).to_string();
        assert_eq!(of("0.0.0.0:80"), "127.0.0.1:80");
        assert_eq!(of("[::]:80"), "[::1]:80");
        assert_eq!(of("127.0.0.1:7320"), "127.0.0.1:7320");
    }

    #[test]
    fn tokens_differ() {
        assert_ne!(token().unwrap(), token().unwrap());
    }
}
