//! Dumps of every kind give the same rows.

use wasmtab_import::{
    rows::{Cell, Table},
    sql,
};

use crate::support::{XXL_2_4, YUDAO_COPY, YUDAO_INSERTS, tables};

fn read(dump: &str) -> Vec<Vec<String>> {
    let mut tables = tables(dump.as_bytes(), &["t"]);
    shown(&tables.remove("t").expect("the table is there"))
}

/// Cells as texts: `-` is NULL, an expression stands in braces.
fn shown(table: &Table) -> Vec<Vec<String>> {
    table
        .cells()
        .map(|row| {
            row.iter()
                .map(|cell| match cell {
                    Cell::Null => "-".into(),
                    Cell::Text(text) => text.clone(),
                    Cell::Expression(text) => format!("{{{text}}}"),
                    Cell::Binary => "binary".into(),
                })
                .collect()
        })
        .collect()
}

fn error(dump: &[u8]) -> String {
    sql::read(dump, &["t"], None)
        .expect_err("it is refused")
        .to_string()
}

#[test]
fn values_are_read_as_they_are_written() {
    let mysql = "INSERT INTO `t` (`a`) VALUES ('it''s'), ('it\\'s \\\"x\\\" \\\\ \\n\\0\\Z\\%'), (NULL), (-3), (1.5), (b'1'), (0x41e4bda0), \
                 (X'41'), (_binary 'x'), (_utf8mb4'y'), ('a' 'b'), (\"dq\"), (now()), (TRUE), ('你好; -- no comment /* nor here */ #'), \
                 (to_date('2021-10-27', 'SYYYY')), (0xff);";
    assert_eq!(
        read(mysql).concat(),
        [
            "it's",
            "it's \"x\" \\ \n\0\u{1a}\\%",
            "-",
            "-3",
            "1.5",
            "1",
            "A你",
            "A",
            "x",
            "y",
            "ab",
            "dq",
            "{now()}",
            "TRUE",
            "你好; -- no comment /* nor here */ #",
            "{to_date('2021-10-27','SYYYY')}",
            "binary"
        ]
    );
    let postgres = "INSERT INTO t (a) VALUES ('c:\\dir\\'), (E'a\\tb\\'c'), ('x'::character varying(9)), (B'0'), (true), ($$it's$$), (- 4);";
    assert_eq!(
        read(postgres).concat(),
        ["c:\\dir\\", "a\tb'c", "x", "0", "true", "it's", "-4"]
    );
    let sql_server = "SET IDENTITY_INSERT [dbo].[t] ON\nGO\nINSERT INTO [dbo].[t] ([a], [b]) VALUES (N'支付', N'\\')\nGO\n";
    assert_eq!(read(sql_server), [["支付", "\\"]]);
}

#[test]
fn columns_come_from_the_statement_or_from_the_definition() {
    let defined = "CREATE TABLE IF NOT EXISTS `t` (\n `a` decimal(10,2) NOT NULL COMMENT 'x, (y)',\n `key` int,\n PRIMARY KEY (`a`,`key`),\n \
                   KEY `i` (`key`), CONSTRAINT `c` CHECK (`a` > 1)) ENGINE=InnoDB;\nINSERT INTO `t` VALUES (1,2),\n(3,4);\nINSERT IGNORE INTO t (`key`) VALUES (5);";
    let tables = tables(defined.as_bytes(), &["t"]);
    assert_eq!(tables["t"].columns(), ["a", "key"]);
    assert_eq!(shown(&tables["t"]), [["1", "2"], ["3", "4"], ["-", "5"]]);
    let none = error(b"INSERT INTO `t` VALUES (1);");
    assert!(none.contains("--complete-insert"), "{none}");
}

#[test]
fn other_statements_are_passed_over_whatever_they_are() {
    let dump = "/*!40101 SET NAMES utf8 */;\nDELIMITER ;;\nCREATE TRIGGER `x` BEFORE INSERT ON `y` FOR EACH ROW BEGIN SET @a = 'x;'; END ;;\nDELIMITER ;\n\
                INSERT INTO `other` VALUES ('INSERT INTO `t` VALUES (9)');\nINSERT INTO `t` SELECT * FROM `other`;\nINSERT INTO `t` (SELECT 1);\nREPLACE INTO db.t (a) VALUE (1);\n# end";
    assert_eq!(read(dump), [["1"]]);
}

#[test]
fn copy_and_inserts_of_pg_dump_give_the_same_rows() {
    let wanted = ["infra_job", "qrtz_cron_triggers"];
    let (copy, inserts) = (tables(YUDAO_COPY, &wanted), tables(YUDAO_INSERTS, &wanted));
    assert_eq!(copy, inserts);
    let rows = shown(&copy["infra_job"]);
    assert_eq!(
        rows.len(),
        5,
        "neither the log's text nor the function's body counts"
    );
    assert_eq!(rows[2][4], "a\tb\\c\nd 'e'");
    assert_eq!((rows[0][4].as_str(), rows[1][4].as_str()), ("-", ""));
}

#[test]
fn copy_undoes_its_escapes() {
    let dump = "COPY public.other (x) FROM stdin;\nCOPY t (a) FROM stdin;\n\\.\n\nCOPY t (a, b) FROM stdin;\n\\\\N\t\\N\n\\x41\\101\t\\b\\v\\q\n\\.\n\
                INSERT INTO t (a) VALUES ('after');\n";
    assert_eq!(read(dump), [["\\N", "-"], ["AA", "\u{8}\u{b}q"], ["after", "-"]]);
    let endless = error(b"COPY t (a) FROM stdin;\n1\n");
    assert!(endless.starts_with("line 3: "), "{endless}");
}

#[test]
fn texts_of_a_log_do_not_count_as_statements() {
    let tables = tables(XXL_2_4, &["xxl_job_info", "xxl_job_log"]);
    assert_eq!(tables["xxl_job_info"].len(), 17);
    assert_eq!(tables["xxl_job_log"].len(), 2);
}

#[test]
fn two_schemas_with_the_same_table_must_be_told_apart() {
    let dump = b"INSERT INTO public.t (a) VALUES (1);\nINSERT INTO wasmtab.t (a) VALUES (2);\n";
    let refused = error(dump);
    assert!(
        refused.contains("`public`") && refused.contains("`wasmtab`") && refused.contains("--schema"),
        "{refused}"
    );
    let chosen = sql::read(dump, &["t"], Some("wasmtab")).unwrap();
    assert_eq!(shown(&chosen["t"]), [["2"]]);
    let own = b"INSERT INTO public.t (a) VALUES (1);\nINSERT INTO wasmtab.t (a, cron_dialect) VALUES (2, 'unix');\n";
    let chosen = sql::read(own, &["t"], None).unwrap();
    assert_eq!(
        shown(&chosen["t"]),
        [["1"]],
        "wasmtab's own jobs are not imported"
    );
    let used = b"USE `a`;\nINSERT INTO `t` (x) VALUES (1);\nUSE `b`;\nINSERT INTO `t` (x) VALUES (2);\n";
    assert!(error(used).contains("`b`"));
    let path = b"SET search_path = one, pg_catalog;\nINSERT INTO t (x) VALUES (1);\nSET search_path = two;\nINSERT INTO t (x) VALUES (1);\n";
    assert!(error(path).contains("`two`"));
}

#[test]
fn bytes_of_other_tables_need_not_be_text() {
    let mut dump = b"INSERT INTO `blobs` VALUES ('".to_vec();
    dump.extend([0xff, 0xfe, 0x00, b'\\', b'\'', 0x80]);
    dump.extend(b"');\nINSERT INTO `t` (a, b) VALUES ('x', '\xff');\n");
    let tables = tables(&dump, &["t"]);
    assert_eq!(shown(&tables["t"]), [["x", "binary"]]);
}

#[test]
fn utf_16_and_marks_are_understood() {
    let text = "INSERT INTO `t` (a) VALUES ('备份');";
    let mut wide = vec![0xff, 0xfe];
    wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(shown(&tables(&wide, &["t"])["t"]), [["备份"]]);
    let mut marked = vec![0xef, 0xbb, 0xbf];
    marked.extend(text.as_bytes());
    assert_eq!(shown(&tables(&marked, &["t"])["t"]), [["备份"]]);
}

#[test]
fn what_is_no_dump_is_refused_with_advice() {
    assert!(error(b"PGDMP\x01\x0e").contains("pg_restore"));
    assert!(error(b"\x1f\x8b\x08").contains("compressed"));
    let open = error(b"-- MySQL dump\nINSERT INTO t (a) VALUES\n('x\\');\n");
    assert_eq!(open, "line 3: a string that begins here never ends");
    let comment = error(b"\n/* never");
    assert_eq!(comment, "line 2: a comment that begins here never ends");
    let short = error(b"INSERT INTO t (a, b) VALUES (1);");
    assert!(short.contains("1 values for 2 columns"), "{short}");
    let cut = error(b"INSERT INTO t (a, b) VALUES (1, ");
    assert!(cut.contains("end within a value"), "{cut}");
}
