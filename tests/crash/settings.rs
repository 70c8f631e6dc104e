//! How large a trial is, and the seed that decides its misfortunes.

use std::{env, path::PathBuf};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

/// Ordinary runs: a bounded number, in the profile that everything is tested in.
const KILLS: u32 = 8;
const JOBS: u32 = 60;

/// A trial's settings.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Decides which misfortune comes when.
    pub seed: u64,
    /// How often the process is killed; the other misfortunes come in proportion.
    pub kills: u32,
    /// Jobs with a schedule of every second or two.
    pub jobs: u32,
    /// The binary.
    pub binary: PathBuf,
}

impl Settings {
    /// What the environment says, or an ordinary run.
    pub(crate) fn read() -> Self {
        Self {
            seed: number("WASMTAB_CRASH_SEED")
                .unwrap_or_else(|| StdRng::from_os_rng().random_range(0..1_000_000)),
            kills: number("WASMTAB_CRASH_KILLS").unwrap_or(KILLS),
            jobs: number("WASMTAB_CRASH_JOBS").unwrap_or(JOBS),
            binary: env::var_os("WASMTAB_CRASH_BINARY")
                .map_or_else(|| env!("CARGO_BIN_EXE_wasmtab").into(), PathBuf::from),
        }
    }

    /// The one command that plays the same misfortunes again.
    pub(crate) fn replay(&self) -> String {
        format!(
            "WASMTAB_CRASH_SEED={} WASMTAB_CRASH_KILLS={} WASMTAB_CRASH_JOBS={} cargo test --workspace --test crash -- --nocapture",
            self.seed, self.kills, self.jobs
        )
    }
}

fn number<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is not a number: {text}")),
    )
}
