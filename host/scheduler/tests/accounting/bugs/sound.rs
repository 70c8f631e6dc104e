//! No bug.

use super::Bug;

/// The product as it is.
#[derive(Debug)]
pub(crate) struct Sound;

impl Bug for Sound {}
