//! The system clipboard: what is copied reads back, and whatever else lies there is refused in words.

use proptest::prelude::*;
use weft_model::clipboard::copy;
use weft_model::{Graph, NodeId};
use weft_project::{Project, ProjectErrorKind, fragment_from_text, fragment_to_text};

use crate::strategies::graph;

proptest! {
    #[test]
    fn what_is_copied_reads_back(graph in graph(), nodes in prop::collection::vec(0_u64..8, 0..8)) {
        let nodes: Vec<NodeId> = nodes.into_iter().map(NodeId).collect();
        let fragment = copy(&graph, &nodes);
        prop_assert_eq!(fragment_from_text(&fragment_to_text(&fragment)).unwrap(), fragment);
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let error = fragment_from_text(&text).unwrap_err();
        prop_assert_eq!(error.kind(), ProjectErrorKind::NotAProject);
    }

    #[test]
    fn a_text_that_was_cut_or_changed_never_pastes_what_must_not_be(
        graph in graph(), at in any::<prop::sample::Index>(), with in "[\\x20-\\x7e]{0,4}", cut in 0_usize..20,
    ) {
        let text = fragment_to_text(&copy(&graph, &(0..8).map(NodeId).collect::<Vec<_>>()));
        let places: Vec<usize> = text.char_indices().map(|(i, _)| i).collect();
        let from = at.index(places.len());
        let end = places.get(from + cut).copied().unwrap_or(text.len());
        let changed = format!("{}{with}{}", &text[..places[from]], &text[end..]);
        if let Ok(fragment) = fragment_from_text(&changed) {
            let mut target = graph.clone();
            let (edit, _) = fragment.paste(&graph, [0.0; 2], true);
            if target.apply(edit).is_ok() {
                prop_assert_eq!(target.check(), Ok(()));
            } else {
                prop_assert_eq!(&target, &graph);
            }
        }
    }
}

#[test]
fn a_whole_project_may_be_pasted() {
    let project = weft_project::template("mnist").unwrap().project();
    let fragment = fragment_from_text(&project.to_text()).unwrap();
    assert_eq!(fragment.graph(), &project.graph);
}

#[test]
fn the_text_of_a_fragment_opens_as_a_project() {
    let project = weft_project::template("mnist").unwrap().project();
    let train = project.graph.node_named("train").unwrap();
    let text = fragment_to_text(&copy(&project.graph, &[train]));
    let (opened, problems) = weft_project::read_str(&text, std::path::Path::new("pasted")).unwrap();
    assert_eq!(problems, []);
    assert_eq!(opened.graph.nodes().len(), 1);
}

#[test]
fn what_is_not_ours_is_refused_in_words() {
    for text in ["", "hello", "{\"a\": 1}", "[1, 2", "{\"format\": \"other\"}"] {
        let error = fragment_from_text(text).unwrap_err();
        assert_eq!(error.to_string(), "the clipboard holds no nodes: copy some nodes first");
    }
    let newer =
        Project::with_graph(Graph::default()).to_text().replace("\"format_version\": 3", "\"format_version\": 9");
    assert_eq!(fragment_from_text(&newer).unwrap_err().kind(), ProjectErrorKind::Newer { found: 9, supported: 3 });
}
