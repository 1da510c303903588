//! The open project: its graph with history, its file, and what is known about it (problems, previews, shapes). Every
//! change of it goes through here. Must not know how any of it is shown.

mod known;
mod levels;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use weft_model::catalogue::Preset;
use weft_model::flat::NodePath;
use weft_model::shape::NetworkAnalysis;
use weft_model::{
    Document, Edit, EditError, Endpoint, Flat, Graph, Lang, Localised, Node, NodeId, NodeKind, ParamKind, Problem,
    ProjectId, Value, WireId,
};
use weft_project::{BundleHold, Opened, Project, Recovered};

use crate::previews::Previews;

pub use levels::Step;

/// Settings of the whole project in the document.
const SEED: &str = "seed";
const TITLE_EN: &str = "title.en";
const TITLE_ZH: &str = "title.zh";
const ABOUT_EN: &str = "description.en";
const ABOUT_ZH: &str = "description.zh";

fn title_in(lang: Lang) -> &'static str {
    match lang {
        Lang::En => TITLE_EN,
        Lang::Zh => TITLE_ZH,
    }
}

fn about_in(lang: Lang) -> &'static str {
    match lang {
        Lang::En => ABOUT_EN,
        Lang::Zh => ABOUT_ZH,
    }
}

/// The open project.
pub struct OpenProject {
    /// What the file holds besides graph, title and seed, which are in the document.
    header: Project,
    document: Document,
    /// The nodes that own the graph which is shown, from the outermost on; see [`Self::level`].
    level: NodePath,
    /// What runs of the graph as it is; made when it is asked for.
    flat: OnceCell<Flat<'static>>,
    file: Option<PathBuf>,
    base_dir: Option<PathBuf>,
    /// What was wrong with the file when it was read.
    reading: Vec<Problem>,
    checked: Vec<Problem>,
    checked_at: BTreeMap<NodePath, Vec<usize>>,
    checked_revision: Option<u64>,
    fixable: bool,
    previews: Previews,
    analyses: BTreeMap<NodeId, NetworkAnalysis>,
    analysed: Option<(u64, u64)>,
    /// Keep the unpacked bundles that its data lie in from being cleared.
    holds: Vec<BundleHold>,
    /// When it was saved last.
    pub saved_at: Option<jiff::Timestamp>,
}

impl OpenProject {
    fn of(project: Project, file: Option<PathBuf>, base_dir: Option<PathBuf>) -> Self {
        let mut header = project;
        let mut settings = BTreeMap::from([(SEED.to_owned(), header.seed.to_string())]);
        if let Some(title) = header.title.take() {
            settings.insert(TITLE_EN.to_owned(), title.en);
            settings.insert(TITLE_ZH.to_owned(), title.zh);
        }
        if let Some(about) = header.description.take() {
            settings.insert(ABOUT_EN.to_owned(), about.en);
            settings.insert(ABOUT_ZH.to_owned(), about.zh);
        }
        let document = Document::new(std::mem::take(&mut header.graph)).with_settings(settings);
        Self {
            header,
            document,
            level: Vec::new(),
            flat: OnceCell::new(),
            file,
            base_dir,
            reading: Vec::new(),
            checked: Vec::new(),
            checked_at: BTreeMap::new(),
            checked_revision: None,
            fixable: false,
            previews: Previews::default(),
            analyses: BTreeMap::new(),
            analysed: None,
            holds: Vec::new(),
            saved_at: None,
        }
    }

    /// An empty project.
    pub fn new() -> Self {
        Self::of(Project::new(), None, None)
    }

    /// A project that was read.
    pub fn opened(opened: Opened) -> Self {
        // What came out of a bundle lies in a scratch folder: its data are read there, but it is saved elsewhere.
        let file = (!opened.from_bundle).then_some(opened.file);
        let mut this = Self::of(opened.project, file, Some(opened.base_dir));
        this.reading = opened.problems;
        this.holds = opened.holds;
        this
    }

    /// A project that was recovered after a crash: it stands in no file as it is.
    pub fn recovered(recovered: Recovered) -> Self {
        let of_file = recovered.project_file.as_deref().and_then(Path::parent).map(Path::to_owned);
        let base_dir = recovered.base_dir.or(of_file);
        let mut this = Self::of(recovered.project, recovered.project_file, base_dir);
        this.holds = recovered.holds;
        this.document.mark_unsaved();
        this
    }

    /// The graph that is shown: that of the present level. What is changed is changed there.
    pub fn graph(&self) -> &Graph {
        self.root().at(&self.level).unwrap_or(self.root())
    }

    /// The outermost graph: all of it.
    pub fn root(&self) -> &Graph {
        self.document.graph()
    }

    /// The graph's history.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Its identifier.
    pub fn id(&self) -> ProjectId {
        self.header.id
    }

    /// What it is about.
    pub fn description(&self, lang: Lang) -> Option<&str> {
        self.document.setting(about_in(lang))
    }

    /// Says what it is about in one language; the other follows if it said the same. Changes with the same `merge_key`
    /// are one step.
    pub fn set_description(&mut self, lang: Lang, text: &str, merge_key: &str) {
        let follows = self.description(Lang::En) == self.description(Lang::Zh);
        for other in Lang::ALL.into_iter().filter(|l| *l == lang || follows) {
            self.document.set("edit-set-description", about_in(other), Some(text.to_owned()), Some(merge_key));
        }
    }

    /// All of it, as it is written.
    pub fn project(&self) -> Project {
        let both = |en, zh| {
            let text = |name| self.document.setting(name).map(str::to_owned);
            match (text(en), text(zh)) {
                (None, None) => None,
                (en, zh) => Some(Localised::new(en.unwrap_or_default(), zh.unwrap_or_default())),
            }
        };
        let (title, description) = (both(TITLE_EN, TITLE_ZH), both(ABOUT_EN, ABOUT_ZH));
        Project { graph: self.root().clone(), title, description, seed: self.seed(), ..self.header.clone() }
    }

    /// Its file; none while it was never saved.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Folder that its paths start from: the file's, or of a bundle the unpacked one.
    pub fn base_dir(&self) -> PathBuf {
        self.base_dir.clone().unwrap_or_else(|| std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")))
    }

    /// The folder that it lies in, or that its bundle was unpacked to; none while it was never saved.
    pub fn folder(&self) -> Option<&Path> {
        self.base_dir.as_deref().filter(|_| self.file.is_some() || !self.holds.is_empty())
    }

    /// The path that a run is told: that of its file, or one beside its data.
    pub fn run_path(&self) -> Option<PathBuf> {
        self.file.clone().or_else(|| self.base_dir.as_ref().map(|dir| dir.join("project.weft")))
    }

    /// What it is called: its file's name, or its title.
    pub fn name(&self, lang: Lang, unnamed: &str) -> String {
        if let Some(name) = self.file.as_ref().and_then(|f| f.file_name()) {
            return name.to_string_lossy().into_owned();
        }
        self.title(lang).filter(|t| !t.is_empty()).unwrap_or(unnamed).to_owned()
    }

    /// Its title.
    pub fn title(&self, lang: Lang) -> Option<&str> {
        self.document.setting(title_in(lang))
    }

    /// Gives it another title in one language; the other follows if it said the same. Changes with the same `merge_key`
    /// are one step.
    pub fn set_title(&mut self, lang: Lang, title: &str, merge_key: &str) {
        let follows = self.title(Lang::En) == self.title(Lang::Zh);
        for other in Lang::ALL.into_iter().filter(|l| *l == lang || follows) {
            self.document.set("edit-set-title", title_in(other), Some(title.to_owned()), Some(merge_key));
        }
    }

    /// Seed of its runs.
    pub fn seed(&self) -> u64 {
        self.document.setting(SEED).and_then(|seed| seed.parse().ok()).unwrap_or(weft_project::DEFAULT_SEED)
    }

    /// Gives its runs another seed. Changes with the same `merge_key` are one step.
    pub fn set_seed(&mut self, seed: u64, merge_key: Option<&str>) {
        self.document.set("edit-set-seed", SEED, Some(seed.to_string()), merge_key);
    }

    /// Whether something is not in the file.
    pub fn is_dirty(&self) -> bool {
        self.document.is_dirty()
    }

    /// Grows with every change.
    pub fn revision(&self) -> u64 {
        self.document.revision()
    }

    /// The project was written to `path` as it stood at `revision`.
    pub fn saved(&mut self, path: PathBuf, revision: u64, now: jiff::Timestamp) {
        if revision == self.revision() {
            self.document.mark_saved();
        }
        let base_dir = path.parent().map(Path::to_owned);
        if self.base_dir != base_dir {
            self.previews.forget_paths();
        }
        self.base_dir = base_dir;
        self.file = Some(path);
        self.saved_at = Some(now);
    }

    // ---- Changes -----------------------------------------------------------------------------------------------------

    /// Makes a change of the graph that is shown as one step.
    ///
    /// # Errors
    /// Why it cannot be made.
    pub fn apply(&mut self, label: &str, edit: Edit) -> Result<(), EditError> {
        let edit = Edit::inside(&self.level, edit);
        self.apply_to_root(label, edit)
    }

    /// Makes a change of the outermost graph as one step.
    ///
    /// # Errors
    /// Why it cannot be made.
    pub fn apply_to_root(&mut self, label: &str, edit: Edit) -> Result<(), EditError> {
        self.changing(|document| document.apply(label, edit))
    }

    /// Sets a parameter, or takes it back to its default. Changes with the same `merge_key` are one step.
    ///
    /// # Errors
    /// Why it cannot be done.
    pub fn set_param(
        &mut self,
        id: NodeId,
        param: &str,
        value: Option<Value>,
        merge_key: Option<&str>,
    ) -> Result<(), EditError> {
        self.set_params(vec![(id, param, value)], merge_key)
    }

    /// Sets parameters of any nodes, or takes them back to their defaults, as one step. Changes with the same
    /// `merge_key` are one step.
    ///
    /// # Errors
    /// Why it cannot be done; then nothing has changed.
    pub fn set_params(
        &mut self,
        values: Vec<(NodeId, &str, Option<Value>)>,
        merge_key: Option<&str>,
    ) -> Result<(), EditError> {
        let stands = |(id, param, value): &(NodeId, &str, Option<Value>)| {
            self.graph().node(*id).map(|n| n.params.get(*param)) == Some(value.as_ref())
        };
        let mut edits: Vec<Edit> = values
            .into_iter()
            .filter(|value| !stands(value))
            .map(|(id, param, value)| Edit::SetParam { id, param: param.to_owned(), value })
            .collect();
        let edit = match edits.len() {
            0 => return Ok(()),
            1 => edits.remove(0),
            _ => Edit::Batch { edits },
        };
        let edit = Edit::inside(&self.level, edit);
        self.changing(|document| document.apply_merging("edit-set-param", edit, merge_key))
    }

    /// The same for one parameter, as a step of this name.
    ///
    /// # Errors
    /// Why it cannot be done.
    pub fn set_param_as(
        &mut self,
        label: &str,
        id: NodeId,
        param: &str,
        value: Option<Value>,
        merge_key: Option<&str>,
    ) -> Result<(), EditError> {
        if self.graph().node(id).map(|n| n.params.get(param)) == Some(value.as_ref()) {
            return Ok(());
        }
        let edit = Edit::inside(&self.level, Edit::SetParam { id, param: param.to_owned(), value });
        self.changing(|document| document.apply_merging(label, edit, merge_key))
    }

    /// Makes a change of the graph that is shown. Changes with the same `merge_key` are one step.
    ///
    /// # Errors
    /// Why it cannot be made.
    pub(crate) fn apply_merging(&mut self, label: &str, edit: Edit, merge_key: Option<&str>) -> Result<(), EditError> {
        let edit = Edit::inside(&self.level, edit);
        self.changing(|document| document.apply_merging(label, edit, merge_key))
    }

    /// Takes back what was changed last, as if it had never been, if it was changed with this key.
    pub fn give_up(&mut self, merge_key: &str) {
        self.changing(|document| document.revoke(merge_key));
    }

    /// Adds a node of a kind, or of a preset of it, wired to `wire` where that is given. Returns the node.
    ///
    /// # Errors
    /// Why it cannot be added.
    pub fn add_node(
        &mut self,
        kind: &'static NodeKind,
        preset: Option<&'static Preset>,
        pos: [f64; 2],
        lang: Lang,
        wire: Option<(Endpoint, bool)>,
    ) -> Result<NodeId, EditError> {
        let label = preset.map_or(kind.label, |p| p.label).get(lang);
        let port = wire.as_ref().and_then(|(end, is_output)| self.port_at(end, *is_output));
        let mut node = Node::new(kind.id, weft_model::subgraph::free_name(self.root(), label), pos);
        if let Some((label, ty)) = port.filter(|_| node.is_boundary()) {
            // It stands for what it is wired to.
            node.name = self.graph().free_name(label.get(lang));
            if node.param(weft_model::port::TYPE).is_none_or(|v| v.as_str() != Some(ty.id())) {
                node.params.insert(weft_model::port::TYPE.to_owned(), Value::from(ty.id()));
            }
        }
        if let Some(preset) = preset {
            let value = (preset.value)();
            // A preset that is the default leaves the parameter unchanged.
            if kind.param(preset.param).and_then(|p| p.default.value()).as_ref() != Some(&value) {
                node.params.insert(preset.param.to_owned(), value);
            }
        }
        let id = NodeId::random();
        self.add("edit-add-node", Edit::AddNode { id, node }, id, wire)?;
        Ok(id)
    }

    /// Adds a node by a change of the graph that is shown, wired to `wire` where that is given, as one step.
    fn add(&mut self, label: &str, edit: Edit, id: NodeId, wire: Option<(Endpoint, bool)>) -> Result<(), EditError> {
        self.changing(|document| document.begin(label));
        let mut result = self.apply(label, edit);
        if let (Ok(()), Some((end, is_output))) = (&result, wire) {
            result = self.join(id, &end, is_output);
        }
        self.end(result)
    }

    /// Ends a step of several changes: takes it back if one could not be made.
    fn end<E>(&mut self, result: Result<(), E>) -> Result<(), E> {
        self.changing(|document| match &result {
            Ok(()) => document.commit(),
            Err(_) => document.abort(),
        });
        result
    }

    /// Wires the first port of a new node that fits to a port that is there.
    fn join(&mut self, id: NodeId, end: &Endpoint, is_output: bool) -> Result<(), EditError> {
        let Some(node) = self.graph().node(id) else { return Ok(()) };
        let candidates = if is_output { node.inputs() } else { node.outputs() };
        let own = candidates.into_iter().map(|port| Endpoint::new(id, &*port.id));
        let mut ends = own.map(|own| if is_output { (end.clone(), own) } else { (own, end.clone()) });
        match ends.find(|(from, to)| self.graph().can_connect(from, to).is_ok()) {
            Some((from, to)) => self.apply("edit-connect", self.graph().connect(from, to)),
            None => Ok(()),
        }
    }

    /// Joins two ports.
    ///
    /// # Errors
    /// Why they cannot be joined.
    pub fn connect(&mut self, from: Endpoint, to: Endpoint) -> Result<(), Localised> {
        self.graph().can_connect(&from, &to).map_err(|why| why.0)?;
        self.apply("edit-connect", self.graph().connect(from, to)).map_err(both)
    }

    /// Moves a wire's end: the wire goes, another comes, as one step.
    ///
    /// # Errors
    /// Why they cannot be joined.
    pub fn reconnect(&mut self, wire: WireId, from: Endpoint, to: Endpoint) -> Result<(), Localised> {
        let via = self.graph().wire(wire).map(|w| w.via.clone()).unwrap_or_default();
        self.changing(|document| document.begin("edit-reconnect"));
        let result = self
            .apply("edit-reconnect", Edit::RemoveWire { id: wire })
            .map_err(both)
            .and_then(|()| self.graph().can_connect(&from, &to).map_err(|why| why.0))
            .and_then(|()| {
                let mut edit = self.graph().connect(from, to);
                // It goes on by the way that it went.
                if let Edit::Batch { edits } = &mut edit
                    && let Some(Edit::AddWire { wire, .. }) = edits.last_mut()
                {
                    wire.via = via;
                }
                self.apply("edit-reconnect", edit).map_err(both)
            });
        self.end(result)
    }

    /// Takes nodes and wires away.
    ///
    /// # Errors
    /// Why they cannot be taken away.
    pub fn delete(&mut self, nodes: &[NodeId], wires: &[WireId]) -> Result<(), EditError> {
        self.take_away("edit-delete", nodes, self.graph().delete(nodes, wires))
    }

    /// Moves nodes, and the points of wires that go along, as one step.
    ///
    /// # Errors
    /// Why they cannot be moved.
    pub fn move_nodes(
        &mut self,
        moved: Vec<(NodeId, [f64; 2])>,
        led: Vec<(WireId, Vec<[f64; 2]>)>,
    ) -> Result<(), EditError> {
        let moves = moved
            .into_iter()
            .filter(|(id, pos)| self.graph().node(*id).is_some_and(|n| n.pos != *pos))
            .map(|(id, pos)| Edit::Move { id, pos });
        let edits: Vec<Edit> = moves.chain(self.lead(led)).collect();
        if edits.is_empty() {
            return Ok(());
        }
        self.apply("edit-move", Edit::Batch { edits })
    }

    /// Leads wires through other points, as one step.
    ///
    /// # Errors
    /// A wire has too many points.
    pub fn lead_wires(&mut self, led: Vec<(WireId, Vec<[f64; 2]>)>) -> Result<(), EditError> {
        let edits: Vec<Edit> = self.lead(led).collect();
        if edits.is_empty() { Ok(()) } else { self.apply("edit-reroute", Edit::Batch { edits }) }
    }

    fn lead(&self, led: Vec<(WireId, Vec<[f64; 2]>)>) -> impl Iterator<Item = Edit> {
        led.into_iter()
            .filter(|(id, via)| self.graph().wire(*id).is_some_and(|w| w.via != *via))
            .map(|(id, via)| Edit::SetVia { id, via })
    }

    /// Gives a frame or a note another size and place, as one step.
    ///
    /// # Errors
    /// Why it cannot have them.
    pub fn resize(&mut self, id: NodeId, pos: [f64; 2], size: [f32; 2]) -> Result<(), EditError> {
        let Some(node) = self.graph().node(id) else { return Err(EditError::NoNode(id)) };
        let mut edits = Vec::new();
        if node.pos != pos {
            edits.push(Edit::Move { id, pos });
        }
        for (param, extent) in ["width", "height"].into_iter().zip(size) {
            let Some(ParamKind::Float { min, max, .. }) = node.decl().and_then(|d| d.param(param)).map(|p| p.kind)
            else {
                continue;
            };
            let value = Value::Float(f64::from(extent).round().clamp(min, max));
            if node.param(param).as_ref() != Some(&value) {
                edits.push(Edit::SetParam { id, param: param.to_owned(), value: Some(value) });
            }
        }
        if edits.is_empty() { Ok(()) } else { self.apply("edit-resize", Edit::Batch { edits }) }
    }

    /// Rewrites relative folders so that they still lead to where they lead now when the project lies in `new_dir`. One
    /// step; nothing where the folders go along with the project.
    ///
    /// # Errors
    /// Why it cannot be done.
    pub fn rebase(&mut self, new_dir: &Path) -> Result<(), EditError> {
        let base_dir = self.base_dir();
        if base_dir == new_dir {
            return Ok(());
        }
        let mut edits = Vec::new();
        let nodes =
            self.root().levels().flat_map(|(path, level)| level.nodes().map(move |(id, n)| (path.clone(), id, n)));
        for (path, id, node) in nodes {
            let folders = node.decl().map_or(&[][..], |d| d.params).iter().filter(|p| p.kind == ParamKind::Folder);
            for param in folders {
                let Some(Value::Text(written)) = node.params.get(param.id) else { continue };
                let there = base_dir.join(written);
                if Path::new(written).is_absolute() || !there.is_dir() || new_dir.join(written).is_dir() {
                    continue;
                }
                let there = std::path::absolute(&there).unwrap_or(there);
                let value = match there.strip_prefix(new_dir) {
                    Ok(inside) => inside.to_string_lossy().replace('\\', "/"),
                    Err(_) => there.to_string_lossy().into_owned(),
                };
                let edit = Edit::SetParam { id, param: param.id.to_owned(), value: Some(Value::Text(value)) };
                edits.push(Edit::inside(&path, edit));
            }
        }
        if edits.is_empty() { Ok(()) } else { self.apply_to_root("edit-rebase", Edit::Batch { edits }) }
    }

    /// Takes the newest step back, and goes to where it was made.
    pub fn undo(&mut self) -> Option<Step> {
        let place = self.document.undo_steps().last().map(|step| self.place_of(&step.inverse));
        let label = self.changing(Document::undo)?;
        self.arrive(label, place)
    }

    /// Makes it again, and goes to where it was made.
    pub fn redo(&mut self) -> Option<Step> {
        let place = self.document.redo_steps().last().map(|step| self.place_of(&step.inverse));
        let label = self.changing(Document::redo)?;
        self.arrive(label, place)
    }
}

impl Default for OpenProject {
    fn default() -> Self {
        Self::new()
    }
}

fn both(error: EditError) -> Localised {
    let text = error.to_string();
    Localised::new(text.clone(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mnist() -> OpenProject {
        let project = weft_project::template("mnist").unwrap().project();
        OpenProject::of(project, None, None)
    }

    #[test]
    fn title_and_seed_are_steps_that_can_be_taken_back() {
        let mut project = mnist();
        let before = project.project();
        project.set_title(Lang::Zh, "我的", "title");
        project.set_seed(9, None);
        assert_eq!(project.project().seed, 9);
        project.undo();
        project.undo();
        assert_eq!(project.project(), before);
        assert!(!project.is_dirty());
        project.set_seed(9, None);
        assert!(project.is_dirty());
        let revision = project.revision();
        project.saved(PathBuf::from("/tmp/x.weft"), revision, jiff::Timestamp::UNIX_EPOCH);
        assert!(!project.is_dirty());
        project.set_title(Lang::En, "Mine", "title");
        assert_eq!(project.title(Lang::En), Some("Mine"));
        assert!(project.is_dirty());
    }

    #[test]
    fn folders_still_lead_to_their_data_when_the_project_is_saved_elsewhere() {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (dir.path().join("old"), dir.path().join("new"));
        std::fs::create_dir_all(old.join("data")).unwrap();
        std::fs::create_dir_all(&new).unwrap();
        let project = weft_project::template("mnist").unwrap().project();
        let mut project = OpenProject::of(project, None, Some(old.clone()));
        let data = project.graph().node_named("data").unwrap();
        let path = |p: &OpenProject| p.graph().node(data).unwrap().param("path").unwrap();
        project.rebase(&old).unwrap();
        assert_eq!(path(&project), Value::from("data"));
        project.rebase(&new).unwrap();
        assert_eq!(path(&project), Value::from(old.join("data").to_string_lossy().as_ref()));
        project.undo();
        project.rebase(dir.path()).unwrap();
        assert_eq!(path(&project), Value::from("old/data"));
    }

    #[test]
    fn a_save_that_is_overtaken_by_an_edit_leaves_the_project_dirty() {
        let mut project = mnist();
        project.set_seed(9, None);
        let revision = project.revision();
        project.set_seed(10, None);
        project.saved(PathBuf::from("/tmp/x.weft"), revision, jiff::Timestamp::UNIX_EPOCH);
        assert!(project.is_dirty());
    }

    #[test]
    fn a_node_that_is_added_to_a_wire_is_wired_and_undone_in_one_step() {
        let mut project = OpenProject::new();
        let data = weft_model::catalogue::kind("image_dataset").unwrap();
        let split = weft_model::catalogue::kind("split").unwrap();
        let a = project.add_node(data, None, [0.0, 0.0], Lang::En, None).unwrap();
        let end = Endpoint::new(a, "samples");
        project.add_node(split, None, [200.0, 0.0], Lang::En, Some((end, true))).unwrap();
        assert_eq!(project.graph().wires().len(), 1);
        project.undo();
        assert_eq!((project.graph().nodes().len(), project.graph().wires().len()), (1, 0));
        assert_eq!(project.graph().check(), Ok(()));
    }
}
