//! The one-run token with which work that goes on elsewhere is reported done.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::ids::{AttemptId, RunId};

/// The database's own secret, from which every token follows: none has to be kept.
///
/// It is kept as what every token's computation begins with.
#[derive(Clone)]
pub struct CompletionKey(Hmac<Sha256>);

impl CompletionKey {
    /// A key of these bytes, which have to be random.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Hmac::new_from_slice(&bytes).expect("HMAC takes keys of every length"))
    }

    /// The token of an attempt, in lower-case hex. Another attempt of the same run has another one.
    pub fn token(&self, run: RunId, attempt: AttemptId) -> String {
        // Each attempt is given one: `hex::encode` goes character by character, which showed in the profile.
        let mut text = [0; 64];
        hex::encode_to_slice(self.mac(run, attempt).finalize().into_bytes(), &mut text)
            .expect("the text is twice as long");
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Whether `token` is the attempt's, without telling by the time it takes where it differs.
    pub fn accepts(&self, run: RunId, attempt: AttemptId, token: &str) -> bool {
        let mut bytes = [0; 32];
        hex::decode_to_slice(token, &mut bytes).is_ok() && self.mac(run, attempt).verify_slice(&bytes).is_ok()
    }

    fn mac(&self, run: RunId, attempt: AttemptId) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(&run.0.to_be_bytes());
        mac.update(&attempt.0.to_be_bytes());
        mac
    }
}

impl fmt::Debug for CompletionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CompletionKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_own_attempt_only() {
        let key = CompletionKey::new([7; 32]);
        let token = key.token(RunId(1), AttemptId(2));
        assert!(key.accepts(RunId(1), AttemptId(2), &token));
        assert!(!key.accepts(RunId(1), AttemptId(3), &token));
        assert!(!CompletionKey::new([8; 32]).accepts(RunId(1), AttemptId(2), &token));
        for wrong in ["", "zz", &token[1..], &"é".repeat(32)] {
            assert!(!key.accepts(RunId(1), AttemptId(2), wrong));
        }
    }
}
