//! Somebody who is told: a small HTTP server on this machine.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU16, Ordering},
    },
    thread,
};

use serde_json::Value;

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Came {
    /// In lower case, `name: value`.
    headers: Vec<String>,
    /// What it said.
    pub(crate) text: String,
}

impl Came {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find_map(|header| header.strip_prefix(name)?.strip_prefix(": "))
    }

    /// What it said, as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

/// Listens until the test ends, and answers every request with the same status.
#[derive(Clone, Debug)]
pub(crate) struct Hook {
    address: SocketAddr,
    came: Arc<Mutex<Vec<Came>>>,
    answer: Arc<AtomicU16>,
}

impl Hook {
    /// On a free port.
    pub(crate) fn new() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").expect("a free port"))
    }

    /// On this port, that was free a moment ago.
    pub(crate) fn on(listener: TcpListener) -> Self {
        let hook = Self {
            address: listener.local_addr().expect("it listens somewhere"),
            came: Arc::default(),
            answer: Arc::new(AtomicU16::new(204)),
        };
        let (came, answer) = (Arc::clone(&hook.came), Arc::clone(&hook.answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let Some(request) = read(&stream) else { continue };
                // It is known before it is answered: whoever hears the answer finds it.
                came.lock().unwrap_or_else(PoisonError::into_inner).push(request);
                let status = answer.load(Ordering::SeqCst);
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
            }
        });
        hook
    }

    /// Its address, without a path.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its address, with a path.
    pub(crate) fn url(&self) -> String {
        format!("{}/hook", self.origin())
    }

    /// Answers with this status from now on.
    pub(crate) fn answers(&self, status: u16) {
        self.answer.store(status, Ordering::SeqCst);
    }

    /// What came so far.
    pub(crate) fn came(&self) -> MutexGuard<'_, Vec<Came>> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(stream: &TcpStream) -> Option<Came> {
    let mut reader = BufReader::new(stream);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end() {
            "" => break,
            line => headers.push(line.to_owned()),
        }
    }
    let came = Came {
        headers,
        text: String::new(),
    };
    let length = came.header("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Came {
        text: String::from_utf8(body).ok()?,
        ..came
    })
}
