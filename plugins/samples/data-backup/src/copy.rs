//! Copying files, with a checksum taken on the way and compared with what was written.

use guest_files::{Entry, Listing};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use wasmtab_sdk::prelude::*;

const CHUNK: usize = 64 * 1024;

/// How much was copied.
#[derive(Default)]
pub(crate) struct Copied {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

/// Copies everything that a walk found.
pub(crate) fn all(listing: &Listing, target: &Path) -> Result<Copied, Failure> {
    for directory in &listing.directories {
        fs::create_dir(target.join(directory)).or_retry(|| format!("cannot make {directory}"))?;
    }
    let mut copied = Copied::default();
    for file in &listing.files {
        copied.bytes += one(file, &target.join(&file.relative))?;
        copied.files += 1;
        progress::report(copied.files, listing.files.len() as u64, &file.relative);
    }
    Ok(copied)
}

/// Copies one file; its length. A file that grows meanwhile is copied as far as it was read.
fn one(file: &Entry, target: &Path) -> Result<u64, Failure> {
    let name = &file.relative;
    let mut source = File::open(&file.path).or_retry(|| format!("cannot read {name}"))?;
    let mut copy = File::create(target).or_retry(|| format!("cannot write {name}"))?;
    let (read, bytes) = digest(&mut source, &mut copy).or_retry(|| format!("cannot copy {name}"))?;
    copy.sync_all().or_retry(|| format!("cannot write {name}"))?;
    drop(copy);

    let mut copy = File::open(target).or_retry(|| format!("cannot verify {name}"))?;
    let (written, _) = digest(&mut copy, &mut io::sink()).or_retry(|| format!("cannot verify {name}"))?;
    ensure!(read == written, "the copy of {name} differs from what was read");
    debug!("{name}: {bytes} bytes");
    Ok(bytes)
}

fn digest(source: &mut impl Read, target: &mut impl Write) -> io::Result<(Vec<u8>, u64)> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    let mut bytes = 0;
    loop {
        let length = source.read(&mut buffer)?;
        if length == 0 {
            return Ok((hash.finalize().to_vec(), bytes));
        }
        hash.update(&buffer[..length]);
        target.write_all(&buffer[..length])?;
        bytes += length as u64;
    }
}
