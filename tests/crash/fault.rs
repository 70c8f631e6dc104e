//! What befalls a process.

use std::fmt;

/// A misfortune.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// `kill -9`.
    Kill,
    /// `kill -9` while it starts, before it listens.
    KillAtStart,
    /// SIGTERM, and `kill -9` while it drains.
    KillInDrain,
    /// SIGTERM, to the end.
    Terminate,
    /// SIGSTOP, and SIGCONT when so many seconds have passed.
    Freeze { seconds: u64 },
    /// No file may grow beyond so many bytes for a while.
    Disk { bytes: u64, then_kill: bool },
    /// It may open so many more descriptors for a while.
    Descriptors { more: u64, then_kill: bool },
}

impl Fault {
    /// Whether it is a `kill -9`.
    pub(crate) const fn is_a_kill(self) -> bool {
        matches!(
            self,
            Self::Kill
                | Self::KillAtStart
                | Self::KillInDrain
                | Self::Disk { then_kill: true, .. }
                | Self::Descriptors { then_kill: true, .. }
        )
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let killed = |then_kill: bool| if then_kill { ", then killed" } else { "" };
        match self {
            Self::Kill => f.write_str("killed"),
            Self::KillAtStart => f.write_str("killed while it starts"),
            Self::KillInDrain => f.write_str("killed while it drains"),
            Self::Terminate => f.write_str("stopped"),
            Self::Freeze { seconds } => write!(f, "frozen for {seconds} s"),
            Self::Disk { bytes, then_kill } => {
                write!(f, "no room on disk past {bytes} bytes{}", killed(*then_kill))
            }
            Self::Descriptors { more, then_kill } => {
                write!(f, "{more} descriptors left{}", killed(*then_kill))
            }
        }
    }
}
