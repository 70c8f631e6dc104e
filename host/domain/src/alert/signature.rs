//! How a receiver knows that a message is ours, and that it is not an old one sent again.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::time::Timestamp;

/// The value of `X-Wasmtab-Signature`: `t=SECONDS,v1=HEX`, where `HEX` is the HMAC-SHA256 of `SECONDS.BODY` under the
/// channel's secret.
pub fn sign(secret: &str, at: Timestamp, body: &[u8]) -> String {
    let seconds = at.as_micros().div_euclid(1_000_000);
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of every length");
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    format!("t={seconds},v1={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf '1772409600.{"a":1}' | openssl dgst -sha256 -hmac s3cret`
    #[test]
    fn the_signature_is_what_other_tools_compute() {
        let signed = sign(
            "s3cret",
            Timestamp::from_micros(1_772_409_600_999_999),
            br#"{"a":1}"#,
        );
        assert_eq!(
            signed,
            "t=1772409600,v1=69dd7971a14e3e155fc9986526ebd7bce3264d54ffadc6c981291a8981f0c105"
        );
    }
}
