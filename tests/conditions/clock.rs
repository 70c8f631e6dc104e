//! The wall clock is set while the server runs, by hours, back and forth.

use std::{fs, path::Path};

use crate::{
    node::Node,
    support::{eventually, plugin},
};

/// Where Debian's package `libfaketime` puts the library that stands between a program and the clock.
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";

struct Clock(std::path::PathBuf);

impl Clock {
    /// The clock of a server that has not started yet.
    fn of(node: &mut Node) -> Self {
        let library = fs::read_dir("/usr/lib")
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path().join(LIBRARY))
            .find(|path| path.exists())
            .expect("this test sets a server's clock by libfaketime: on Debian, `apt-get install libfaketime` as root");
        let clock = Self(node.scratch().join("clock"));
        clock.set("+0");
        let text = |path: &Path| path.display().to_string();
        node.set_variable("LD_PRELOAD", &text(&library));
        node.set_variable("FAKETIME_TIMESTAMP_FILE", &text(&clock.0));
        // The wall clock alone, and read anew each time.
        node.set_variable("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        node.set_variable("FAKETIME_NO_CACHE", "1");
        clock
    }

    /// Moves it away from the true time, at once.
    fn set(&self, offset: &str) {
        // By a rename, so that no half a text is read.
        let new = self.0.with_extension("new");
        fs::write(&new, offset).expect("the scratch directory takes files");
        fs::rename(&new, &self.0).expect("it is ours");
    }
}

#[test]
fn a_clock_that_is_set_back_and_forth_fires_nothing_twice_and_loses_nothing() {
    let mut node = Node::stopped();
    let clock = Clock::of(&mut node);
    node.restart();
    node.tick();
    node.bind("Loops", "loops", &plugin("loop-forever"), &[]);
    let loops = node.json(&["call", "Loops"])["id"].as_str().unwrap().to_owned();
    eventually("a run that goes on", || {
        (node.json(&["run", "show", &loops])["status"] == "running").then_some(())
    });

    clock.set("-3h");
    node.says("the wall clock went back");
    let count = || {
        node.items(&[
            "run", "list", "--job", "all", "--state", "success", "--limit", "20000",
        ])
        .len()
    };
    let before = count();
    eventually("fires by the earlier clock", || (count() > before).then_some(()));

    clock.set("+2h");
    node.runs_on("fires by the later clock");
    assert_eq!(
        node.json(&["run", "show", &loops])["status"],
        "running",
        "a deadline is no matter of the wall clock"
    );
    let _ = node.run(&["run", "cancel", &loops]).ok();
    node.accounts_for_hours();
}
