//! A command of a crontab: what the shell is given, what stands on its standard input, and a name for the handler.

/// The handler where the command names no program.
const NAMELESS: &str = "CommandHandler";
/// What prepares the program that does the work.
const PREPARING: [&str; 12] = [
    "cd", "test", "[", "command", ".", "source", "export", "umask", "ulimit", "sleep", "true", ":",
];
/// What runs the program that follows it.
const RUNNERS: [&str; 12] = [
    "sudo", "nice", "ionice", "env", "exec", "time", "timeout", "flock", "chronic", "nohup", "setsid",
    "stdbuf",
];
/// What runs the script that follows it.
const INTERPRETERS: [&str; 11] = [
    "sh", "bash", "dash", "zsh", "ksh", "perl", "ruby", "php", "node", "java", "python",
];

/// A command.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Command {
    /// Up to the first `%`, whose escapes are undone.
    pub(super) line: String,
    /// What cron writes to its standard input.
    input: String,
    /// Whether anything stood behind a `%`.
    pub(super) has_input: bool,
    /// Whether a flag of cron's own stood before it.
    pub(super) has_flag: bool,
}

impl Command {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        // cronie: `-n` mails only what a failed command has printed.
        let bare = text.strip_prefix("-n ").or(text.strip_prefix("-n\t"));
        let has_flag = bare.is_some();
        let (line, input) = split_input(bare.unwrap_or(text).trim_start());
        if line.trim().is_empty() {
            return Err("has no command before the `%`".into());
        }
        Ok(Self {
            line: line.trim_end().to_owned(),
            has_input: input.is_some(),
            input: input.unwrap_or_default(),
            has_flag,
        })
    }

    /// The command line, and below it the lines of its standard input.
    pub(super) fn param(&self) -> String {
        if self.has_input {
            format!("{}\n{}", self.line, self.input)
        } else {
            self.line.clone()
        }
    }

    pub(super) fn first_word(&self) -> &str {
        self.line.split_ascii_whitespace().next().unwrap_or_default()
    }

    /// `/opt/sync_orders.py --all` is for a `SyncOrdersHandler`.
    pub(super) fn handler_name(&self) -> String {
        program(&self.line, 0).map_or_else(|| NAMELESS.to_owned(), |program| pascal(&program))
    }
}

/// As cron does it: the first bare `%` ends the command, further ones end lines of its input, `\%` is a `%`.
fn split_input(text: &str) -> (String, Option<String>) {
    let (mut line, mut input) = (String::new(), None::<String>);
    let mut escaped = false;
    for c in text.chars() {
        let into = input.as_mut().unwrap_or(&mut line);
        match c {
            '%' if escaped => {
                into.pop();
                into.push('%');
            }
            '%' => match &mut input {
                Some(input) => input.push('\n'),
                None => input = Some(String::new()),
            },
            other => into.push(other),
        }
        escaped = c == '\\' && !escaped;
    }
    (line, input)
}

/// The base name of the program that does the work.
fn program(line: &str, depth: u8) -> Option<String> {
    let words = words(line);
    words
        .split(|word| matches!(word.as_str(), "&&" | "||" | ";" | "|" | "&"))
        .find_map(|simple| simple_program(simple, depth))
}

fn simple_program(words: &[String], depth: u8) -> Option<String> {
    let mut rest = words.iter();
    let mut behind_runner = false;
    // Words that belong to a runner: a user, a lock file.
    let mut arguments = 0;
    loop {
        let word = rest.next()?;
        let base = base_name(word);
        let is_number = base.starts_with(|c: char| c.is_ascii_digit());
        if word.contains('=') || word.starts_with(['>', '<', '(', '{', '!']) {
            continue;
        }
        if behind_runner && word.starts_with('-') {
            arguments += usize::from(word == "-u" || word == "-g");
            continue;
        }
        if behind_runner && is_number {
            continue;
        }
        if arguments > 0 {
            arguments -= 1;
            continue;
        }
        if PREPARING.contains(&base) {
            return None;
        }
        if RUNNERS.contains(&base) {
            behind_runner = true;
            arguments = usize::from(base == "flock");
            continue;
        }
        let interpreter = base.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        if !INTERPRETERS.contains(&interpreter) {
            return Some(base.to_owned());
        }
        return script(rest.as_slice(), depth).or_else(|| Some(base.to_owned()));
    }
}

/// What an interpreter is told to run.
fn script(words: &[String], depth: u8) -> Option<String> {
    let at = words
        .iter()
        .position(|word| !word.starts_with('-') || word == "-m")?;
    let flag = at.checked_sub(1).map(|before| words[before].as_str());
    let word = &words[at];
    if word == "-m" {
        return words.get(at + 1).cloned();
    }
    match flag {
        // A command within the command; once is enough.
        Some(flag) if flag.ends_with('c') && depth == 0 => program(word, depth + 1),
        Some(flag) if flag.ends_with(['c', 'e', 'r']) && flag != "-jar" => None,
        _ => Some(base_name(word).to_owned()),
    }
}

fn base_name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// Words as the shell parts them: quotes hold together, `&&`, `;` and their like stand alone.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let last = words.len() - 1;
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => quote = Some(c),
            (' ' | '\t', None) => words.push(String::new()),
            // The & of `2>&1` parts nothing.
            (';' | '&' | '|', None) if !words[last].ends_with('>') => {
                let mut separator = String::from(c);
                if chars.peek() == Some(&c) {
                    separator.extend(chars.next());
                }
                words.extend([separator, String::new()]);
            }
            (c, _) => words[last].push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn pascal(program: &str) -> String {
    let stem = [".sh", ".bash", ".py", ".pl", ".rb", ".php", ".js", ".jar", ".exe"]
        .into_iter()
        .find_map(|extension| program.strip_suffix(extension))
        .unwrap_or(program);
    let mut name = String::new();
    for part in stem
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
    {
        let (first, rest) = part.split_at(1);
        name.push_str(&first.to_ascii_uppercase());
        name.push_str(rest);
    }
    match name.as_str() {
        "" | "Handler" => NAMELESS.to_owned(),
        _ if name.ends_with("Handler") => name,
        _ => format!("{name}Handler"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_handler_is_named_after_the_program_that_does_the_work() {
        for (command, handler) in [
            ("/usr/local/bin/backup.sh --full", "BackupHandler"),
            ("pg_dump -Fc shop > /backup/shop.dump", "PgDumpHandler"),
            ("cd /srv/app && ./sync-orders", "SyncOrdersHandler"),
            (
                "cd /srv/app && /usr/bin/python3 manage.py clearsessions",
                "ManageHandler",
            ),
            (
                "LANG=C nice -n 19 ionice -c3 /opt/report.pl >/dev/null 2>&1",
                "ReportHandler",
            ),
            ("flock -n /run/x.lock timeout 300 /opt/x/run.sh", "RunHandler"),
            (
                "test -x /usr/sbin/anacron || run-parts --report /etc/cron.daily",
                "RunPartsHandler",
            ),
            (
                "[ -x /usr/lib/php/sessionclean ] && /usr/lib/php/sessionclean",
                "SessioncleanHandler",
            ),
            ("bash -c 'cd /x && ./deploy.sh'", "DeployHandler"),
            ("/usr/bin/env php -q /var/www/cron.php", "CronHandler"),
            ("python3 -m shop.jobs.expire", "ShopJobsExpireHandler"),
            ("java -jar /opt/batch-runner.jar nightly", "BatchRunnerHandler"),
            ("sudo -u www-data php artisan schedule:run", "ArtisanHandler"),
            ("perl -e 'print 1'", "PerlHandler"),
            ("/opt/OrderTimeoutHandler", "OrderTimeoutHandler"),
            ("/opt/备份.sh", "CommandHandler"),
            ("cd /", "CommandHandler"),
            ("curl -s 'http://x/?a=1&b=2' ; logger done", "CurlHandler"),
        ] {
            assert_eq!(
                Command::read(command).unwrap().handler_name(),
                handler,
                "{command}"
            );
        }
    }

    #[test]
    fn a_percent_sign_ends_the_command_and_parts_its_input() {
        let command = Command::read("mail -s hi root%Dear%you%").unwrap();
        assert_eq!(command.param(), "mail -s hi root\nDear\nyou\n");
        let command = Command::read(r"date +\%F > /tmp/x").unwrap();
        assert_eq!(
            (command.param().as_str(), command.has_input),
            ("date +%F > /tmp/x", false)
        );
        assert_eq!(Command::read(r"cat%50\% off").unwrap().param(), "cat\n50% off");
        assert!(Command::read("%x").is_err());
    }
}
