//! What is known about a project beyond what it says: its problems, what its nodes give, and the shapes of its networks.

use std::time::Instant;

use weft_model::shape::{self, NetworkAnalysis, Schemas};
use weft_model::{NodeId, Problem, Severity, flatten};
use weft_protocol::Command;

use super::OpenProject;
use crate::previews::{NodePreview, Previews};

impl OpenProject {
    /// All problems that are known, errors first.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        let all = || self.checked.iter().chain(&self.reading);
        let errors = all().filter(|p| p.severity == Severity::Error);
        errors.chain(all().filter(|p| p.severity != Severity::Error))
    }

    /// Those at one node of the graph that is shown, or within it.
    pub fn problems_at(&self, node: NodeId) -> impl Iterator<Item = &Problem> {
        let path = self.path_of(node);
        let reading = self.reading.iter();
        let (from, under, read) = (path.clone(), path.clone(), path);
        let checked = self.checked_at.range(from..).take_while(move |(at, _)| at.starts_with(&under));
        let checked = checked.flat_map(|(_, found)| found).filter_map(|index| self.checked.get(*index));
        checked.chain(reading.filter(move |p| p.node_path().is_some_and(|at| at.starts_with(&read))))
    }

    /// Takes in what a check of the graph at a revision of the document found; whether it is not what was known.
    pub fn set_problems(&mut self, revision: u64, problems: Vec<Problem>) -> bool {
        self.checked_revision = Some(revision);
        if self.checked == problems {
            return false;
        }
        self.checked_at.clear();
        for (index, path) in problems.iter().enumerate().filter_map(|(index, p)| Some((index, p.node_path()?))) {
            self.checked_at.entry(path).or_default().push(index);
        }
        self.fixable = problems.iter().any(|p| p.fixes.iter().any(|f| f.automatic));
        self.checked = problems;
        true
    }

    /// Whether the problems are those of the graph as it is now.
    pub fn is_checked(&self) -> bool {
        self.checked_revision == Some(self.document.revision())
    }

    /// Whether some problem can be fixed without asking anything.
    pub fn is_fixable(&self) -> bool {
        self.fixable
    }

    /// What keeps it from running, as far as can be said without looking at files, and what the last look at the files
    /// found.
    pub fn errors_before_run(&self) -> Vec<Problem> {
        let mut out = weft_model::validate::validate(self.root(), &self.schemas());
        if self.checked_revision == Some(self.document.revision()) {
            out.extend(self.checked.iter().filter(|p| p.code == "missing_data").cloned());
        }
        out
    }

    // ---- Previews and shapes -----------------------------------------------------------------------------------------

    /// What is to be asked of the engine because nodes that give data are new, have changed, or are gone.
    pub fn preview_requests(&mut self, now: Instant) -> Vec<Command> {
        let (base_dir, seed) = (self.base_dir(), self.seed());
        let flat = self.flat.get_or_init(|| flatten(self.document.graph()).into_owned());
        self.previews.requests(flat.graph(), self.document.run_revision(), seed, &base_dir, now)
    }

    /// What is known of what a node of the graph that is shown gives, by looking at its data.
    pub fn preview(&self, node: NodeId) -> Option<&NodePreview> {
        self.previews.get(self.run_id(node))
    }

    /// What is known of what all nodes give, by the identifiers under which they run; see [`Self::run_id`].
    pub fn previews(&self) -> &Previews {
        &self.previews
    }

    /// The same, to take answers in.
    pub fn previews_mut(&mut self) -> &mut Previews {
        &mut self.previews
    }

    /// Shapes and classes of the data, as far as they are known.
    pub fn schemas(&self) -> Schemas {
        self.previews.schemas()
    }

    /// Brings the shapes of the networks up to date; whether they are others now.
    pub fn analyse(&mut self) -> bool {
        let now = (self.document.run_revision(), self.previews.schemas_revision());
        if self.analysed == Some(now) {
            return false;
        }
        let analyses = shape::analyse_networks(self.flat().graph(), &self.schemas());
        self.analysed = Some(now);
        let others = self.analyses != analyses;
        self.analyses = analyses;
        others
    }

    /// Shapes and cost of a network of the graph that is shown, where it is known what it is given.
    pub fn analysis(&self, network: NodeId) -> Option<&NetworkAnalysis> {
        self.analyses.get(&self.run_id(network))
    }
}
