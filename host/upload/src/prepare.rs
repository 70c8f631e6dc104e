//! From an upload to a component that is worth compiling.

use std::borrow::Cow;

use crate::{
    adapt::adapt,
    inspection::{HandlerKind, UploadError, Weight},
    sniff::{Format, format, prelimits},
};

/// A component that is worth compiling.
#[derive(Clone, Debug)]
pub struct Prepared<'a> {
    /// The component: the upload itself, or what it was made into.
    pub component: Cow<'a, [u8]>,
    /// How it is run, as far as that can be told; of a component, that it is a handler is only assumed.
    pub kind: HandlerKind,
    /// What one attempt takes.
    pub weight: Weight,
}

/// Looks at an upload of at most `limit` bytes; none of its memories may begin with more than `max_memory`.
pub fn prepare(original: &[u8], limit: usize, max_memory: u64) -> Result<Prepared<'_>, UploadError> {
    let format = format(original, limit)?;
    let weight = prelimits(original, max_memory)?;
    match format {
        Format::Component => Ok(Prepared {
            component: Cow::Borrowed(original),
            kind: HandlerKind::Handler,
            weight,
        }),
        Format::Module => {
            let (component, kind) = adapt(original)?;
            let weight = prelimits(&component, max_memory)?;
            Ok(Prepared {
                component: Cow::Owned(component),
                kind,
                weight,
            })
        }
    }
}
