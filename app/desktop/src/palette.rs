//! Kinds of node to choose from: the palette at the left, and the search at the cursor. Both list what the catalogue
//! declares, presets included. What is done with a choice is for the application.

use std::sync::Arc;

use egui::{
    Align, Area, Button, Frame, Id, Key, Label, Layout, Margin, Order, Pos2, RichText, Role, ScrollArea, Sense, Ui,
    vec2,
};
use weft_model::catalogue::{KINDS, Preset};
use weft_model::port::{GRAPH_INPUT, GRAPH_OUTPUT, SUBGRAPH};
use weft_model::{Category, Endpoint, Lang, NodeKind, PortType};

use crate::blocks::Block;
use crate::commands::UiCommand;
use crate::focus;
use crate::i18n::Tr;
use crate::icons;
use crate::list_keys::ListKeys;
use crate::settings::RecentKind;
use crate::theme::Theme;
use crate::widgets;

/// A kind of node, a preset of one, or a block.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The kind.
    pub kind: &'static NodeKind,
    /// The preset.
    pub preset: Option<&'static Preset>,
    /// The block; its kind is that of subgraphs.
    pub block: Option<Arc<Block>>,
}

/// What can be added where one is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Offer<'a> {
    /// The user's blocks.
    pub blocks: &'a [Arc<Block>],
    /// Whether the graph that is shown stands within a subgraph, so that it can have ports.
    pub inside: bool,
}

impl Offer<'_> {
    /// All entries: those of the catalogue, in its order, then the blocks.
    fn all(&self) -> impl Iterator<Item = Entry> {
        let is_boundary = |kind: &NodeKind| kind.id == GRAPH_INPUT || kind.id == GRAPH_OUTPUT;
        let kinds = Entry::all().filter(move |e| self.inside || !is_boundary(e.kind));
        let subgraph = weft_model::catalogue::kind(SUBGRAPH);
        let blocks = self
            .blocks
            .iter()
            .filter_map(move |block| Some(Entry { kind: subgraph?, preset: None, block: Some(Arc::clone(block)) }));
        kinds.chain(blocks)
    }
}

impl Entry {
    /// All entries of the catalogue, in its order.
    pub fn all() -> impl Iterator<Item = Entry> {
        KINDS.iter().filter(|k| !k.hidden).flat_map(|kind| {
            // Where there are presets they stand for the kind: an own name says more than 'Network'.
            let plain = kind.presets.is_empty().then_some(Entry { kind, preset: None, block: None });
            plain.into_iter().chain(kind.presets.iter().map(move |preset| Entry {
                kind,
                preset: Some(preset),
                block: None,
            }))
        })
    }

    /// What a person calls it.
    pub fn label(&self, lang: Lang) -> &str {
        match &self.block {
            Some(block) => &block.name,
            None => self.preset.map_or(self.kind.label, |p| p.label).get(lang),
        }
    }

    /// Its icon.
    pub fn icon(&self) -> &'static str {
        match self.kind.id {
            SUBGRAPH => "stack",
            _ => self.kind.category.icon(),
        }
    }

    /// What tells it from all others.
    fn id(&self) -> (&str, Option<&str>, Option<&str>) {
        (self.kind.id, self.preset.map(|p| p.id), self.block.as_ref().map(|b| b.name.as_str()))
    }

    /// How well it answers a search, the more the better; none if it does not.
    fn score(&self, query: &str, lang: Lang) -> Option<u32> {
        let query = query.trim().to_lowercase();
        if query.is_empty() {
            return Some(0);
        }
        if let Some(block) = &self.block {
            return match_score(&block.name.to_lowercase(), &query).map(|score| 10 * score + 4);
        }
        let category = self.kind.category.label();
        let named = [
            (4, self.label(lang)),
            (4, self.preset.map_or(self.kind.label, |p| p.label).en),
            (4, self.preset.map_or(self.kind.label, |p| p.label).zh),
            (4, self.preset.map_or("", |p| p.id)),
            (3, self.kind.label.en),
            (3, self.kind.label.zh),
            (3, self.kind.id),
            (1, category.en),
            (1, category.zh),
        ];
        let keywords = self.kind.keywords.iter().map(|word| (2, *word));
        // How well it answers counts before what answers: a keyword in full goes before a name with letters in between.
        let scores = named
            .into_iter()
            .chain(keywords)
            .filter_map(|(worth, text)| match_score(&text.to_lowercase(), &query).map(|score| 10 * score + worth));
        scores.max()
    }

    /// The entry that was remembered; none if the catalogue has it no more.
    pub fn of(kept: &RecentKind) -> Option<Entry> {
        Entry::all().find(|e| e.kind.id == kept.kind && e.preset.map(|p| p.id) == kept.preset.as_deref())
    }

    fn same(&self, other: &Entry) -> bool {
        self.id() == other.id()
    }

    /// Whether it has a port that `end` fits.
    fn fits(&self, end: &WireEnd) -> bool {
        if let Some(block) = &self.block {
            return block.fits(end.ty, end.is_output);
        }
        match end.is_output {
            // What stands for a port is of the type that it is wired to.
            _ if self.kind.id == GRAPH_INPUT => !end.is_output,
            _ if self.kind.id == GRAPH_OUTPUT => end.is_output,
            true => self.kind.inputs.iter().any(|p| end.ty.feeds(p.ty).is_ok()),
            false => self.kind.outputs.iter().any(|p| p.ty.feeds(end.ty).is_ok()),
        }
    }
}

/// How well a text answers a query, both in small letters: whole, beginning, beginning of a word, anywhere, letters in
/// order.
pub(crate) fn match_score(text: &str, query: &str) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    if text == query {
        return Some(40);
    }
    if text.starts_with(query) {
        return Some(30);
    }
    if text.split([' ', '-', '_']).any(|word| word.starts_with(query)) {
        return Some(20);
    }
    if text.contains(query) {
        return Some(10);
    }
    let mut letters = text.chars();
    query.chars().all(|q| letters.any(|t| t == q)).then_some(1)
}

/// Entries that answer a search, the best first.
pub fn search(query: &str, lang: Lang, end: Option<&WireEnd>, offer: &Offer<'_>) -> Vec<Entry> {
    let mut found: Vec<(u32, Entry)> = offer
        .all()
        .filter(|e| end.is_none_or(|end| e.fits(end)))
        .filter_map(|e| Some((e.score(query, lang)?, e)))
        .collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().map(|(_, e)| e).collect()
}

/// What the search at the cursor lists: under headings while nothing is typed, those that were added lately first; the
/// best first otherwise.
fn listed(
    query: &str,
    lang: Lang,
    end: Option<&WireEnd>,
    recent: &[RecentKind],
    offer: &Offer<'_>,
) -> Vec<(Option<Heading>, Entry)> {
    let found = search(query, lang, end, offer);
    if !query.trim().is_empty() {
        return found.into_iter().map(|e| (None, e)).collect();
    }
    let lately: Vec<Entry> =
        recent.iter().filter_map(Entry::of).filter(|e| found.iter().any(|f| f.same(e))).take(RECENT).collect();
    let mut out: Vec<(Option<Heading>, Entry)> = Vec::new();
    let mut under = |heading: Heading, entry: Entry| {
        let first = out.iter().all(|(h, _)| *h != Some(heading));
        out.push((first.then_some(heading), entry));
    };
    lately.iter().for_each(|e| under(Heading::Recent, e.clone()));
    for category in Category::ALL {
        let of_it = found.iter().filter(|e| e.block.is_none() && e.kind.category == category);
        of_it.filter(|e| !lately.iter().any(|l| l.same(e))).for_each(|e| under(Heading::Of(category), e.clone()));
    }
    found.iter().filter(|e| e.block.is_some()).for_each(|e| under(Heading::Blocks, e.clone()));
    out
}

/// So many of those that were added lately are listed first.
const RECENT: usize = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heading {
    Recent,
    Of(Category),
    Blocks,
}

/// The port at which a wire was begun that now looks for a node.
#[derive(Debug, Clone, PartialEq)]
pub struct WireEnd {
    /// The port.
    pub end: Endpoint,
    /// Whether it is an output.
    pub is_output: bool,
    /// What flows through it.
    pub ty: PortType,
}

/// What is dragged from the palette onto the canvas.
#[derive(Debug, Clone)]
pub struct Dragged(pub Entry);

/// What was asked of the palette.
#[derive(Debug, Clone)]
pub enum PaletteRequest {
    /// Add this.
    Add(Entry),
    /// Give a block another name.
    RenameBlock(String),
    /// Show the folder of the blocks in the desktop's file manager.
    ShowBlocks,
    /// Take a block away.
    DeleteBlock(String),
}

/// The palette at the left.
#[derive(Debug, Default)]
pub struct Palette {
    query: String,
    /// Headings whose entries are not shown.
    folded: Vec<Heading>,
}

impl Palette {
    /// Shows it; what was asked for.
    pub fn ui(&mut self, ui: &mut Ui, theme: &Theme, tr: &Tr, offer: &Offer<'_>) -> Option<PaletteRequest> {
        let mut asked = None;
        Frame::new().inner_margin(Margin { left: 10, right: 10, top: 10, bottom: 6 }).show(ui, |ui| {
            let search_for = tr.t("palette-search");
            let key = UiCommand::AddNode.shortcut_text(ui.ctx());
            let field = widgets::search_field(ui, theme, &mut self.query, search_for, Some(&key), search_for);
            if field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) && !self.query.trim().is_empty() {
                let best = search(&self.query, tr.lang(), None, offer).into_iter().next();
                asked = best.map(PaletteRequest::Add);
            }
        });
        let found = search(&self.query, tr.lang(), None, offer);
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for heading in Category::ALL.into_iter().map(Heading::Of).chain([Heading::Blocks]) {
                let entries: Vec<&Entry> = found.iter().filter(|e| heading.has(e)).collect();
                if !entries.is_empty() {
                    self.entries(ui, theme, tr, heading, &entries, &mut asked);
                }
            }
            if found.is_empty() {
                ui.add_space(theme.size.section);
                ui.vertical_centered(|ui| ui.label(widgets::muted(tr.t("palette-nothing"), theme)));
            }
            focus::keep_in_view(ui);
        });
        asked
    }

    fn entries(
        &mut self,
        ui: &mut Ui,
        theme: &Theme,
        tr: &Tr,
        heading: Heading,
        entries: &[&Entry],
        asked: &mut Option<PaletteRequest>,
    ) {
        let searching = !self.query.trim().is_empty();
        let open = searching || !self.folded.contains(&heading);
        let label = heading.text(tr);
        let (icon, color) = match heading {
            Heading::Of(category) => (category.icon(), theme.category(&category)),
            Heading::Recent | Heading::Blocks => ("stack", theme.category(&Category::Flow)),
        };
        let head = widgets::row(ui, theme, Id::unique(("category", label)), 26.0, false, label, |ui| {
            let caret = if open { "caret-down" } else { "caret-right" };
            ui.label(icons::text(caret, 12.0, theme.muted));
            ui.label(icons::text(icon, 16.0, color));
            ui.label(widgets::semibold(label, theme));
        });
        if head.clicked() && !searching {
            match self.folded.iter().position(|folded| *folded == heading) {
                Some(at) => drop(self.folded.remove(at)),
                None => self.folded.push(heading),
            }
        }
        if !open {
            return;
        }
        for entry in entries.iter().copied() {
            let name = entry.label(tr.lang());
            let id = Id::unique(("palette", entry.id()));
            let row = widgets::row(ui, theme, id, 24.0, false, name, |ui| {
                ui.add_space(42.0);
                ui.add(Label::new(RichText::new(name).color(theme.text)).truncate().selectable(false));
            });
            let row = row.interact(Sense::click_and_drag());
            row.dnd_set_drag_payload(Dragged(entry.clone()));
            let entered = row.has_focus() && ui.input(|i| i.key_pressed(Key::Enter));
            if row.double_clicked() || entered {
                *asked = Some(PaletteRequest::Add(entry.clone()));
            }
            if let Some(block) = &entry.block {
                row.context_menu(|ui| {
                    for (key, icon, request) in [
                        ("block-insert", "plus", PaletteRequest::Add(entry.clone())),
                        ("block-rename-menu", "pencil-simple", PaletteRequest::RenameBlock(block.name.clone())),
                        ("block-show-folder", "folder-open", PaletteRequest::ShowBlocks),
                        ("block-delete-menu", "trash", PaletteRequest::DeleteBlock(block.name.clone())),
                    ] {
                        let button = Button::new((icons::text(icon, 15.0, theme.muted), tr.t(key)));
                        let button = ui.add(button.min_size(vec2(160.0, 26.0)));
                        if widgets::named(button, Role::Button, tr.t(key)).clicked() {
                            *asked = Some(request);
                            ui.close();
                        }
                    }
                });
                row.on_hover_text_at_pointer(tr.t("block-help"));
            } else {
                row.on_hover_text_at_pointer(tr.text(entry.kind.help));
            }
        }
    }
}

/// The search at the cursor.
#[derive(Debug)]
pub struct AddMenu {
    /// Where it opens.
    at: Pos2,
    /// Where the node comes, in graph units.
    pub graph_pos: [f64; 2],
    /// The wire that looks for a node.
    pub wire: Option<WireEnd>,
    /// The port that the wire comes from, in words.
    from: Option<String>,
    recent: Vec<RecentKind>,
    query: String,
    keys: ListKeys,
    fresh: bool,
}

impl Heading {
    fn text(self, tr: &Tr) -> &str {
        match self {
            Heading::Recent => tr.t("add-menu-recent"),
            Heading::Of(category) => tr.text(category.label()),
            Heading::Blocks => tr.t("palette-blocks"),
        }
    }

    fn has(self, entry: &Entry) -> bool {
        match self {
            Heading::Recent => false,
            Heading::Of(category) => entry.block.is_none() && entry.kind.category == category,
            Heading::Blocks => entry.block.is_some(),
        }
    }
}

/// What came of a frame of the search.
pub enum AddChoice {
    /// It goes on.
    Open,
    /// It was given up.
    Closed,
    /// This one.
    Chosen(Entry),
}

impl AddMenu {
    /// Opens it at a place.
    pub fn new(at: Pos2, graph_pos: [f64; 2], wire: Option<WireEnd>) -> Self {
        let (from, recent) = (None, Vec::new());
        Self { at, graph_pos, wire, from, recent, query: String::new(), keys: ListKeys::default(), fresh: true }
    }

    /// Says which port the wire comes from.
    pub fn from_port(mut self, name: String) -> Self {
        self.from = Some(name);
        self
    }

    /// Lists these first while nothing is typed.
    pub fn with_recent(mut self, recent: &[RecentKind]) -> Self {
        self.recent = recent.to_vec();
        self
    }

    /// Shows it.
    pub fn ui(&mut self, ctx: &egui::Context, theme: &Theme, tr: &Tr, offer: &Offer<'_>) -> AddChoice {
        const WIDTH: f32 = 260.0;
        let found = listed(&self.query, tr.lang(), self.wire.as_ref(), &self.recent, offer);
        let pressed = self.keys.take(ctx, found.len());
        if pressed.escape {
            return AddChoice::Closed;
        }
        let mut chosen = pressed.enter.and_then(|index| found.get(index)).map(|(_, entry)| entry.clone());
        let area = Area::new(Id::unique("add-menu"))
            .order(Order::Foreground)
            .fixed_pos(self.at)
            .constrain(true)
            .kind(egui::UiKind::Popup)
            .show(ctx, |ui| {
                Frame::popup(ui.style()).inner_margin(Margin::same(8)).show(ui, |ui| {
                    ui.set_width(WIDTH);
                    let hint = tr.t(if self.wire.is_some() { "add-menu-compatible" } else { "add-menu-hint" });
                    let name = tr.t("add-menu-hint");
                    let field = widgets::search_field(ui, theme, &mut self.query, hint, None, name);
                    if std::mem::take(&mut self.fresh) {
                        field.request_focus();
                    }
                    if field.changed() {
                        self.keys.restart();
                    }
                    ui.add_space(4.0);
                    if let Some(from) = &self.from {
                        ui.add(Label::new(widgets::muted(from, theme)).truncate());
                    }
                    ScrollArea::vertical().max_height(280.0).min_scrolled_height(280.0).show(ui, |ui| {
                        ui.spacing_mut().item_spacing.y = 0.0;
                        let mut grouped = false;
                        for (index, (heading, entry)) in found.iter().enumerate() {
                            if let Some(heading) = heading {
                                ui.add_space(4.0);
                                ui.label(widgets::muted(heading.text(tr), theme));
                            }
                            // Under its heading the category goes without saying.
                            grouped |= matches!(heading, Some(Heading::Of(_) | Heading::Blocks));
                            let row = self.entry(ui, theme, tr, (index, !grouped), entry);
                            if row.clicked() {
                                chosen = Some(entry.clone());
                            }
                            if pressed.moved && self.keys.highlighted() == index {
                                row.scroll_to_me(None);
                            }
                        }
                        if found.is_empty() {
                            ui.label(widgets::muted(tr.t("palette-nothing"), theme));
                        }
                    });
                });
            });
        if let Some(entry) = chosen {
            return AddChoice::Chosen(entry);
        }
        let outside = ctx.input(|i| {
            i.pointer.any_pressed() && i.pointer.interact_pos().is_some_and(|p| !area.response.rect.contains(p))
        });
        if outside { AddChoice::Closed } else { AddChoice::Open }
    }

    fn entry(
        &self,
        ui: &mut Ui,
        theme: &Theme,
        tr: &Tr,
        (index, with_group): (usize, bool),
        entry: &Entry,
    ) -> egui::Response {
        let name = entry.label(tr.lang());
        let category = entry.kind.category;
        let selected = index == self.keys.highlighted();
        let id = Id::unique(("add-menu", entry.id()));
        let row = widgets::row(ui, theme, id, 26.0, selected, name, |ui| {
            ui.label(icons::text(entry.icon(), 16.0, theme.category(&category)));
            ui.label(RichText::new(name).color(theme.text));
            let group = if entry.block.is_some() { tr.t("palette-blocks") } else { tr.text(category.label()) };
            if with_group {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.label(widgets::muted(group, theme));
                });
            }
        });
        row.on_hover_text(if entry.block.is_some() { tr.t("block-help") } else { tr.text(entry.kind.help) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_model::NodeId;

    const NOTHING: Offer<'static> = Offer { blocks: &[], inside: false };
    const INSIDE: Offer<'static> = Offer { blocks: &[], inside: true };

    fn check(query: &str, first: &str) {
        let found = search(query, Lang::En, None, &NOTHING);
        assert_eq!(found.first().map(|e| e.label(Lang::En)), Some(first), "{query}");
    }

    #[test]
    fn the_best_answer_comes_first() {
        check("train", "Train");
        check("tr", "Train");
        check("lenet", "LeNet-5");
        check("mnist", "Image data set");
        check("perceptron", "Multilayer perceptron");
        check("划分", "Split");
        check("confusion", "Evaluate");
        assert!(search("zzzz", Lang::En, None, &NOTHING).is_empty());
        assert_eq!(search("", Lang::En, None, &INSIDE).len(), Entry::all().count());
    }

    #[test]
    fn a_better_answer_goes_before_a_better_place_for_it() {
        let entry = |name| Entry::all().find(|e| e.label(Lang::En) == name).unwrap();
        let score = |name, query| entry(name).score(query, Lang::En).unwrap_or(0);
        for (query, better, worse) in [
            // Whole, beginning, beginning of a word, letters in order.
            ("train", "Train", "Split"),
            ("lenet-5", "LeNet-5", "Multilayer perceptron"),
            ("mnist", "Image data set", "Normalise"),
            // A keyword in full goes before a name that has the letters somewhere.
            ("confusion", "Evaluate", "Train"),
        ] {
            assert!(score(better, query) > score(worse, query), "{query}: {better} before {worse}");
        }
        let exact = match_score("train", "train").unwrap();
        let prefix = match_score("training", "train").unwrap();
        let word = match_score("fine train", "train").unwrap();
        let inside = match_score("retrain", "train").unwrap();
        let fuzzy = match_score("t r a i n", "train").unwrap();
        assert!(exact > prefix && prefix > word && word > inside && inside > fuzzy);
        // The category leads to its kinds, in both languages, whatever is spoken.
        let category = entry("Split").kind.category.label();
        for text in [category.en, category.zh] {
            assert!(search(text, Lang::En, None, &NOTHING).iter().any(|e| e.label(Lang::En) == "Split"), "{text}");
        }
        assert_eq!(search("划分", Lang::En, None, &NOTHING)[0].label(Lang::En), "Split");
    }

    #[test]
    fn while_nothing_is_typed_the_recent_come_first_and_nothing_comes_twice() {
        let kept =
            |kind: &str, preset: Option<&str>| RecentKind { kind: kind.into(), preset: preset.map(str::to_owned) };
        let lenet = Entry::all().find(|e| e.label(Lang::En) == "LeNet-5").unwrap();
        let recent = [kept("train", None), kept(lenet.kind.id, lenet.preset.map(|p| p.id)), kept("gone", None)];
        let list = listed("", Lang::En, None, &recent, &INSIDE);
        let names: Vec<&str> = list.iter().map(|(_, e)| e.label(Lang::En)).collect();
        assert_eq!(names[..2], ["Train", "LeNet-5"]);
        assert_eq!(list.len(), Entry::all().count());
        assert_eq!((list[0].0, list[1].0), (Some(Heading::Recent), None));
        let headings: Vec<Heading> = list.iter().filter_map(|(h, _)| *h).collect();
        assert!(headings.len() > 2);
        // What does not fit the wire is not offered, however lately it was used.
        let end = WireEnd { end: Endpoint::new(NodeId(1), "x"), is_output: true, ty: PortType::Dataset };
        assert_eq!(
            listed("", Lang::En, Some(&end), &recent, &NOTHING).len(),
            search("", Lang::En, Some(&end), &NOTHING).len()
        );
        assert!(listed("tra", Lang::En, None, &recent, &NOTHING).iter().all(|(h, _)| h.is_none()));
    }

    #[test]
    fn a_wire_is_offered_only_what_it_fits() {
        let end = |ty, is_output| WireEnd { end: Endpoint::new(NodeId(1), "x"), is_output, ty };
        let names = |end| -> Vec<String> {
            search("", Lang::En, Some(&end), &NOTHING).iter().map(|e| e.label(Lang::En).to_owned()).collect()
        };
        assert_eq!(names(end(PortType::Dataset, true)), ["Split"]);
        assert_eq!(names(end(PortType::Model, true)), ["Evaluate"]);
        assert_eq!(names(end(PortType::Network, false)), ["LeNet-5", "Multilayer perceptron"]);
    }
}
