//! Fragments as text for the system clipboard: the text of a project that holds the copied part, so that what is copied
//! here can be pasted into another window, into a mail, or saved as a file that opens.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value as Json};
use weft_model::clipboard::Fragment;
use weft_model::{Endpoint, Localised, Wire};

use crate::error::{ProjectError, ProjectErrorKind};
use crate::{Project, format};

/// The field that holds the wires that came from outside.
const FIELD: &str = "fragment";
/// Name under which errors speak of the text.
const NAME: &str = "the clipboard";

/// The text of a fragment.
pub fn fragment_to_text(fragment: &Fragment) -> String {
    let end = |end: &Endpoint| Json::from(format!("{}.{}", end.node, end.port));
    let inputs: Vec<Json> = fragment
        .inputs()
        .iter()
        .map(|w| Json::Object(Map::from_iter([("from".into(), end(&w.from)), ("to".into(), end(&w.to))])))
        .collect();
    let mut project = Project::with_graph(fragment.graph().clone());
    project.extra =
        BTreeMap::from([(FIELD.to_owned(), Json::Object(Map::from_iter([("inputs".into(), Json::Array(inputs))])))]);
    project.to_text()
}

/// Reads what [`fragment_to_text`] wrote, or the text of a whole project. What is wrong with single nodes and wires is
/// mended or left out as it is when a file is opened.
///
/// # Errors
/// The text is something else, or of a newer version of the program.
pub fn fragment_from_text(text: &str) -> Result<Fragment, ProjectError> {
    let path = Path::new(NAME);
    let (mut project, _problems) = format::read_str(text, path).map_err(|error| match error.kind() {
        // Any other text lies on a clipboard most of the time: where its JSON is at fault would only puzzle.
        ProjectErrorKind::Syntax { .. } | ProjectErrorKind::NotAProject => ProjectError::new(
            ProjectErrorKind::NotAProject,
            path,
            Localised::new("the clipboard holds no nodes", "剪贴板中没有节点"),
            Localised::new("copy some nodes first", "请先复制节点"),
        ),
        _ => error,
    })?;
    let end = |value: &Json, name: &str| {
        let (node, port) = value.get(name)?.as_str()?.split_once('.')?;
        Some(Endpoint::new(node.parse().ok()?, port))
    };
    let field = project.extra.remove(FIELD);
    let inputs = field.as_ref().and_then(|f| f.get("inputs")?.as_array()).into_iter().flatten();
    let inputs: Vec<Wire> = inputs.filter_map(|w| Some(Wire::new(end(w, "from")?, end(w, "to")?))).collect();
    Ok(Fragment::new(project.graph, inputs))
}
