//! Requests that may be sent again without being done again.

use wasmtab_domain::{field::FieldError, time::Timestamp};
use wasmtab_store::{Principal, StoredReply};

use crate::{
    error::{Conflict, ConflictKind, ServiceError, ServiceResult},
    secret,
    service::Service,
};

/// A request under an idempotency key.
#[derive(Clone, Debug)]
pub struct KeyedRequest {
    key: String,
    hash: String,
    at: Timestamp,
}

/// What a key stands for.
#[derive(Clone, Debug)]
pub enum KeyedReply {
    /// It is new: do it, then keep the reply or let the key go.
    New(KeyedRequest),
    /// It was done: this was the status and the body.
    Known(u16, String),
}

/// The longest key.
const KEY_BYTES: usize = 255;

impl Service {
    /// Takes the key for what `by` asks at `address`. `hash` is of all that the request says.
    pub async fn take_key(
        &self,
        by: &Principal,
        address: &str,
        key: &str,
        hash: String,
    ) -> ServiceResult<KeyedReply> {
        if key.is_empty() || key.len() > KEY_BYTES {
            return Err(refused(&format!(
                "must have 1 to {KEY_BYTES} bytes, not {}",
                key.len()
            )));
        }
        // A key is its sender's own: others cannot read a reply by guessing it.
        let request = KeyedRequest {
            key: secret::hash(&format!("{}\0{key}", by.name)),
            hash,
            at: self.now(),
        };
        match self
            .store
            .take_key(&request.key, &request.hash, request.at)
            .await?
        {
            None => Ok(KeyedReply::New(request)),
            Some(stored) if stored.request_hash != request.hash => Err(refused(&format!(
                "was used for another request; {address} with this body needs a key of its own"
            ))),
            Some(StoredReply {
                reply: Some((status, body)),
                ..
            }) => Ok(KeyedReply::Known(status, body)),
            Some(StoredReply { reply: None, .. }) => {
                let detail = "the first request with this Idempotency-Key is still being answered; ask again";
                Err(Conflict::new(ConflictKind::KeyInProgress, detail).into())
            }
        }
    }

    /// Keeps the reply under the key; without one the key is free again, since nothing was done.
    pub async fn keep_reply(
        &self,
        request: &KeyedRequest,
        reply: Option<(u16, String)>,
    ) -> ServiceResult<()> {
        Ok(self.store.keep_reply(&request.key, reply).await?)
    }
}

fn refused(reason: &str) -> ServiceError {
    let error = FieldError {
        pointer: String::new(),
        detail: format!("Idempotency-Key: {reason}"),
    };
    ServiceError::Invalid(error.into())
}
