//! A file of lines that continues after its last complete page.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use wasmtab_sdk::prelude::*;

pub(crate) struct Sink {
    file: File,
    bytes: u64,
}

impl Sink {
    /// Opens a file at the length that is known to be complete; what lies beyond is cut off. None where it is shorter than that.
    pub(crate) fn open(path: &Path, bytes: u64) -> io::Result<Option<Self>> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)?;
        if file.metadata()?.len() < bytes {
            return Ok(None);
        }
        file.set_len(bytes)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Some(Self { file, bytes }))
    }

    /// Appends items as lines; the length afterwards, once it is on disk.
    pub(crate) fn append(&mut self, items: &[Value]) -> io::Result<u64> {
        let mut lines = Vec::new();
        for item in items {
            writeln!(lines, "{item}")?;
        }
        self.file.write_all(&lines)?;
        self.file.sync_data()?;
        self.bytes += lines.len() as u64;
        Ok(self.bytes)
    }
}
