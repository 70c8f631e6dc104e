//! `NoopHandler`: nothing but the way to a handler and back, or nothing but computing, for `wasmtab bench`.

use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};
use wasmtab_sdk::prelude::*;

const MEBIBYTE: usize = 1 << 20;

/// Answers with the instant at which it began, in microseconds since 1970; a number as parameter is how many mebibytes it hashes
/// before it answers
#[handler(name = "NoopHandler")]
fn noop(parameter: String) -> Result<String, Failure> {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(|_| Failure::permanent("the clock is before 1970"))?;
    if !parameter.is_empty() {
        let mebibytes = parameter
            .parse()
            .map_err(|_| Failure::permanent("the parameter is not a number of mebibytes"))?;
        std::hint::black_box(hash(mebibytes));
    }
    Ok(since_1970.as_micros().to_string())
}

/// SHA-256 of so many mebibytes of zeros.
fn hash(mebibytes: u32) -> [u8; 32] {
    const BLOCK: usize = 1 << 14;
    let mut hasher = Sha256::new();
    for _ in 0..mebibytes as usize * (MEBIBYTE / BLOCK) {
        hasher.update([0; BLOCK]);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_an_instant() {
        for parameter in ["", "1"] {
            let answer = noop(parameter.to_owned()).unwrap();
            assert!(answer.parse::<i64>().unwrap() > 1_700_000_000_000_000);
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        assert!(noop("much".to_owned()).is_err());
    }

    #[test]
    fn it_hashes_as_much_as_is_said() {
        assert_eq!(hash(0)[..4], [0xe3, 0xb0, 0xc4, 0x42]);
        // `head -c 1048576 /dev/zero | sha256sum`
        assert_eq!(hash(1)[..4], [0x30, 0xe1, 0x49, 0x55]);
    }
}
