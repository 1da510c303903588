//! The lines between panels, which egui_tiles draws and lets the pointer move: named for screen readers, and moved by the
//! arrows of the keyboard. Must not know what is in a panel.

use egui::{Context, EventFilter, Id, Key, Modifiers, Role, Ui, WidgetInfo};
use egui_tiles::{Container, LinearDir, Tile, TileId, Tiles, Tree};

use super::{Pane, pane_of};
use crate::i18n::Tr;

/// How far an arrow moves a line [points].
const STEP: f32 = 16.0;
/// No part is made smaller than this by the keyboard [points].
const LEAST: f32 = 48.0;

/// A line between two parts.
struct Line {
    id: Id,
    container: TileId,
    dir: LinearDir,
    beside: [TileId; 2],
}

/// Moves the line that has the keyboard, if an arrow was pressed; whether it did. To be called before the tiles are drawn.
pub fn keys(ui: &Ui, tree: &mut Tree<Pane>) -> bool {
    let Some(focused) = ui.memory(|m| m.focused()) else { return false };
    let Some(line) = lines(ui.scope_id(), tree).into_iter().find(|line| line.id == focused) else { return false };
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|m| m.set_focus_lock_filter(focused, filter));
    let (less, more) = match line.dir {
        LinearDir::Horizontal => (Key::ArrowLeft, Key::ArrowRight),
        LinearDir::Vertical => (Key::ArrowUp, Key::ArrowDown),
    };
    let pressed = |ctx: &Context, key| ctx.input_mut(|i| i.count_and_consume_key(Modifiers::NONE, key)) as f32;
    let by = STEP * (pressed(ui.ctx(), more) - pressed(ui.ctx(), less));
    let Some(Tile::Container(Container::Linear(linear))) = tree.tiles.get_mut(line.container) else { return false };
    // Shares are points: the layout gave them so for this frame.
    let [one, other] = line.beside.map(|tile| linear.shares[tile]);
    let by = by.clamp((LEAST - one).min(0.0), (other - LEAST).max(0.0));
    if by == 0.0 {
        return false;
    }
    linear.shares.set_share(line.beside[0], one + by);
    linear.shares.set_share(line.beside[1], other - by);
    true
}

/// Says what each line parts. To be called after the tiles were drawn.
pub fn name(ui: &Ui, tree: &Tree<Pane>, tr: &Tr) {
    for line in lines(ui.scope_id(), tree) {
        let Some(response) = ui.ctx().read_response(line.id) else { continue };
        let [one, other] = line.beside.map(|tile| shown(&tree.tiles, tile).map_or("", |pane| tr.t(pane.label())));
        let name = tr.fmt("dock-line", &[("one", one.into()), ("other", other.into())]);
        response.widget_info(|| WidgetInfo::labeled(Role::Splitter, true, &name));
    }
}

/// The lines of all splits, as egui_tiles identifies them.
fn lines(scope: Id, tree: &Tree<Pane>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut open: Vec<(TileId, Id)> = tree.root.into_iter().map(|root| (root, scope.with(root))).collect();
    while let Some((tile, scope)) = open.pop() {
        let Some(Tile::Container(container)) = tree.tiles.get(tile) else { continue };
        open.extend(container.children().map(|child| (*child, scope.with(child))));
        let Container::Linear(linear) = container else { continue };
        let seen: Vec<TileId> = linear.children.iter().copied().filter(|child| tree.tiles.is_visible(*child)).collect();
        lines.extend(seen.windows(2).enumerate().map(|(at, pair)| Line {
            id: scope.with((tile, "resize", at)),
            container: tile,
            dir: linear.dir,
            beside: [pair[0], pair[1]],
        }));
    }
    lines
}

/// The first panel that is seen of a part.
fn shown(tiles: &Tiles<Pane>, tile: TileId) -> Option<Pane> {
    match tiles.get(tile)? {
        Tile::Pane(pane) => Some(*pane),
        Tile::Container(Container::Tabs(tabs)) => tabs.active.and_then(pane_of),
        Tile::Container(container) => {
            container.children().filter(|child| tiles.is_visible(**child)).find_map(|child| shown(tiles, *child))
        }
    }
}
