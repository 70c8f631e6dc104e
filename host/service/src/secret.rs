//! Random secrets, and how they are kept: only their hash.

use rand::{TryRngCore as _, rngs::OsRng};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::error::{ServiceError, ServiceResult};

/// A new secret of `bytes` random bytes, in hexadecimal.
pub(crate) fn random(bytes: usize) -> ServiceResult<String> {
    let mut noise = vec![0; bytes];
    OsRng
        .try_fill_bytes(&mut noise)
        .map_err(|error| ServiceError::Unavailable(format!("the system gives no random numbers: {error}")))?;
    Ok(hex::encode(noise))
}

/// SHA-256 in lower-case hex. Secrets are as random as their hash is long, so a slow hash would add nothing.
pub(crate) fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// Compares without telling by the time where they differ.
pub(crate) fn same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}
