//! How runs and attempts stand, in the contract's words.

/// Declares an enum whose variants have one spelling, the same in JSON, SQL and on the command line.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $word)] $variant,)+ }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The one spelling.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    other => Err(format!(
                        "`{other}` is none of {}",
                        Self::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>().join(", "),
                    )),
                }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// How one try at a run stands or ended.
    AttemptStatus {
        /// A node owns it; the guest may not have begun.
        Claimed = "claimed",
        /// The guest has begun, or its work goes on elsewhere.
        Running = "running",
        /// The handler returned a result.
        Success = "success",
        /// The handler returned an error.
        Failure = "failure",
        /// The guest trapped: a panic, a bad memory access, a stack overflow.
        Trap = "trap",
        /// `monitorTimeout` ran out.
        Timeout = "timeout",
        /// The job's fuel ran out.
        OutOfFuel = "outOfFuel",
        /// The guest asked for more memory than it may have, and ended for it.
        OutOfMemory = "outOfMemory",
        /// It ended because a grant was missing.
        Denied = "denied",
        /// Nothing is bound to the handler's name.
        NoHandler = "noHandler",
        /// A person stopped it.
        Cancelled = "cancelled",
        /// Its process died or shut down.
        Abandoned = "abandoned",
        /// The fire was decided not to run.
        Skipped = "skipped",
    }
}

impl AttemptStatus {
    /// Whether nothing more can happen to the attempt.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Claimed | Self::Running)
    }
}

words! {
    /// Where a run is that has not ended. A run that has ended bears its last attempt's status.
    RunState {
        /// Made ahead, not due.
        Scheduled = "scheduled",
        /// Due, waiting for a permit or for its turn.
        Queued = "queued",
        /// An attempt is claimed or running.
        Running = "running",
        /// Waiting until its next attempt is due.
        WaitingRetry = "waitingRetry",
    }
}

words! {
    /// Why a run exists.
    Trigger {
        /// A fire of the job's schedule.
        Cron = "cron",
        /// A person or a program asked for it.
        Manual = "manual",
        /// A delayed call; there is no job.
        Call = "call",
        /// An instant of the past, asked for afterwards.
        Backfill = "backfill",
        /// Another job's end started it.
        Chain = "chain",
    }
}

words! {
    /// Why a fire was decided not to run.
    SkipReason {
        /// The job's previous run was still active.
        Overlap = "overlap",
        /// No planner was there at the instant, and the job's rule passes the fire over.
        Misfire = "misfire",
        /// The job was paused.
        Paused = "paused",
        /// The instant lies in one of the job's blackouts.
        Blackout = "blackout",
        /// The job that a chain names is not there.
        NoJob = "noJob",
        /// Too many chain starts followed one another.
        ChainDepth = "chainDepth",
    }
}
