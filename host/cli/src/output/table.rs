//! Tables for people.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use serde_json::Value;

/// One column: its title, and what a row shows there.
pub(crate) struct Column {
    title: &'static str,
    show: fn(&Value) -> String,
}

/// A column.
pub(crate) const fn column(title: &'static str, show: fn(&Value) -> String) -> Column {
    Column { title, show }
}

/// Renders rows below their titles; a line that says so where there are none.
pub(crate) fn render(columns: &[Column], rows: &[Value], none: &str) -> String {
    if rows.is_empty() {
        return format!("{none}\n");
    }
    let mut table = plain();
    table.set_header(columns.iter().map(|column| column.title));
    for row in rows {
        table.add_row(columns.iter().map(|column| (column.show)(row)));
    }
    finish(&table)
}

/// Renders what is known of one thing, a line each.
pub(crate) fn facts(rows: &[(&str, String)]) -> String {
    let mut table = plain();
    // Long texts wrap beside their name, never below it.
    table.set_constraints([ColumnConstraint::ContentWidth]);
    for (name, value) in rows {
        table.add_row([*name, value.as_str()]);
    }
    finish(&table)
}

fn plain() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    // Only a terminal has a width; into a pipe goes every row on one line.
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table
}

fn finish(table: &Table) -> String {
    let mut text = String::new();
    for line in table.lines() {
        // The first column's padding would indent the whole table.
        text.push_str(line.strip_prefix(' ').unwrap_or(&line).trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::cell, *};

    #[test]
    fn wide_characters_take_two_columns() {
        let columns = [
            column("NAME", |row| cell::text(row, "/name")),
            column("ID", |row| cell::text(row, "/id")),
        ];
        let rows = [
            json!({"id": 1, "name": "数据备份"}),
            json!({"id": 20, "name": "a"}),
        ];
        assert_eq!(
            render(&columns, &rows, "no jobs"),
            "NAME      ID\n数据备份  1\na         20\n"
        );
        assert_eq!(render(&columns, &[], "no jobs"), "no jobs\n");
    }

    #[test]
    fn facts_are_lined_up() {
        let rows = [("name", "x".to_owned()), ("timezone", "UTC".to_owned())];
        assert_eq!(facts(&rows), "name      x\ntimezone  UTC\n");
    }
}
