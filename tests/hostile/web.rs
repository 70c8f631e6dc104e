//! Somebody on this machine who answers HTTP badly: `/slow` a byte now and then, `/endless` without end, `/stuck` never, and
//! `/flood` with headers without end.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

/// Answers until the test ends.
pub(crate) struct Web(SocketAddr);

/// How often `/slow` says something: a guest that waits for the next byte is in the host nearly all the time.
const SLOWLY: Duration = Duration::from_millis(20);

impl Web {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it listens somewhere");
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Ends when the guest, or the host for it, has closed the connection.
                thread::spawn(move || answer(stream));
            }
        });
        Self(address)
    }

    /// Its address, without a path.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.0)
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port()
    }
}

fn answer(mut stream: TcpStream) -> Option<()> {
    let mut asked = BufReader::new(stream.try_clone().ok()?);
    let mut line = || {
        let mut line = String::new();
        asked.read_line(&mut line).ok().map(|_| line)
    };
    let first = line()?;
    while !line()?.trim_end().is_empty() {}
    stream.set_read_timeout(Some(SLOWLY)).ok()?;
    let path = first.split_whitespace().nth(1)?.to_owned();
    let mut say = |bytes: &[u8]| stream.write_all(bytes).ok();
    say(b"HTTP/1.1 200 OK\r\n")?;
    match path.as_str() {
        "/slow" => {
            say(b"content-length: 1000000000\r\n\r\n")?;
            loop {
                stream.write_all(b"x").ok()?;
                // Nothing more comes from the other side: this waits its time.
                let _ = line();
            }
        }
        "/endless" => {
            say(b"connection: close\r\n\r\n")?;
            let block = vec![b'x'; 64 * 1024];
            loop {
                say(&block)?;
            }
        }
        "/flood" => loop {
            say(b"x-more: of the same\r\n")?;
        },
        // Waits until the other side gives up: whatever comes sooner is the end of the wait for it.
        "/stuck" => loop {
            if line().is_some() {
                return None;
            }
        },
        _ => say(b"content-length: 4\r\n\r\npong"),
    }
}
