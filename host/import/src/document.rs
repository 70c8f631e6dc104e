//! The jobs file: what `wasmtab apply -f` takes, with what the reviewer should know as comments.

use std::fmt::Write;

use crate::{
    names::clean,
    outcome::{Import, Weight},
};

/// The whole file, as YAML.
pub fn yaml(import: &Import) -> String {
    let mut text = String::new();
    write(&mut text, import).expect("writing to a String cannot fail");
    text
}

fn write(text: &mut String, import: &Import) -> std::fmt::Result {
    let (count, title, word) = (import.jobs.len(), import.source.title(), import.source.word());
    writeln!(
        text,
        "# {count} jobs from {title}, all of them stopped. Look through them, then:"
    )?;
    writeln!(text, "#   wasmtab apply -f THIS-FILE --source {word}")?;
    if import.jobs.is_empty() {
        text.push_str("[]\n");
    }
    for job in &import.jobs {
        writeln!(text, "\n# {}", job.origin)?;
        for finding in &job.findings {
            let word = match finding.weight {
                Weight::Decide => "decide",
                Weight::Note => "note",
            };
            writeln!(text, "# {word}: {}: {}", finding.field, clean(&finding.text))?;
        }
        // A list of one: the files' lists are lists of these.
        let item = serde_norway::to_string(&[&job.draft])
            .expect("a draft is made of texts, numbers and lists, which YAML can say");
        text.push_str(&item);
    }
    Ok(())
}
