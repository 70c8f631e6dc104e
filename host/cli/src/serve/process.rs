//! What this process is and uses, as Prometheus reads it everywhere: the usual `process_` names.
//!
//! Read from `/proc` by hand: it is a handful of lines, and the crates that do it bring features into the sandbox's own dependencies.

use std::{fmt, fs};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
    registry::{Registry, Unit},
};
use rustix::{
    process::{Resource, getrlimit},
    time::{ClockId, clock_gettime},
};
use wasmtab_domain::time::Timestamp;

/// Enters what this process is and uses. `started_at` is when it began.
pub(super) fn register(registry: &mut Registry, started_at: Timestamp) {
    registry.register_collector(Box::new(Process { started_at }));
    let labels = [
        ("version".into(), env!("CARGO_PKG_VERSION").into()),
        ("zone_data".into(), chrono_tz::IANA_TZDB_VERSION.into()),
    ];
    registry.sub_registry_with_labels(labels.into_iter()).register(
        "wasmtab_build_info",
        "What this program is; always 1",
        ConstGauge::<i64>::new(1),
    );
}

#[derive(Debug)]
struct Process {
    started_at: Timestamp,
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        let cpu = cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9;
        let counter = encoder.encode_descriptor(
            "process_cpu",
            "CPU time, of all threads together",
            Some(&Unit::Seconds),
            MetricType::Counter,
        )?;
        ConstCounter::new(cpu).encode(counter)?;
        let mut gauge = |name: &str, help: &str, unit: Option<&Unit>, value: Option<f64>| {
            let Some(value) = value else { return Ok(()) };
            let gauge = encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?;
            ConstGauge::new(value).encode(gauge)
        };
        let started = self.started_at.as_micros() as f64 / 1e6;
        gauge(
            "process_start_time",
            "When it began, since 1970",
            Some(&Unit::Seconds),
            Some(started),
        )?;
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let kib = |field| number(&status, field).map(|kib| kib * 1_024.0);
        gauge(
            "process_resident_memory",
            "Memory in RAM",
            Some(&Unit::Bytes),
            kib("VmRSS:"),
        )?;
        gauge(
            "process_virtual_memory",
            "Address space; pools for guests reserve much of it",
            Some(&Unit::Bytes),
            kib("VmSize:"),
        )?;
        gauge("process_threads", "Threads", None, number(&status, "Threads:"))?;
        // The directory's own descriptor is among them while it is read.
        let open = fs::read_dir("/proc/self/fd")
            .ok()
            .map(|all| all.count().saturating_sub(1) as f64);
        gauge("process_open_fds", "Open file descriptors", None, open)?;
        let most = getrlimit(Resource::Nofile).current.map(|most| most as f64);
        gauge("process_max_fds", "File descriptors that may be open", None, most)
    }
}

/// The number of a line like `VmRSS:  1234 kB`.
fn number(status: &str, field: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::prometheus_text;

    use super::*;

    #[test]
    fn a_field_is_found_by_its_name() {
        let status = "Name:\tx\nVmSize:\t  2048 kB\nThreads:\t7\n";
        assert_eq!(number(status, "VmSize:"), Some(2_048.0));
        assert_eq!(number(status, "Threads:"), Some(7.0));
        assert_eq!(number(status, "VmRSS:"), None);
    }

    #[test]
    fn the_process_bears_the_usual_names() {
        let mut registry = Registry::default();
        register(&mut registry, Timestamp::from_secs(1_800_000_000));
        let mut text = String::new();
        prometheus_text::encode(&mut text, &registry).unwrap();
        for line in [
            "# TYPE process_cpu_seconds_total counter",
            "process_start_time_seconds 1800000000",
            "# TYPE process_resident_memory_bytes gauge",
            "# TYPE process_open_fds gauge",
            "wasmtab_build_info{version=",
        ] {
            assert!(text.contains(line), "`{line}` is not in\n{text}");
        }
    }
}
