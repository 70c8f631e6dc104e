//! Child jobs: `child_jobid` becomes `onSuccess`.

use std::collections::{BTreeMap, BTreeSet};

use wasmtab_domain::limits::{CHAIN_DEPTH, CHAINED_JOBS};

use crate::{
    names::shown,
    outcome::{Finding, Imported, Weight},
    tally::Tally,
};

/// Names each job's children. `children` stands beside `jobs`: the job's id and what it says of its children.
pub(super) fn link(jobs: &mut [Imported], children: &[(i64, Vec<String>)], tally: &mut Tally) {
    let by_id: BTreeMap<i64, usize> = children
        .iter()
        .enumerate()
        .map(|(at, (id, _))| (*id, at))
        .collect();
    let mut edges: Vec<Vec<usize>> = vec![Vec::new(); jobs.len()];
    for (at, (id, said)) in children.iter().enumerate() {
        for child in said {
            match child.parse::<i64>().ok().map(|child| (child, by_id.get(&child))) {
                // XXL-JOB passes over what is no number, and over the job itself.
                None => findings(jobs, at).push(Finding::note(
                    "onSuccess",
                    format!(
                        "child_jobid `{}` is no id; XXL-JOB passes over it too",
                        shown(child)
                    ),
                )),
                Some((child, _)) if child == *id => findings(jobs, at).push(Finding::note(
                    "onSuccess",
                    "the job is its own child; XXL-JOB passes over that too",
                )),
                Some((child, None)) => findings(jobs, at).push(Finding::decide(
                    "onSuccess",
                    format!("child job {child} is not there, or is not carried over"),
                )),
                Some((_, Some(child))) if edges[at].contains(child) => {}
                Some((_, Some(child))) => edges[at].push(*child),
            }
        }
        if edges[at].len() > CHAINED_JOBS {
            findings(jobs, at).push(Finding::decide(
                "onSuccess",
                format!(
                    "of its {} child jobs the first {CHAINED_JOBS} are named: that is the most",
                    edges[at].len()
                ),
            ));
            edges[at].truncate(CHAINED_JOBS);
        }
    }
    let Walk { cut, height } = walk(&edges);
    let mut has_parent = BTreeSet::new();
    for (at, edges) in edges.iter().enumerate() {
        for child in edges {
            let name = jobs[*child].draft.name.clone();
            if cut.contains(&(at, *child)) {
                findings(jobs, at).push(Finding::decide(
                    "onSuccess",
                    format!("`{name}` is not named: by way of its own children it leads back to this job, and a circle is refused"),
                ));
                continue;
            }
            has_parent.insert(*child);
            jobs[at].draft.on_success.push(name);
        }
        if !jobs[at].draft.on_success.is_empty() {
            tally.add("child jobs start through onSuccess, whether or not they are stopped, as in XXL-JOB");
        }
    }
    warn_of_children(jobs, &edges, &cut, &height);
    for (at, height) in height.iter().enumerate() {
        if *height > CHAIN_DEPTH as usize && !has_parent.contains(&at) {
            findings(jobs, at).push(Finding::decide(
                "onSuccess",
                format!("{height} jobs start one after another from here; wasmtab follows {CHAIN_DEPTH}"),
            ));
        }
    }
}

/// A job that starts another about which something is to be decided must wait for that too.
fn warn_of_children(
    jobs: &mut [Imported],
    edges: &[Vec<usize>],
    cut: &BTreeSet<(usize, usize)>,
    height: &[usize],
) {
    let mut order: Vec<usize> = (0..jobs.len()).collect();
    // Children before their parents.
    order.sort_by_key(|at| height[*at]);
    for at in order {
        let open: Vec<String> = edges[at]
            .iter()
            .filter(|child| !cut.contains(&(at, **child)) && is_open(&jobs[**child]))
            .map(|child| format!("`{}`", jobs[*child].draft.name))
            .collect();
        if !open.is_empty() {
            findings(jobs, at).push(Finding::decide(
                "onSuccess",
                format!(
                    "it starts {}, where something is still to be decided",
                    open.join(", ")
                ),
            ));
        }
    }
}

fn is_open(job: &Imported) -> bool {
    job.findings
        .iter()
        .any(|finding| finding.weight == Weight::Decide)
}

fn findings(jobs: &mut [Imported], at: usize) -> &mut Vec<Finding> {
    &mut jobs[at].findings
}

struct Walk {
    /// Edges that would close a circle.
    cut: BTreeSet<(usize, usize)>,
    /// How many starts follow one another from each job.
    height: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    New,
    Open,
    Done,
}

/// Depth first, without recursion: a chain may be as long as the table.
fn walk(edges: &[Vec<usize>]) -> Walk {
    let mut marks = vec![Mark::New; edges.len()];
    let mut height = vec![0; edges.len()];
    let mut cut = BTreeSet::new();
    for root in 0..edges.len() {
        if marks[root] != Mark::New {
            continue;
        }
        marks[root] = Mark::Open;
        let mut way = vec![(root, 0)];
        while let Some((at, next)) = way.last_mut() {
            let at = *at;
            let Some(child) = edges[at].get(*next).copied() else {
                marks[at] = Mark::Done;
                way.pop();
                if let Some((parent, _)) = way.last() {
                    height[*parent] = height[*parent].max(height[at] + 1);
                }
                continue;
            };
            *next += 1;
            match marks[child] {
                Mark::New => {
                    marks[child] = Mark::Open;
                    way.push((child, 0));
                }
                Mark::Open => {
                    cut.insert((at, child));
                }
                Mark::Done => height[at] = height[at].max(height[child] + 1),
            }
        }
    }
    Walk { cut, height }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_that_closes_a_circle_is_cut() {
        let walk = walk(&[vec![1], vec![2], vec![0, 3], vec![]]);
        assert_eq!(walk.cut, BTreeSet::from([(2, 0)]));
        assert_eq!(walk.height, [3, 2, 1, 0]);
    }

    #[test]
    fn a_job_reached_by_two_ways_is_no_circle() {
        let walk = walk(&[vec![1, 2], vec![3], vec![3], vec![]]);
        assert_eq!(walk.cut, BTreeSet::new());
        assert_eq!(walk.height, [2, 1, 1, 0]);
    }
}
