//! A server that answers what a test tells it to.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use crate::support::{Done, wasmtab};

/// A request that the server was sent.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// `GET /api/v1/jobs?limit=1`
    pub(crate) line: String,
    /// In lower case, `name: value`.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

/// A server that answers by the first rule whose text the request line contains.
pub(crate) struct Canned {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// `(part of the request line, status, more headers, body)`
pub(crate) type Rule = (&'static str, u16, &'static str, String);

impl Canned {
    /// Answers until the test ends.
    pub(crate) fn new(rules: Vec<Rule>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let Some(request) = read(&stream) else { continue };
                let rule = rules.iter().find(|(part, ..)| request.line.contains(part));
                let (status, headers, body) = match rule {
                    Some((_, status, headers, body)) => (*status, *headers, body.as_str()),
                    None => (
                        404,
                        "",
                        "{\"title\": \"Not found\", \"detail\": \"no such thing\"}",
                    ),
                };
                log.lock().expect("no test panicked here").push(request);
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}",
                    body.len()
                );
            }
        });
        Self { url, asked }
    }

    /// Runs `wasmtab` against it.
    pub(crate) fn wasmtab(&self, arguments: &[&str]) -> Done {
        let mut all = vec!["--server", &self.url, "--token", "t0ken"];
        all.extend(arguments);
        wasmtab(&all)
    }

    /// The requests whose line contains this.
    pub(crate) fn asked(&self, part: &str) -> Vec<Asked> {
        self.asked
            .lock()
            .expect("no test panicked here")
            .iter()
            .filter(|asked| asked.line.contains(part))
            .cloned()
            .collect()
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim_end() {
            "" => break,
            header => headers.push(header.to_owned()),
        }
    }
    let length = headers
        .iter()
        .find_map(|header| header.strip_prefix("content-length: ")?.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        line: line.trim_end().to_owned(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}
