//! Idle connections, kept by the exact address they lead to.
//!
//! An attempt may reuse only a connection that it could have made itself: the key holds the checked address, not only the name,
//! so that one handler's network grant never helps another.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Instant,
};

use hyper::client::conn::http1::SendRequest;
use wasmtab_domain::grant::Scheme;

use super::Body;
use crate::{
    limits::{HTTP_IDLE, HTTP_IDLE_PER_HOST, HTTP_IDLE_TIME},
    sync::lock,
};

/// What makes two connections the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) scheme: Scheme,
    pub(super) host: String,
    pub(super) address: SocketAddr,
}

/// A connection in use. Give it back with [`Connection::release`], or drop it and it is closed.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) sender: SendRequest<Body>,
    pub(super) reused: bool,
    key: Key,
    pool: Arc<Pool>,
}

#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<HashMap<Key, Vec<Idle>>>);

#[derive(Debug)]
struct Idle {
    sender: SendRequest<Body>,
    since: Instant,
}

impl Pool {
    pub(super) fn take(self: &Arc<Self>, key: &Key) -> Option<Connection> {
        let mut idle = lock(&self.0);
        let list = idle.get_mut(key)?;
        let mut found = None;
        while let Some(one) = list.pop() {
            if !one.sender.is_closed() && one.since.elapsed() < HTTP_IDLE_TIME {
                found = Some(one.sender);
                break;
            }
        }
        if list.is_empty() {
            idle.remove(key);
        }
        let sender = found?;
        drop(idle);
        Some(Connection {
            sender,
            reused: true,
            key: key.clone(),
            pool: Arc::clone(self),
        })
    }

    pub(super) fn fresh(self: &Arc<Self>, key: Key, sender: SendRequest<Body>) -> Connection {
        Connection {
            sender,
            reused: false,
            key,
            pool: Arc::clone(self),
        }
    }
}

impl Connection {
    /// Keeps the connection for the next request, once its response has been read to the end.
    pub(super) fn release(self) {
        let mut idle = lock(&self.pool.0);
        let mut total = 0;
        idle.retain(|_, list| {
            list.retain(|one| !one.sender.is_closed() && one.since.elapsed() < HTTP_IDLE_TIME);
            total += list.len();
            !list.is_empty()
        });
        if total >= HTTP_IDLE {
            return;
        }
        let list = idle.entry(self.key).or_default();
        if list.len() < HTTP_IDLE_PER_HOST {
            list.push(Idle {
                sender: self.sender,
                since: Instant::now(),
            });
        }
    }
}
