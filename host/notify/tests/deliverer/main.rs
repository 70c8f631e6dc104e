//! The deliverer over a real outbox.

#[cfg(test)]
mod office;
#[cfg(test)]
mod tries;
