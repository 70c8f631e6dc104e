//! The report as CSV (RFC 4180) and as an HTML page that needs nothing else.

use super::summary::{Counts, Summary};
use std::fmt::Write;

pub(crate) fn csv(summary: &Summary) -> String {
    let mut text = String::from("folder,files,bytes,writtenLastWeek\r\n");
    for (folder, counts) in rows(summary) {
        // Writing to a string does not fail; so below.
        let _ = write!(
            text,
            "{},{},{},{}\r\n",
            quoted(folder),
            counts.files,
            counts.bytes,
            counts.recent
        );
    }
    text
}

pub(crate) fn html(summary: &Summary, title: &str, directory: &str, date: &str) -> String {
    let (title, directory, date) = (escaped(title), escaped(directory), escaped(date));
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title} {date}</title>\n\
         <style>body{{font-family:sans-serif;margin:2em}}td,th{{padding:.2em 1em;text-align:right}}\
         td:first-child,th:first-child{{text-align:left}}</style>\n\
         <h1>{title}</h1>\n<p>{directory}, {date}</p>\n\
         <table>\n<tr><th>Folder<th>Files<th>Bytes<th>Written in the last week</tr>\n"
    );
    for (folder, counts) in rows(summary) {
        let _ = writeln!(
            text,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(folder),
            counts.files,
            counts.bytes,
            counts.recent
        );
    }
    text.push_str("</table>\n<h2>Since the last report</h2>\n");
    match &summary.changes {
        None => text.push_str("<p>This is the first one.</p>\n"),
        Some(changes) => {
            let _ = writeln!(
                text,
                "<p>{} added, {} changed, {} removed</p>\n<ul>",
                changes.added, changes.changed, changes.removed
            );
            for name in &changes.names {
                let _ = writeln!(text, "<li>{}</li>", escaped(name));
            }
            text.push_str("</ul>\n");
        }
    }
    text.push_str("</html>\n");
    text
}

fn rows(summary: &Summary) -> impl Iterator<Item = (&str, &Counts)> {
    let folders = summary
        .folders
        .iter()
        .map(|(folder, counts)| (folder.as_str(), counts));
    folders.chain([("total", &summary.total)])
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        assert_eq!(quoted("plain"), "plain");
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
    }

    #[test]
    fn markup_in_names_stays_text() {
        assert_eq!(escaped("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
    }
}
