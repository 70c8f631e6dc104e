//! Jobs files: whatever the text, it is refused with a reason or read; and what was read says the same when it is written and read again.

#![no_main]

#[path = "../../../host/cli/src/input/yaml.rs"]
mod yaml;

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use wasmtab_domain::{
    document,
    job::{JobSpec, ReadContext},
    time::Timestamp,
};

/// What one document may take, with all the instruments and on a busy machine.
const PATIENCE: Duration = Duration::from_secs(5);

fuzz_target!(|text: &str| {
    let begun = Instant::now();
    read(text);
    assert!(begun.elapsed() < PATIENCE, "it took {:?}", begun.elapsed());
});

fn read(text: &str) {
    let document = match yaml::read(text) {
        Ok(document) => document,
        Err(reason) => {
            assert!(!reason.is_empty());
            return;
        }
    };
    let entries = match document::read(&document) {
        Ok(entries) => entries,
        Err(errors) => {
            assert!(!errors.to_string().is_empty());
            return;
        }
    };
    let context = ReadContext {
        default_zone: chrono_tz::Asia::Shanghai,
        max_memory: 1 << 30,
    };
    for entry in entries {
        let spec = match JobSpec::read(&entry.said, &context, None) {
            Ok(spec) => spec,
            Err(errors) => {
                assert!(!errors.to_string().is_empty());
                continue;
            }
        };
        let said = spec.said(&context);
        let again = JobSpec::read(&said, &context, None);
        assert_eq!(again.as_ref(), Ok(&spec), "as it was written: {said:?}");
        let now = Timestamp::from_secs(1_767_225_600);
        let next = spec.schedule(now).next_after(now);
        assert!(next.is_none_or(|next| next > now), "{next:?}");
    }
}
