//! A search field over the window with a list of answers: the command palette, and find for nodes. What is done with an
//! answer is for the application.

use std::cmp::Reverse;

use egui::{Align, Align2, Frame, Id, Layout, Margin, Modal, RichText, ScrollArea, Ui, vec2};
use weft_model::flat::NodePath;
use weft_model::{Graph, Lang};

use crate::commands::{Situation, UiCommand};
use crate::i18n::Tr;
use crate::icons;
use crate::list_keys::ListKeys;
use crate::node_views::icon_of;
use crate::palette::match_score;
use crate::theme::Theme;
use crate::widgets;

/// So many answers are listed at most; how many more there are is said below them.
const MOST: usize = 100;
/// Width of the list [points].
const WIDTH: f32 = 460.0;
/// Height of the list [points].
const HEIGHT: f32 = 340.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Among {
    Nodes,
    Commands,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A node of the project, at any level: where it stands.
    Node(NodePath),
    /// A command.
    Command(UiCommand),
}

/// What came of a frame of the search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on.
    Open,
    /// It was given up.
    Closed,
    /// This one.
    Chosen(Found),
}

#[derive(Debug, Clone, PartialEq)]
struct Answer {
    found: Found,
    name: String,
    /// Kind of a node, or where a command stands.
    detail: String,
    icon: &'static str,
    enabled: bool,
}

/// What the answers depend on.
#[derive(Debug, Clone, PartialEq)]
struct Question {
    query: String,
    revision: Option<u64>,
    now: Situation,
    lang: Lang,
}

/// The search.
#[derive(Debug)]
pub struct Finder {
    among: Among,
    query: String,
    keys: ListKeys,
    fresh: bool,
    answered: Option<Question>,
    answers: Vec<Answer>,
    /// How many more there are than are listed.
    more: usize,
}

impl Finder {
    /// Finds nodes.
    pub fn nodes() -> Self {
        Self::new(Among::Nodes)
    }

    /// Finds commands.
    pub fn commands() -> Self {
        Self::new(Among::Commands)
    }

    fn new(among: Among) -> Self {
        Self {
            among,
            query: String::new(),
            keys: ListKeys::default(),
            fresh: true,
            answered: None,
            answers: Vec::new(),
            more: 0,
        }
    }

    /// Shows it. `graph` is the open project's, with its revision.
    pub fn ui(
        &mut self,
        ctx: &egui::Context,
        theme: &Theme,
        tr: &Tr,
        now: &Situation,
        graph: Option<(&Graph, u64)>,
    ) -> Outcome {
        self.answer(tr, now, graph);
        let pressed = self.keys.take(ctx, self.answers.len());
        if pressed.escape {
            return Outcome::Closed;
        }
        let mut chosen = pressed.enter.and_then(|index| self.answers.get(index)).cloned();
        let id = Id::unique("finder");
        let area = Modal::default_area(id).anchor(Align2::CENTER_TOP, vec2(0.0, 72.0));
        let frame = Frame::window(&ctx.global_style()).inner_margin(Margin::same(8));
        let modal = Modal::new(id).area(area).frame(frame).backdrop_color(theme.veil()).show(ctx, |ui| {
            ui.set_width(WIDTH);
            let hint = match self.among {
                Among::Nodes => tr.t("finder-nodes"),
                Among::Commands => tr.t("finder-commands"),
            };
            let field = widgets::search_field(ui, theme, &mut self.query, hint, None, hint);
            if std::mem::take(&mut self.fresh) {
                field.request_focus();
            }
            if field.changed() {
                self.keys.restart();
            }
            ui.add_space(4.0);
            ScrollArea::vertical().max_height(HEIGHT).min_scrolled_height(HEIGHT).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                for (index, answer) in self.answers.iter().enumerate() {
                    let row = self.row(ui, theme, tr, index, answer);
                    if row.clicked() {
                        chosen = Some(answer.clone());
                    }
                    if pressed.moved && index == self.keys.highlighted() {
                        row.scroll_to_me(None);
                    }
                }
                if self.answers.is_empty() {
                    ui.label(widgets::muted(tr.t("finder-nothing"), theme));
                }
                if self.more > 0 {
                    ui.label(widgets::muted(tr.fmt("finder-more", &[("n", self.more.into())]), theme));
                }
            });
        });
        match chosen {
            // What cannot be done now is listed, so that it is found, and says so by its colour.
            Some(answer) if answer.enabled => Outcome::Chosen(answer.found),
            _ if modal.should_close() => Outcome::Closed,
            _ => Outcome::Open,
        }
    }

    fn row(&self, ui: &mut Ui, theme: &Theme, tr: &Tr, index: usize, answer: &Answer) -> egui::Response {
        let ink = if answer.enabled { theme.text } else { theme.faint };
        let id = Id::unique(("finder", index));
        widgets::row(ui, theme, id, 26.0, index == self.keys.highlighted(), &answer.name, |ui| {
            ui.label(icons::text(answer.icon, 15.0, ink));
            ui.label(RichText::new(&answer.name).color(ink));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if let Found::Command(command) = answer.found {
                    let keys = command.shortcut_text(ui.ctx());
                    if !keys.is_empty() {
                        ui.label(RichText::new(keys).font(theme.mono_small()).color(theme.muted));
                        return;
                    }
                }
                ui.label(widgets::muted(tr.t(&answer.detail), theme));
            });
        })
    }

    /// Brings the answers up to date, if the question is another one.
    fn answer(&mut self, tr: &Tr, now: &Situation, graph: Option<(&Graph, u64)>) {
        let question =
            Question { query: self.query.clone(), revision: graph.map(|(_, r)| r), now: *now, lang: tr.lang() };
        if self.answered.as_ref() == Some(&question) {
            return;
        }
        let query = self.query.trim().to_lowercase();
        let mut found = match self.among {
            Among::Commands => commands(&query, tr, now),
            Among::Nodes => graph.map_or_else(Vec::new, |(graph, _)| nodes(&query, tr, graph)),
        };
        found.sort_by_key(|(score, _)| Reverse(*score));
        self.more = found.len().saturating_sub(MOST);
        found.truncate(MOST);
        self.answers = found.into_iter().map(|(_, answer)| answer).collect();
        self.answered = Some(question);
    }
}

/// The best score of some texts, each with what it counts for besides; an empty query is answered by everything.
fn best<'a>(query: &str, texts: impl IntoIterator<Item = (u32, &'a str)>) -> Option<u32> {
    if query.is_empty() {
        return Some(0);
    }
    texts.into_iter().filter_map(|(worth, text)| Some(worth + match_score(&text.to_lowercase(), query)?)).max()
}

fn commands(query: &str, tr: &Tr, now: &Situation) -> Vec<(u32, Answer)> {
    let all = UiCommand::all().filter(|c| *c != UiCommand::CommandPalette);
    all.filter_map(|command| {
        let name = tr.t(command.label());
        // The key of a label is its English wording, more or less: it is found in any language.
        let key = command.label().trim_start_matches("cmd-");
        let enabled = command.enabled(now);
        let score = best(query, [(50, name), (0, key)])?;
        // What can be done comes before what cannot, unless the other answers much better.
        let score = if enabled { score + 15 } else { score };
        let answer = Answer {
            found: Found::Command(command),
            name: name.to_owned(),
            detail: command.menu().label().to_owned(),
            icon: command.icon(),
            enabled,
        };
        Some((score, answer))
    })
    .collect()
}

fn nodes(query: &str, tr: &Tr, graph: &Graph) -> Vec<(u32, Answer)> {
    let mut found: Vec<(u32, Answer)> = Vec::new();
    for (level, inner) in graph.levels() {
        let owners = (1..=level.len()).filter_map(|n| graph.node_at(&level[..n])).map(|node| node.name.as_str());
        let place = owners.collect::<Vec<_>>().join(" › ");
        for (id, node) in inner.nodes() {
            let decl = node.decl();
            let kind = decl.map_or(node.kind.as_str(), |d| tr.text(d.label));
            let english = decl.map_or("", |d| d.label.en);
            let texts = [(50, node.name.as_str()), (0, kind), (0, english), (0, node.kind.as_str())];
            let Some(score) = best(query, texts) else { continue };
            let answer = Answer {
                found: Found::Node(level.iter().copied().chain([id]).collect()),
                name: node.name.clone(),
                detail: if place.is_empty() { kind.to_owned() } else { format!("{kind} · {place}") },
                icon: icon_of(node),
                enabled: true,
            };
            found.push((score, answer));
        }
    }
    found.sort_by(|a, b| a.1.name.cmp(&b.1.name));
    found
}

#[cfg(test)]
mod tests {
    use weft_model::{Edit, Node, NodeId};

    use super::*;

    fn names(among: Among, lang: Lang, query: &str, graph: &Graph) -> Vec<String> {
        let mut finder = Finder::new(among);
        finder.query = query.to_owned();
        let now = Situation { project: true, selected_nodes: 1, ..Situation::default() };
        finder.answer(&Tr::new(lang), &now, Some((graph, 0)));
        finder.answers.into_iter().map(|a| a.name).collect()
    }

    #[test]
    fn commands_are_found_by_their_name_in_either_language_and_by_letters_in_order() {
        let none = Graph::default();
        let first = |lang, query| names(Among::Commands, lang, query, &none).into_iter().next();
        assert_eq!(first(Lang::En, "undo").as_deref(), Some("Undo"));
        assert_eq!(first(Lang::En, "paste k").as_deref(), Some("Paste keeping inputs"));
        assert_eq!(first(Lang::En, "slctall").as_deref(), Some("Select all"));
        assert_eq!(first(Lang::Zh, "撤").as_deref(), Some("撤销"));
        assert_eq!(first(Lang::Zh, "undo").as_deref(), Some("撤销"));
        assert_eq!(first(Lang::En, "no such thing"), None);
        assert_eq!(names(Among::Commands, Lang::En, "", &none).len(), UiCommand::all().len() - 1);
    }

    #[test]
    fn what_cannot_be_done_now_is_listed_and_not_enabled() {
        let mut finder = Finder::commands();
        finder.answer(&Tr::new(Lang::En), &Situation::default(), None);
        let enabled = |wanted| finder.answers.iter().find(|a| a.found == Found::Command(wanted)).map(|a| a.enabled);
        assert_eq!(enabled(UiCommand::Duplicate), Some(false));
        assert_eq!(enabled(UiCommand::Settings), Some(true));
        let now = Situation { project: true, ..Situation::default() };
        finder.query = "al".to_owned();
        finder.answer(&Tr::new(Lang::En), &now, None);
        assert!(finder.answers[0].enabled, "{:?}", finder.answers[0]);
    }

    #[test]
    fn nodes_are_found_by_name_before_kind_and_a_long_list_says_that_it_goes_on() {
        let mut graph = Graph::default();
        let mut add = |id: u64, kind: &str, name: &str| {
            graph.apply(Edit::AddNode { id: NodeId(id), node: Node::new(kind, name, [0.0; 2]) }).unwrap();
        };
        add(1, "train", "second");
        add(2, "normalise", "train it");
        add(3, "of the future", "other");
        assert_eq!(names(Among::Nodes, Lang::En, "train", &graph), ["train it", "second"]);
        assert_eq!(names(Among::Nodes, Lang::Zh, "future", &graph), ["other"]);
        let mut add = |id: u64| {
            let node = Node::new("split", format!("n{id}"), [0.0; 2]);
            graph.apply(Edit::AddNode { id: NodeId(id), node }).unwrap();
        };
        (10..200).for_each(&mut add);
        let mut finder = Finder::nodes();
        finder.answer(&Tr::new(Lang::En), &Situation::default(), Some((&graph, 0)));
        assert_eq!((finder.answers.len(), finder.more), (MOST, 93));
    }
}
