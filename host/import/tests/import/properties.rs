//! Whatever a file holds, reading it ends, and never in a panic.

use chrono_tz::Tz;
use proptest::prelude::*;
use wasmtab_import::{
    compare::compare,
    crontab::{self, Kind},
    sql, xxl_job, yudao,
};

use crate::support::{at, options};

/// Pieces of SQL in any order.
fn sql_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("INSERT INTO `xxl_job_info` "),
        Just("INSERT INTO infra_job "),
        Just("VALUES "),
        Just("CREATE TABLE infra_job "),
        Just("COPY infra_job (id, name) FROM stdin;\n"),
        Just("\\.\n"),
        Just("("),
        Just(")"),
        Just(","),
        Just(";"),
        Just("'"),
        Just("''"),
        Just("\\"),
        Just("\\'"),
        Just("\""),
        Just("`"),
        Just("$$"),
        Just("$a$"),
        Just("/*"),
        Just("*/"),
        Just("-- x\n"),
        Just("#"),
        Just("E'"),
        Just("0x4"),
        Just("b'1'"),
        Just("NULL"),
        Just("id"),
        Just("name"),
        Just("."),
        Just("USE "),
        Just("SET search_path = "),
        Just("备份"),
        Just("\n"),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn expression() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("*".to_owned()),
        Just("?".to_owned()),
        "[0-9]{1,3}",
        Just("-".to_owned()),
        Just("/".to_owned()),
        Just(",".to_owned()),
        Just("L".to_owned()),
        Just("W".to_owned()),
        Just("#".to_owned()),
        Just("MON".to_owned()),
        Just("~".to_owned()),
        Just(" ".to_owned()),
        Just(" ".to_owned()),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = sql::read(&bytes, &["infra_job"], None);
    }

    #[test]
    fn anything_like_sql_is_read_or_refused(text in sql_like()) {
        if let Ok(tables) = sql::read(text.as_bytes(), &["infra_job", "xxl_job_info"], None) {
            let _ = yudao::import(&tables, &options(Tz::UTC));
            let _ = xxl_job::import(&tables, &options(Tz::UTC));
        }
    }

    #[test]
    fn any_expression_is_carried_over_alike_or_left_out(text in expression()) {
        let dump = format!(
            "INSERT INTO infra_job (id, name, status, handler_name, cron_expression, retry_count) VALUES (1, 'a', 1, 'h', '{text}', 0);"
        );
        let tables = sql::read(dump.as_bytes(), &["infra_job"], None).unwrap();
        let import = yudao::import(&tables, &options(Tz::Asia__Shanghai)).unwrap();
        prop_assert_eq!(import.jobs.len() + import.left_out.len(), 1);
        for comparison in compare(&import, at("2026-11-24T00:00:00Z"), 4) {
            prop_assert_eq!(&comparison.differences, &Vec::<String>::new(), "{}", text);
        }
    }

    #[test]
    fn any_crontab_is_carried_over_alike_or_left_out(text in "\\PC{0,80}", schedule in expression()) {
        let _ = crontab::import(&text, Kind::System, &options(Tz::UTC)).unwrap();
        let import = crontab::import(&format!("{schedule} x y\n"), Kind::User, &options(Tz::Asia__Shanghai)).unwrap();
        for comparison in compare(&import, at("2026-11-24T00:00:00Z"), 4) {
            prop_assert_eq!(&comparison.differences, &Vec::<String>::new(), "{}", schedule);
        }
    }
}
