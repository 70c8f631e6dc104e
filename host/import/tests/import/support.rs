//! What the tests share: the dumps, and looks at what an import yields.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use wasmtab_domain::{interval::Interval, time::Timestamp};
use wasmtab_import::{Import, Imported, Options, Weight, rows::Table, sql, xxl_job, yudao};

pub(crate) const XXL_2_4: &[u8] = include_bytes!("../data/xxl-job-2.4.mysqldump.sql");
pub(crate) const XXL_3_5: &[u8] = include_bytes!("../data/xxl-job-3.5.sql");
pub(crate) const YUDAO_MYSQL: &[u8] = include_bytes!("../data/yudao.mysql.sql");
pub(crate) const YUDAO_COPY: &[u8] = include_bytes!("../data/yudao.pg_dump.sql");
pub(crate) const YUDAO_INSERTS: &[u8] = include_bytes!("../data/yudao.pg_dump-inserts.sql");

pub(crate) fn options(timezone: Tz) -> Options {
    Options {
        timezone,
        prefix: String::new(),
        timeout: Interval::from_secs(86_400),
    }
}

pub(crate) fn tables(dump: &[u8], wanted: &[&str]) -> BTreeMap<String, Table> {
    sql::read(dump, wanted, None).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn xxl(dump: &[u8]) -> Import {
    xxl_job::import(&tables(dump, &xxl_job::TABLES), &options(Tz::Asia__Shanghai)).expect("it is read")
}

pub(crate) fn yudao(dump: &[u8]) -> Import {
    yudao::import(&tables(dump, &yudao::TABLES), &options(Tz::Asia__Shanghai)).expect("it is read")
}

/// The job from this place.
#[track_caller]
pub(crate) fn job<'a>(import: &'a Import, origin: &str) -> &'a Imported {
    import
        .jobs
        .iter()
        .find(|job| job.origin == origin)
        .unwrap_or_else(|| panic!("{origin} is not carried over: {:?}", import.left_out))
}

/// Why the job from this place was left out.
#[track_caller]
pub(crate) fn reason<'a>(import: &'a Import, origin: &str) -> &'a str {
    let left_out = import.left_out.iter().find(|job| job.origin == origin);
    &left_out
        .unwrap_or_else(|| panic!("{origin} is not left out"))
        .reason
}

/// The findings about a field: their weights and texts.
pub(crate) fn findings(job: &Imported, field: &str) -> Vec<(Weight, String)> {
    job.findings
        .iter()
        .filter(|finding| finding.field == field)
        .map(|finding| (finding.weight, finding.text.clone()))
        .collect()
}

#[track_caller]
pub(crate) fn decides(job: &Imported, field: &str, text: &str) {
    let all = findings(job, field);
    assert!(
        all.iter()
            .any(|(weight, found)| *weight == Weight::Decide && found.contains(text)),
        "{all:?}"
    );
}

#[track_caller]
pub(crate) fn notes(job: &Imported, field: &str, text: &str) {
    let all = findings(job, field);
    assert!(
        all.iter()
            .any(|(weight, found)| *weight == Weight::Note && found.contains(text)),
        "{all:?}"
    );
}

#[track_caller]
pub(crate) fn notes_for_all(import: &Import, text: &str) {
    assert!(
        import.notes.iter().any(|note| note.contains(text)),
        "{text}: {:#?}",
        import.notes
    );
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}
