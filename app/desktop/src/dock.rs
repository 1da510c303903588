//! Dockable panels: which there are, how they stand beside one another, and what is asked of them. The tiles that egui
//! draws are made from a [`Shape`] and read back into one; whatever changes a layout goes through it. Must not know what
//! is in a panel.

mod room;
mod saved;
mod shape;
pub mod view;
pub mod window;
mod words;

use egui::{Id, Pos2, Rect, Vec2};
use egui_tiles::{Container, Linear, LinearDir, Tabs, Tile, TileId, Tiles, Tree};

pub use saved::Layouts;
pub use shape::{Direction, Edge, Pane, Part, Shape};
pub use words::name_arrows;

/// Height of the tabs of a group, with the line beneath them [points].
pub const BAR: f32 = 33.0;
/// Width of the line between two parts [points].
pub const GAP: f32 = 1.0;
/// Identifiers of groups and splits begin here; those of panels lie below.
const CONTAINERS: u64 = 100;

/// What may be asked of a layout.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked {
    /// Make a panel seen.
    Show(Pane),
    /// Make a panel seen and give it the keyboard.
    Focus(Pane),
    /// Take a panel away.
    Close(Pane),
    /// Take away the panel that the keyboard is in.
    CloseCurrent,
    /// Put the panel that the keyboard is in to a side of the canvas.
    DockCurrent(Edge),
    /// Put a panel to a side of the canvas.
    Dock(Pane, Edge),
    /// Hide or show what stands at the left or right.
    Side(Edge),
    /// Fold or unfold what stands above and below.
    Fold,
    /// Fold or unfold what a panel is in.
    FoldOf(Pane),
    /// The next tab of the group that the keyboard is in, or the one before.
    Turn(bool),
    /// The keyboard to the next panel, or to the one before.
    NextPanel(bool),
    /// Another layout.
    Take(Shape),
}

/// What a frame of the tiles has changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    /// A tab was opened.
    pub opened: bool,
    /// A line between two parts was moved.
    pub resized: bool,
    /// This panel was dropped somewhere.
    pub dropped: Option<Pane>,
}

/// The layout of an open project, and where the keyboard is in it.
pub struct Dock {
    shape: Shape,
    /// Out while it is drawn: what is drawn may ask for something.
    tree: Option<Tree<Pane>>,
    asked: Vec<Asked>,
    current: Pane,
    /// The panel that is to have the keyboard in this frame.
    pub focus: Option<Pane>,
}

/// Identifier of the tiles within egui.
pub fn tree_id() -> Id {
    Id::unique("dock")
}

/// Identifier of a panel among the tiles: always the same, wherever it stands.
pub fn tile_of(pane: Pane) -> TileId {
    let at = Pane::ALL.iter().position(|p| *p == pane).unwrap_or(0);
    TileId(1 + at as u64)
}

/// The panel of a tile.
pub fn pane_of(tile: TileId) -> Option<Pane> {
    Pane::ALL.get(usize::try_from(tile.0).ok()?.checked_sub(1)?).copied()
}

impl Dock {
    /// Shows a layout.
    pub fn new(shape: Shape) -> Self {
        let shape = shape.repaired();
        let tree = Some(tree_of(&shape));
        Self { shape, tree, asked: Vec::new(), current: Pane::Canvas, focus: None }
    }

    /// How the panels stand.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The panel that the keyboard or the pointer was in last.
    pub fn current(&self) -> Pane {
        self.current
    }

    /// Asks for something; it is done before the next frame is drawn.
    pub fn ask(&mut self, asked: Asked) {
        self.asked.push(asked);
    }

    /// Makes a panel seen.
    pub fn show(&mut self, pane: Pane) {
        self.ask(Asked::Show(pane));
    }

    /// The room of a panel's group in the last frame, if it is seen.
    pub fn rect_of(&self, pane: Pane) -> Option<Rect> {
        let tiles = &self.tree.as_ref()?.tiles;
        tiles.rect(tiles.parent_of(tile_of(pane))?)
    }

    /// Does what was asked and gives every part its room: the tiles to draw, to be given back to [`Self::end`].
    pub fn begin(&mut self, room: Vec2) -> Option<Tree<Pane>> {
        for asked in std::mem::take(&mut self.asked) {
            self.answer(asked);
        }
        let mut tree = self.tree.take()?;
        if let Some(root) = tree.root {
            arrange(&mut tree.tiles, &self.shape, root, room);
        }
        Some(tree)
    }

    fn answer(&mut self, asked: Asked) {
        let before = self.shape.clone();
        match asked {
            Asked::Show(pane) => self.shape.show(pane),
            Asked::Focus(pane) => {
                self.shape.show(pane);
                self.go_to(pane);
            }
            Asked::Close(pane) => self.close(pane),
            Asked::CloseCurrent => self.close(self.current),
            Asked::Dock(pane, edge) => {
                self.shape.dock(pane, edge);
                self.go_to(pane);
            }
            Asked::DockCurrent(edge) => {
                self.shape.dock(self.current, edge);
                self.go_to(self.current);
            }
            Asked::Side(edge) => self.shape.toggle_side(edge),
            Asked::Fold => self.shape.toggle_fold(),
            Asked::FoldOf(pane) => self.shape.toggle_fold_of(pane),
            Asked::Turn(forward) => {
                if let Some(open) = self.shape.turn(self.current, forward) {
                    self.go_to(open);
                }
            }
            Asked::NextPanel(forward) => {
                let shown = self.shape.shown();
                let at = shown.iter().position(|p| *p == self.current);
                let next = match (at, forward) {
                    (Some(at), true) => (at + 1) % shown.len(),
                    (Some(at), false) => (at + shown.len() - 1) % shown.len(),
                    (None, _) => 0,
                };
                if let Some(pane) = shown.get(next) {
                    self.go_to(*pane);
                }
            }
            Asked::Take(shape) => self.shape = shape.repaired(),
        }
        if self.shape != before {
            self.tree = self.tree.is_some().then(|| tree_of(&self.shape));
        }
    }

    fn go_to(&mut self, pane: Pane) {
        self.current = pane;
        self.focus = Some(pane);
    }

    fn close(&mut self, pane: Pane) {
        let beside = self.shape.group_of(pane).map(|(panes, _)| panes.to_vec()).unwrap_or_default();
        self.shape.close(pane);
        if self.current == pane && !self.shape.holds(pane) {
            let next = beside.into_iter().find_map(|p| Some(self.shape.group_of(p)?.1));
            self.current = next.unwrap_or(Pane::Canvas);
        }
    }

    /// Whether its tiles are being drawn.
    pub fn is_out(&self) -> bool {
        self.tree.is_none()
    }

    /// Takes the tiles back after they were drawn, with what the user did to them.
    pub fn end(&mut self, tree: Tree<Pane>, changes: Changes) {
        if let Some(pane) = changes.dropped {
            if let Some(root) = tree.root {
                let mut shape = read(&tree.tiles, root, pane, &self.shape).repaired();
                shape.show(pane);
                self.shape = shape;
            }
            self.current = pane;
            self.tree = Some(tree_of(&self.shape));
            return;
        }
        if (changes.resized || changes.opened)
            && let Some(root) = tree.root
        {
            take_over(&mut self.shape, &tree.tiles, root, changes);
        }
        self.tree = Some(tree);
    }

    /// Whether a tile is a group that has tabs to be seen.
    pub fn has_bar(&self, tile: TileId) -> bool {
        fn group(shape: &Shape, tile: TileId, next: &mut u64) -> Option<bool> {
            let own = TileId(*next);
            *next += 1;
            match shape {
                Shape::Tabs { panes, .. } => (own == tile).then(|| panes.len() > 1 || !panes[0].speaks_for_itself()),
                Shape::Split { parts, .. } => {
                    let found = parts.iter().find_map(|p| group(&p.shape, tile, next));
                    if own == tile { Some(false) } else { found }
                }
            }
        }
        group(&self.shape, tile, &mut CONTAINERS.clone()) == Some(true)
    }

    /// Notes that the keyboard, or the pointer, is at a place of the window.
    pub fn at(&mut self, place: Pos2) {
        let shown = self.shape.shown();
        if let Some(pane) = shown.into_iter().find(|p| self.rect_of(*p).is_some_and(|r| r.contains(place))) {
            self.current = pane;
        }
    }
}

fn tree_of(shape: &Shape) -> Tree<Pane> {
    let mut tiles = Tiles::default();
    let mut next = CONTAINERS;
    let root = build(shape, &mut tiles, &mut next);
    tiles.recompute_next_tile_id();
    Tree::new(tree_id(), root, tiles)
}

fn build(shape: &Shape, tiles: &mut Tiles<Pane>, next: &mut u64) -> TileId {
    let id = TileId(*next);
    *next += 1;
    let container = match shape {
        Shape::Tabs { panes, open } => {
            for pane in panes {
                tiles.insert(tile_of(*pane), Tile::Pane(*pane));
            }
            let mut tabs = Tabs::new(panes.iter().map(|p| tile_of(*p)).collect());
            tabs.set_active(tile_of(*open));
            Container::Tabs(tabs)
        }
        Shape::Split { direction, parts } => {
            let mut children = Vec::new();
            for part in parts {
                let child = build(&part.shape, tiles, next);
                tiles.set_visible(child, !part.hidden);
                children.push(child);
            }
            let dir = match direction {
                Direction::Horizontal => LinearDir::Horizontal,
                Direction::Vertical => LinearDir::Vertical,
            };
            Container::Linear(Linear::new(dir, children))
        }
    };
    tiles.insert(id, Tile::Container(container));
    id
}

/// Gives the parts of every split their room, as shares in points.
fn arrange(tiles: &mut Tiles<Pane>, shape: &Shape, id: TileId, room: Vec2) {
    let Shape::Split { direction, parts } = shape else { return };
    let across = *direction == Direction::Horizontal;
    let shown = parts.iter().filter(|p| !p.hidden).count();
    let along = if across { room.x } else { room.y } - GAP * shown.saturating_sub(1) as f32;
    let sizes = room::sizes(*direction, parts, along);
    let Some(Tile::Container(Container::Linear(linear))) = tiles.get_mut(id) else { return };
    let children = linear.children.clone();
    for (child, size) in children.iter().zip(&sizes) {
        linear.shares.set_share(*child, size.max(1.0));
    }
    for ((child, size), part) in children.into_iter().zip(sizes).zip(parts) {
        let room = if across { Vec2::new(size, room.y) } else { Vec2::new(room.x, size) };
        arrange(tiles, &part.shape, child, room);
    }
}

/// Takes over what the user did to tiles that still stand as the shape has them: tabs opened, lines moved.
fn take_over(shape: &mut Shape, tiles: &Tiles<Pane>, id: TileId, changes: Changes) {
    match (shape, tiles.get_container(id)) {
        (Shape::Tabs { panes, open }, Some(Container::Tabs(tabs))) => {
            if let Some(active) = tabs.active.and_then(pane_of).filter(|p| panes.contains(p)) {
                *open = active;
            }
        }
        (Shape::Split { parts, .. }, Some(Container::Linear(linear))) => {
            for (part, child) in parts.iter_mut().zip(&linear.children) {
                if changes.resized && !part.hidden && !part.folded && !part.shape.holds(Pane::Canvas) {
                    part.size = linear.shares[*child].round().max(1.0);
                }
                take_over(&mut part.shape, tiles, *child, changes);
            }
        }
        _ => {}
    }
}

/// Reads tiles as they stand after `moved` was dropped. A panel that was dropped beside a tab of a group stands beside
/// the group.
fn read(tiles: &Tiles<Pane>, id: TileId, moved: Pane, before: &Shape) -> Shape {
    match tiles.get(id) {
        None => Shape::Tabs { panes: Vec::new(), open: moved },
        Some(Tile::Pane(pane)) => Shape::Tabs { panes: vec![*pane], open: *pane },
        Some(Tile::Container(Container::Tabs(tabs))) => {
            let mut panes = Vec::new();
            let mut beside = None;
            let mut open = tabs.active.and_then(pane_of);
            for child in &tabs.children {
                match read(tiles, *child, moved, before) {
                    Shape::Tabs { panes: inner, .. } => panes.extend(inner),
                    split => {
                        // The tab that was split keeps its place in the group.
                        let kept: Vec<Pane> = split.panes().into_iter().filter(|p| *p != moved).collect();
                        if tabs.active == Some(*child) {
                            open = kept.first().copied();
                        }
                        panes.extend(kept);
                        beside = Some(split);
                    }
                }
            }
            let open = open.or(panes.first().copied()).unwrap_or(moved);
            let group = Shape::Tabs { panes, open };
            match beside {
                Some(Shape::Split { direction, parts }) => {
                    let parts = parts
                        .into_iter()
                        .map(|p| if p.shape.holds(moved) { p } else { Part { shape: group.clone(), ..p } })
                        .collect();
                    Shape::Split { direction, parts }
                }
                _ => group,
            }
        }
        Some(Tile::Container(container)) => {
            let direction = match container {
                Container::Linear(linear) if linear.dir == LinearDir::Vertical => Direction::Vertical,
                _ => Direction::Horizontal,
            };
            let parts = container.children().copied().map(|child| {
                let shape = read(tiles, child, moved, before);
                let known = before.part_of(&shape.panes(), moved);
                let size = match (known, container) {
                    (Some(part), _) => part.size,
                    // Whoever has just come has no share yet.
                    (None, Container::Linear(linear)) if linear.shares[child] > 1.0 => linear.shares[child],
                    _ => 0.0,
                };
                let folded = known.is_some_and(|p| p.folded);
                Part { size, hidden: !tiles.is_visible(child), folded, shape }
            });
            Shape::Split { direction, parts: parts.collect() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(tree: &Tree<Pane>) -> TileId {
        tree.root.unwrap()
    }

    #[test]
    fn tiles_say_what_the_layout_says() {
        let mut shape = Shape::default();
        shape.dock(Pane::History, Edge::Top);
        shape.toggle_side(Edge::Left);
        let mut dock = Dock::new(shape.clone());
        let tree = dock.begin(Vec2::new(1440.0, 1400.0)).unwrap();
        assert_eq!(read(&tree.tiles, root(&tree), Pane::Log, &shape).repaired(), shape);
        let changes = Changes { opened: true, resized: true, ..Changes::default() };
        dock.end(tree, changes);
        assert_eq!(dock.shape(), &shape, "nothing was done");
    }

    #[test]
    fn a_panel_dropped_beside_a_tab_stands_beside_its_group() {
        let mut dock = Dock::new(Shape::default());
        let mut tree = dock.begin(Vec2::new(1440.0, 832.0)).unwrap();
        // As egui_tiles leaves it: the split takes the tab's place in the group.
        let group = tree.tiles.parent_of(tile_of(Pane::Training)).unwrap();
        let log = tile_of(Pane::Log);
        let split = tree.tiles.insert_horizontal_tile(vec![tile_of(Pane::Plan), log]);
        let Some(Tile::Container(Container::Tabs(tabs))) = tree.tiles.get_mut(group) else { panic!("a group") };
        tabs.children.retain(|t| *t != log);
        tabs.children[1] = split;
        tabs.set_active(split);
        dock.end(tree, Changes { dropped: Some(Pane::Log), ..Changes::default() });
        let (panes, open) = dock.shape().group_of(Pane::Plan).unwrap();
        assert_eq!(panes, [Pane::Training, Pane::Plan, Pane::Resources, Pane::Results, Pane::Problems]);
        assert_eq!(open, Pane::Plan);
        assert_eq!(dock.shape().group_of(Pane::Log).unwrap().0, [Pane::Log]);
        assert!(dock.shape().shows(Pane::Log));
    }

    #[test]
    fn the_keyboard_goes_round_the_panels_and_through_the_tabs() {
        let mut dock = Dock::new(Shape::default());
        let mut ask = |asked| {
            dock.ask(asked);
            let tree = dock.begin(Vec2::new(1440.0, 832.0)).unwrap();
            dock.end(tree, Changes::default());
            dock.current()
        };
        let round = [Pane::Training, Pane::Inspector, Pane::Palette, Pane::Canvas];
        for pane in round {
            assert_eq!(ask(Asked::NextPanel(true)), pane);
        }
        assert_eq!(ask(Asked::NextPanel(false)), Pane::Palette);
        assert_eq!(ask(Asked::Focus(Pane::Log)), Pane::Log);
        assert_eq!(ask(Asked::Turn(true)), Pane::Training);
        assert_eq!(ask(Asked::Turn(false)), Pane::Log);
        assert_eq!(ask(Asked::CloseCurrent), Pane::Problems);
        assert_eq!(ask(Asked::DockCurrent(Edge::Right)), Pane::Problems);
        assert_eq!(ask(Asked::Focus(Pane::Canvas)), Pane::Canvas);
        assert_eq!(ask(Asked::CloseCurrent), Pane::Canvas, "the canvas is always there");
    }
}
