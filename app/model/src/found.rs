//! Problems as they are found: all of them counted, and so many of each kind kept that a person can still look through
//! them. A file with a million faults must not fill the memory with sentences about each.

use std::collections::BTreeMap;

use crate::id::NodeId;
use crate::text::Localised;
use crate::validate::{Problem, Severity};

/// Problems of one kind that are kept.
pub const MOST: usize = 1_000;
/// Code of the problem that stands for those that were not kept.
pub const FURTHER: &str = "further_problems";

/// A list of problems with a bound.
#[derive(Debug, Default)]
pub struct Found {
    problems: Vec<Problem>,
    /// The nodes that own the graph which is looked at.
    path: Vec<NodeId>,
    counts: BTreeMap<&'static str, (usize, Option<Severity>)>,
}

impl Found {
    /// What is added from now on stands in the graph at the end of a path.
    pub fn enter(&mut self, path: &[NodeId]) {
        self.path = path.to_vec();
    }

    /// Adds a problem of the kind `code`; `make` is only called when there is room for it.
    pub fn add(&mut self, code: &'static str, make: impl FnOnce() -> Problem) {
        let (count, severity) = self.counts.entry(code).or_default();
        *count += 1;
        if *count <= MOST {
            let problem = make().within(&self.path);
            *severity = (*severity).max(Some(problem.severity));
            self.problems.push(problem);
        }
    }

    /// What was found, in the order in which it was; at the end one problem for each kind of which there are more.
    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems;
        for (code, (count, severity)) in self.counts {
            if count > MOST {
                let further = count - MOST;
                let problem = Problem::error(
                    FURTHER,
                    Localised::new(
                        format!("there are {further} further problems of the kind '{code}'"),
                        format!("还有 {further} 个“{code}”类问题"),
                    ),
                    Localised::new("mend the first ones, then look again", "请先处理前面的问题，再重新检查"),
                );
                problems.push(if severity == Some(Severity::Error) { problem } else { problem.warning() });
            }
        }
        problems
    }
}
