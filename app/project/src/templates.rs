//! Projects to begin with: what `weft new --template` and the start page offer.

use std::collections::BTreeMap;

use weft_model::text::t;
use weft_model::{Edit, Endpoint, Graph, Node, NodeId, Text, Value, Wire, WireId};

use crate::Project;

/// Position of a node among its template's, and a port.
type End = (usize, &'static str);

/// A project to begin with.
#[derive(Debug, Clone, Copy)]
pub struct Template {
    /// Identifier, as `weft new --template` takes it.
    pub id: &'static str,
    /// What a person calls it.
    pub title: Text,
    /// What it does, in a sentence.
    pub sentence: Text,
    /// Kind, name and place of the nodes; a wire names them by position.
    nodes: &'static [(&'static str, &'static str, [f64; 2])],
    /// Output and input of each wire.
    wires: &'static [(End, End)],
    /// Parameters that are set.
    params: &'static [(usize, &'static str, &'static str)],
}

static TEMPLATES: [Template; 2] = [
    Template {
        id: "empty",
        title: t("Empty", "空白"),
        sentence: t("An empty canvas.", "一张空白画布。"),
        nodes: &[],
        wires: &[],
        params: &[],
    },
    Template {
        id: "mnist",
        title: t("MNIST", "MNIST"),
        sentence: t(
            "LeNet-5 learns handwritten digits from 60,000 images and is judged on 10,000 others.",
            "学习识别手写数字：用 60,000 张图像训练 LeNet-5，再用另外 10,000 张评判。",
        ),
        nodes: &[
            ("image_dataset", "data", [0.0, 100.0]),
            ("split", "split", [280.0, 10.0]),
            ("normalise", "normalise", [540.0, 20.0]),
            ("network", "network", [280.0, 330.0]),
            ("train", "train", [820.0, 70.0]),
            ("evaluate", "evaluate", [540.0, 400.0]),
        ],
        wires: &[
            ((0, "samples"), (1, "samples")),
            ((1, "train"), (2, "train")),
            ((1, "validation"), (2, "validation")),
            ((1, "test"), (2, "test")),
            ((2, "train"), (4, "train")),
            ((2, "validation"), (4, "validation")),
            ((3, "network"), (4, "network")),
            ((4, "model"), (5, "model")),
            ((2, "test"), (5, "test")),
        ],
        params: &[(0, "path", "data")],
    },
];

/// All templates, in the order in which the start page shows them.
pub fn templates() -> &'static [Template] {
    &TEMPLATES
}

/// The template called `id`.
pub fn template(id: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|t| t.id == id)
}

impl Template {
    /// A new project of it, under an identifier of its own. Nodes and wires are numbered from 1.
    pub fn project(&self) -> Project {
        let node_id = |n: usize| NodeId(n as u64 + 1);
        let mut graph = Graph::default();
        let nodes = self.nodes.iter().enumerate().map(|(n, (kind, name, pos))| {
            let set = self.params.iter().filter(|(at, ..)| *at == n);
            let params: BTreeMap<_, _> = set.map(|(_, id, v)| ((*id).to_owned(), Value::from(*v))).collect();
            Edit::AddNode { id: node_id(n), node: Node { params, ..Node::new(*kind, *name, *pos) } }
        });
        let wires = self.wires.iter().enumerate().map(|(n, ((from, output), (to, input)))| {
            let wire = Wire::new(Endpoint::new(node_id(*from), *output), Endpoint::new(node_id(*to), *input));
            Edit::AddWire { id: WireId(n as u64 + 1), wire }
        });
        for edit in nodes.chain(wires) {
            if let Err(error) = graph.apply(edit) {
                // The declarations above are what the tests build and validate.
                log::error!("template {}: {error}", self.id);
            }
        }
        let titled = !self.nodes.is_empty();
        Project {
            title: titled.then(|| self.title.into()),
            description: titled.then(|| self.sentence.into()),
            ..Project::with_graph(graph)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_whole_and_valid() {
        for template in templates() {
            let project = template.project();
            assert_eq!(project.graph.nodes().len(), template.nodes.len());
            assert_eq!(project.graph.wires().len(), template.wires.len());
            assert_eq!(project.graph.check(), Ok(()));
            let errors = weft_model::validate::validate(&project.graph, &BTreeMap::new());
            assert!(errors.iter().all(|p| p.code == "empty_graph"), "{errors:?}");
        }
        let ids: Vec<_> = templates().iter().map(|t| t.id).collect();
        assert_eq!(ids, ["empty", "mnist"]);
        assert!(template("none").is_none());
    }
}
