//! Nothing: every guest is an example of its own, so that each becomes a component of its own.
