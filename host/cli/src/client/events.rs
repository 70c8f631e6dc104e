//! Server-sent events, as they arrive.

use reqwest::Response;
use serde_json::Value;

use crate::exit::Failure;

/// Bytes of one event; more is no event of this product.
const EVENT_BYTES: usize = 4 * 1024 * 1024;

/// One event.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ServerEvent {
    /// From where a reader that was cut off goes on.
    pub(crate) id: Option<String>,
    /// What happened.
    pub(crate) name: String,
    /// What there is to say of it.
    pub(crate) data: Value,
}

/// A stream of events.
pub(crate) struct Events {
    answer: Response,
    received: Vec<u8>,
}

impl Events {
    /// The events of an answer.
    pub(crate) const fn new(answer: Response) -> Self {
        Self {
            answer,
            received: Vec::new(),
        }
    }

    /// The next event; none where the stream ends, however it does.
    pub(crate) async fn next(&mut self) -> Result<Option<ServerEvent>, Failure> {
        loop {
            if let Some(event) = take(&mut self.received)? {
                return Ok(Some(event));
            }
            if self.received.len() > EVENT_BYTES {
                return Err(Failure::own("the server sends an event that does not end"));
            }
            match self.answer.chunk().await {
                Ok(Some(chunk)) => self.received.extend_from_slice(&chunk),
                // A connection that breaks and one that ends are the same to whoever asks again.
                Ok(None) | Err(_) => return Ok(None),
            }
        }
    }
}

/// Takes the first whole event out of what was received. Comments alone are none.
fn take(received: &mut Vec<u8>) -> Result<Option<ServerEvent>, Failure> {
    while let Some(end) = end_of_event(received) {
        let block: Vec<u8> = received.drain(..end).collect();
        let text = String::from_utf8(block).map_err(|_| Failure::own("the server's events are not UTF-8"))?;
        if let Some(event) = read(&text)? {
            return Ok(Some(event));
        }
    }
    Ok(None)
}

/// Where the empty line after an event ends.
fn end_of_event(received: &[u8]) -> Option<usize> {
    received
        .windows(2)
        .position(|pair| pair == b"\n\n")
        .map(|at| at + 2)
}

fn read(block: &str) -> Result<Option<ServerEvent>, Failure> {
    let (mut event, mut data) = (ServerEvent::default(), Vec::new());
    for line in block.lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => event.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut event.name),
            "data" => data.push(value),
            _ => {}
        }
    }
    if data.is_empty() {
        return Ok(None);
    }
    event.data = serde_json::from_str(&data.join("\n"))
        .map_err(|error| Failure::own(format!("the server sent an event that is not JSON: {error}")))?;
    Ok(Some(event))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_taken_one_by_one_as_they_are_complete() {
        let mut received = b": alive\n\nid: 1-2\nevent: line\ndata: {\"a\":\ndata: 1}\n\nevent: li".to_vec();
        let event = take(&mut received).unwrap().unwrap();
        assert_eq!(
            event,
            ServerEvent {
                id: Some("1-2".into()),
                name: "line".into(),
                data: json!({"a": 1}),
            }
        );
        assert_eq!(take(&mut received), Ok(None));
        received.extend_from_slice(b"ne\ndata: 2\n\n");
        assert_eq!(take(&mut received).unwrap().unwrap().data, 2);
        assert!(received.is_empty());
    }

    #[test]
    fn what_is_no_json_is_a_failure() {
        assert!(take(&mut b"data: x\n\n".to_vec()).is_err());
        assert!(take(&mut b"data: \xff\n\n".to_vec()).is_err());
    }
}
