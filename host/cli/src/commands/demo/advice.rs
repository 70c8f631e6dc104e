//! What to try next, as commands that work as they are printed.

use std::{env, fmt::Write as _, path::Path};

/// The lines that follow the start.
pub(super) fn advice(url: &str, token: &str, scratch: &Path, seed_jobs: &[String]) -> String {
    let program = program();
    let seed_job = seed_jobs.first().map_or_else(String::new, |name| quoted(name));
    let mut text = format!(
        "\nwasmtab demo is up at {url}; everything is in {} and goes when you press Ctrl-C.\n\n\
         Try in another terminal:\n  export WASMTAB_SERVER={url} WASMTAB_TOKEN={token}\n",
        scratch.display()
    );
    for (arguments, what) in [
        ("job list".to_owned(), "what fires, and when next"),
        (
            format!("job next {seed_job}"),
            "the next fires of a job of the seed's",
        ),
        (format!("job trigger {seed_job} --wait"), "run it now"),
        (
            "job history flaky".to_owned(),
            "every attempt: two failures, then success",
        ),
        ("job history panics".to_owned(), "what traps"),
        (
            "run list --state timeout".to_owned(),
            "what looped, and was stopped",
        ),
        (
            "call EchoHandler --param hello --wait".to_owned(),
            "a handler without a job",
        ),
        (
            "call DataSyncHandler --param '{\"bearerSecret\": \"token\"}' --wait".to_owned(),
            "this server's jobs, page by page, into a file",
        ),
        (
            "handler show HealthCheckHandler".to_owned(),
            "what a handler may touch",
        ),
        (
            "cron explain '0 9 * * 1' --lang zh".to_owned(),
            "an expression in words",
        ),
    ] {
        // Writing to a String does not fail.
        let _ = writeln!(text, "  {program} {arguments}    # {what}");
    }
    text.push_str("\nEvery run that ends:\n");
    text
}

/// `wasmtab` where the shell finds this very program by it, else the program's path.
fn program() -> String {
    let Ok(this) = env::current_exe() else {
        return "wasmtab".into();
    };
    let on_path = env::var_os("PATH").and_then(|path| {
        env::split_paths(&path)
            .map(|dir| dir.join("wasmtab"))
            .find(|candidate| candidate.is_file())
    });
    let same = |candidate: &Path| candidate.canonicalize().ok() == this.canonicalize().ok();
    if on_path.is_some_and(|candidate| same(&candidate)) {
        "wasmtab".into()
    } else {
        quoted(&this.display().to_string())
    }
}

/// A word for a POSIX shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_split_them() {
        assert_eq!(quoted("数据备份"), "数据备份");
        assert_eq!(quoted("/opt/my tools/wasmtab"), "'/opt/my tools/wasmtab'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("系统健康检查 (fast)"), "'系统健康检查 (fast)'");
    }

    #[test]
    fn the_advice_says_where_and_as_whom() {
        let advice = advice(
            "http://127.0.0.1:1",
            "secret",
            Path::new("/scratch"),
            &["a b".into()],
        );
        assert!(
            advice.contains("export WASMTAB_SERVER=http://127.0.0.1:1 WASMTAB_TOKEN=secret\n"),
            "{advice}"
        );
        assert!(advice.contains("job trigger 'a b' --wait"), "{advice}");
    }
}
