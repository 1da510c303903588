//! How panels stand beside one another, as a value that can be kept, compared and repaired: groups of tabs, and splits of
//! them. What is asked of a layout (show this panel, dock it there, hide that side) is answered here; it knows neither
//! widgets nor files.

use serde::{Deserialize, Deserializer, Serialize};

/// A panel of the editor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Pane {
    Canvas,
    Palette,
    Inspector,
    Training,
    Plan,
    Resources,
    Results,
    Problems,
    Log,
    History,
}

/// A side of the canvas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Edge {
    Left,
    Right,
    Top,
    Bottom,
}

impl Edge {
    /// All sides, as menus list them.
    pub const ALL: [Edge; 4] = [Edge::Left, Edge::Right, Edge::Top, Edge::Bottom];

    fn direction(self) -> Direction {
        match self {
            Edge::Left | Edge::Right => Direction::Horizontal,
            Edge::Top | Edge::Bottom => Direction::Vertical,
        }
    }

    fn first(self) -> bool {
        matches!(self, Edge::Left | Edge::Top)
    }
}

impl Pane {
    /// All panels, in the order of the menus.
    pub const ALL: [Pane; 10] = [
        Pane::Canvas,
        Pane::Palette,
        Pane::Inspector,
        Pane::Training,
        Pane::Plan,
        Pane::Resources,
        Pane::Results,
        Pane::Problems,
        Pane::Log,
        Pane::History,
    ];

    /// Key of its label.
    pub fn label(self) -> &'static str {
        match self {
            Pane::Canvas => "tab-canvas",
            Pane::Palette => "tab-palette",
            Pane::Inspector => "tab-inspector",
            Pane::Training => "tab-training",
            Pane::Plan => "tab-plan",
            Pane::Resources => "tab-resources",
            Pane::Results => "tab-results",
            Pane::Problems => "tab-problems",
            Pane::Log => "tab-log",
            Pane::History => "tab-history",
        }
    }

    /// Its icon.
    pub fn icon(self) -> &'static str {
        match self {
            Pane::Canvas => "graph",
            Pane::Palette => "squares-four",
            Pane::Inspector => "sliders-horizontal",
            Pane::Training => "chart-line",
            Pane::Plan => "chart-bar",
            Pane::Resources => "cpu",
            Pane::Results => "gauge",
            Pane::Problems => "warning",
            Pane::Log => "terminal-window",
            Pane::History => "clock-counter-clockwise",
        }
    }

    /// Where it comes when it is shown and none of its neighbours is there. The canvas is always there.
    pub fn home(self) -> Edge {
        match self {
            Pane::Palette => Edge::Left,
            Pane::Canvas | Pane::Inspector | Pane::History => Edge::Right,
            _ => Edge::Bottom,
        }
    }

    /// Whether it says itself what it is, so that alone in its group it needs no tab.
    pub fn speaks_for_itself(self) -> bool {
        matches!(self, Pane::Canvas | Pane::Palette | Pane::Inspector)
    }

    /// Width and height that it is not made smaller than while there is room [points].
    pub fn min_size(self) -> [f32; 2] {
        match self {
            Pane::Canvas => [240.0, 160.0],
            Pane::Palette => [160.0, 120.0],
            Pane::Inspector => [240.0, 120.0],
            Pane::History => [180.0, 120.0],
            _ => [260.0, 120.0],
        }
    }

    /// Width and height that it gets when it comes to a place of its own [points].
    pub fn preferred_size(self) -> [f32; 2] {
        match self {
            Pane::Palette => [212.0, 340.0],
            Pane::Inspector => [316.0, 340.0],
            Pane::History => [260.0, 340.0],
            _ => [420.0, 340.0],
        }
    }

    fn from_id(id: &str) -> Option<Self> {
        // One list of names, that of the files.
        serde_json::from_value(serde_json::Value::String(id.to_owned())).ok()
    }
}

/// Whether parts stand beside or above one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Direction {
    Horizontal,
    Vertical,
}

/// A group of tabs, or a split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// Panels of which one is seen.
    Tabs {
        /// From left to right.
        #[serde(deserialize_with = "known_panes")]
        panes: Vec<Pane>,
        /// The one that is seen.
        #[serde(deserialize_with = "known_pane")]
        open: Pane,
    },
    /// Parts beside or above one another.
    Split {
        /// Which of both.
        direction: Direction,
        /// From left to right, or from above to below.
        parts: Vec<Part>,
    },
}

/// A part of a split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Its width or height [points]; that of the part with the canvas is whatever is left.
    pub size: f32,
    /// Whether it is hidden.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// Whether only its tabs are seen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub folded: bool,
    /// What is in it.
    pub shape: Shape,
}

/// Panels that a later version has are left out.
fn known_panes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Pane>, D::Error> {
    Ok(Vec::<String>::deserialize(from)?.iter().filter_map(|id| Pane::from_id(id)).collect())
}

fn known_pane<'de, D: Deserializer<'de>>(from: D) -> Result<Pane, D::Error> {
    Ok(Pane::from_id(&String::deserialize(from)?).unwrap_or(Pane::Canvas))
}

impl Default for Shape {
    fn default() -> Self {
        let bottom = [Pane::Training, Pane::Plan, Pane::Resources, Pane::Results, Pane::Problems, Pane::Log];
        let middle =
            Shape::split(Direction::Horizontal, [(212.0, Shape::group([Pane::Palette])), (0.0, Shape::canvas())]);
        let left = Shape::split(Direction::Vertical, [(0.0, middle), (340.0, Shape::group(bottom))]);
        Shape::split(Direction::Horizontal, [(0.0, left), (316.0, Shape::group([Pane::Inspector]))]).repaired()
    }
}

impl Shape {
    fn canvas() -> Self {
        Self::group([Pane::Canvas])
    }

    fn group(panes: impl Into<Vec<Pane>>) -> Self {
        let panes = panes.into();
        let open = panes.first().copied().unwrap_or(Pane::Canvas);
        Shape::Tabs { panes, open }
    }

    fn split(direction: Direction, parts: impl IntoIterator<Item = (f32, Shape)>) -> Self {
        let parts = parts.into_iter().map(|(size, shape)| Part { size, hidden: false, folded: false, shape });
        Shape::Split { direction, parts: parts.collect() }
    }

    /// Its panels, from left to right and from above to below.
    pub fn panes(&self) -> Vec<Pane> {
        match self {
            Shape::Tabs { panes, .. } => panes.clone(),
            Shape::Split { parts, .. } => parts.iter().flat_map(|p| p.shape.panes()).collect(),
        }
    }

    /// Whether a panel is in it.
    pub fn holds(&self, pane: Pane) -> bool {
        match self {
            Shape::Tabs { panes, .. } => panes.contains(&pane),
            Shape::Split { parts, .. } => parts.iter().any(|p| p.shape.holds(pane)),
        }
    }

    /// Whether a panel is seen.
    pub fn shows(&self, pane: Pane) -> bool {
        match self {
            Shape::Tabs { open, .. } => *open == pane,
            Shape::Split { parts, .. } => parts.iter().any(|p| !p.hidden && !p.folded && p.shape.shows(pane)),
        }
    }

    /// Panels that are seen, from left to right and from above to below; of a folded group the open one counts, since
    /// its tab is there.
    pub fn shown(&self) -> Vec<Pane> {
        match self {
            Shape::Tabs { open, .. } => vec![*open],
            Shape::Split { parts, .. } => parts.iter().filter(|p| !p.hidden).flat_map(|p| p.shape.shown()).collect(),
        }
    }

    /// The tabs of the group that a panel is in.
    pub fn group_of(&self, pane: Pane) -> Option<(&[Pane], Pane)> {
        match self {
            Shape::Tabs { panes, open } => panes.contains(&pane).then_some((panes.as_slice(), *open)),
            Shape::Split { parts, .. } => parts.iter().find_map(|p| p.shape.group_of(pane)),
        }
    }

    fn group_mut(&mut self, pane: Pane) -> Option<(&mut Vec<Pane>, &mut Pane)> {
        match self {
            Shape::Tabs { panes, open } => panes.contains(&pane).then_some((panes, open)),
            Shape::Split { parts, .. } => parts.iter_mut().find_map(|p| p.shape.group_mut(pane)),
        }
    }

    /// The same without what cannot be: panels twice, empty groups, splits of one, sizes that are no numbers; with the
    /// canvas, and with the canvas not hidden.
    pub fn repaired(self) -> Self {
        let mut seen = Vec::new();
        let mut shape = self.pruned(&mut seen).unwrap_or_else(Shape::canvas);
        if !shape.holds(Pane::Canvas) {
            let size = shape.preferred(Direction::Horizontal);
            shape = Shape::split(Direction::Horizontal, [(0.0, Shape::canvas()), (size, shape)]);
            shape = shape.pruned(&mut Vec::new()).unwrap_or_else(Shape::canvas);
        }
        shape.tidy();
        shape
    }

    fn pruned(self, seen: &mut Vec<Pane>) -> Option<Self> {
        match self {
            Shape::Tabs { panes, open } => {
                let mut kept = Vec::new();
                for pane in panes {
                    if !seen.contains(&pane) {
                        seen.push(pane);
                        kept.push(pane);
                    }
                }
                let first = *kept.first()?;
                let open = if kept.contains(&open) { open } else { first };
                Some(Shape::Tabs { panes: kept, open })
            }
            Shape::Split { direction, parts } => {
                let mut kept: Vec<Part> = Vec::new();
                for part in parts {
                    let Some(shape) = part.shape.pruned(seen) else { continue };
                    match shape {
                        // A split within a split of its direction is the same as its parts.
                        Shape::Split { direction: inner, parts } if inner == direction => {
                            let hidden = part.hidden;
                            kept.extend(parts.into_iter().map(|p| Part { hidden: p.hidden || hidden, ..p }));
                        }
                        shape => kept.push(Part { shape, ..part }),
                    }
                }
                if kept.len() == 1 {
                    kept.pop().map(|p| p.shape)
                } else {
                    (!kept.is_empty()).then_some(Shape::Split { direction, parts: kept })
                }
            }
        }
    }

    fn tidy(&mut self) {
        let Shape::Split { direction, parts } = self else { return };
        for part in parts {
            let has_canvas = part.shape.holds(Pane::Canvas);
            if has_canvas {
                part.hidden = false;
                part.folded = false;
            }
            // Only what is as high as its tabs can be folded onto them.
            part.folded &= *direction == Direction::Vertical;
            if has_canvas {
                part.size = 0.0;
            } else if !part.size.is_finite() || part.size < 1.0 || part.size > 20_000.0 {
                part.size = part.shape.preferred(*direction);
            }
            part.size = part.size.round();
            part.shape.tidy();
        }
    }

    /// Width or height that suits what is in it.
    pub fn preferred(&self, direction: Direction) -> f32 {
        let axis = usize::from(direction == Direction::Vertical);
        self.panes().into_iter().map(|p| p.preferred_size()[axis]).fold(0.0, f32::max)
    }

    /// Makes a panel seen: brings it back, opens its tab, shows and unfolds what it is in.
    pub fn show(&mut self, pane: Pane) {
        if !self.holds(pane) {
            self.add(pane);
        }
        self.reveal(pane);
    }

    fn add(&mut self, pane: Pane) {
        let neighbour = Pane::ALL.into_iter().find(|p| *p != Pane::Canvas && p.home() == pane.home() && self.holds(*p));
        if let Some((panes, _)) = neighbour.and_then(|n| self.group_mut(n)) {
            // In the order of the menus, as far as the user has not changed it.
            let at = panes.iter().position(|p| *p > pane).unwrap_or(panes.len());
            panes.insert(at, pane);
            return;
        }
        self.dock(pane, pane.home());
    }

    fn reveal(&mut self, pane: Pane) {
        match self {
            Shape::Tabs { open, .. } => *open = pane,
            Shape::Split { parts, .. } => {
                if let Some(part) = parts.iter_mut().find(|p| p.shape.holds(pane)) {
                    part.hidden = false;
                    part.folded = false;
                    part.shape.reveal(pane);
                }
            }
        }
    }

    /// Takes a panel away; the canvas stays. The tab beside it is opened.
    pub fn close(&mut self, pane: Pane) {
        if pane == Pane::Canvas {
            return;
        }
        if let Some((panes, open)) = self.group_mut(pane) {
            let at = panes.iter().position(|p| *p == pane).unwrap_or(0);
            panes.retain(|p| *p != pane);
            if *open == pane
                && let Some(next) = panes.get(at).or(panes.last())
            {
                *open = *next;
            }
        }
        self.repair();
    }

    fn repair(&mut self) {
        *self = std::mem::replace(self, Shape::canvas()).repaired();
    }

    /// Puts a panel into a group of its own at a side of the canvas: at the left and right beside all, the palette beside
    /// the canvas alone; above and below within the column of the canvas.
    pub fn dock(&mut self, pane: Pane, edge: Edge) {
        if pane == Pane::Canvas {
            return;
        }
        if let Some((panes, _)) = self.group_mut(pane) {
            panes.retain(|p| *p != pane);
        }
        self.repair();
        let direction = edge.direction();
        let new = Shape::group([pane]);
        let size = new.preferred(direction);
        let target = match edge {
            Edge::Left => self.canvas_leaf(),
            Edge::Right => &mut *self,
            Edge::Top | Edge::Bottom => self.canvas_column(),
        };
        let old = std::mem::replace(target, Shape::canvas());
        // The old part's size matters only where the canvas is not in it, and there it is.
        let parts = if edge.first() { [(size, new), (0.0, old)] } else { [(0.0, old), (size, new)] };
        *target = Shape::split(direction, parts);
        self.repair();
    }

    /// What stands between everything at the far left and the far right.
    fn canvas_column(&mut self) -> &mut Shape {
        let at = match self {
            Shape::Split { direction: Direction::Horizontal, parts } => {
                parts.iter().position(|p| p.shape.holds(Pane::Canvas))
            }
            _ => None,
        };
        match (self, at) {
            (Shape::Split { parts, .. }, Some(at)) => &mut parts[at].shape,
            (column, _) => column,
        }
    }

    fn canvas_leaf(&mut self) -> &mut Shape {
        let at = match self {
            Shape::Tabs { .. } => None,
            Shape::Split { parts, .. } => parts.iter().position(|p| p.shape.holds(Pane::Canvas)),
        };
        match (self, at) {
            (Shape::Split { parts, .. }, Some(at)) => parts[at].shape.canvas_leaf(),
            (leaf, _) => leaf,
        }
    }

    /// Calls `with` for every part that stands at a side of the canvas, however far away.
    fn at_side(&mut self, edge: Edge, with: &mut impl FnMut(&mut Part)) {
        let Shape::Split { direction, parts } = self else { return };
        let Some(canvas) = parts.iter().position(|p| p.shape.holds(Pane::Canvas)) else { return };
        if *direction == edge.direction() {
            let side = if edge.first() { &mut parts[..canvas] } else { &mut parts[canvas + 1..] };
            side.iter_mut().for_each(&mut *with);
        }
        parts[canvas].shape.at_side(edge, with);
    }

    /// Hides what stands at the left or right, or shows it again; where nothing stands, its panel comes.
    pub fn toggle_side(&mut self, edge: Edge) {
        let (mut any, mut shown) = (false, false);
        self.at_side(edge, &mut |part| {
            any = true;
            shown |= !part.hidden;
        });
        if any {
            self.at_side(edge, &mut |part| part.hidden = shown);
        } else {
            self.show(if edge == Edge::Left { Pane::Palette } else { Pane::Inspector });
        }
    }

    /// Folds what stands above and below onto its tabs, or unfolds it; where nothing stands, a panel comes.
    pub fn toggle_fold(&mut self) {
        let (mut any, mut unfolded) = (false, false);
        for edge in [Edge::Top, Edge::Bottom] {
            self.at_side(edge, &mut |part| {
                any = true;
                unfolded |= !part.folded;
            });
        }
        if !any {
            return self.show(Pane::Training);
        }
        for edge in [Edge::Top, Edge::Bottom] {
            self.at_side(edge, &mut |part| {
                part.folded = unfolded;
                part.hidden = false;
            });
        }
    }

    /// Folds the part that a panel is in onto its tabs, or unfolds it, where it stands above or below the canvas.
    pub fn toggle_fold_of(&mut self, pane: Pane) {
        for edge in [Edge::Top, Edge::Bottom] {
            self.at_side(edge, &mut |part| {
                if part.shape.holds(pane) {
                    part.folded = !part.folded;
                }
            });
        }
    }

    /// Whether the part that a panel is in can be folded, and whether it is.
    pub fn fold_of(&self, pane: Pane) -> Option<bool> {
        let Shape::Split { direction, parts } = self else { return None };
        let canvas = parts.iter().position(|p| p.shape.holds(Pane::Canvas))?;
        let part = parts.iter().position(|p| p.shape.holds(pane))?;
        if part == canvas {
            return parts[canvas].shape.fold_of(pane);
        }
        (*direction == Direction::Vertical).then_some(parts[part].folded)
    }

    /// The part that held these panels, `moved` not counted.
    pub(super) fn part_of(&self, panes: &[Pane], moved: Pane) -> Option<&Part> {
        let Shape::Split { parts, .. } = self else { return None };
        let same = |part: &&Part| {
            let own = part.shape.panes();
            let others = own.iter().filter(|p| **p != moved);
            others.clone().next().is_some() && others.eq(panes.iter().filter(|p| **p != moved))
        };
        parts.iter().find(same).or_else(|| parts.iter().find_map(|p| p.shape.part_of(panes, moved)))
    }

    /// Opens the tab after or before the open one in the group of a panel; the panel that is open then.
    pub fn turn(&mut self, pane: Pane, forward: bool) -> Option<Pane> {
        let (panes, open) = self.group_mut(pane)?;
        let at = panes.iter().position(|p| p == open)?;
        let next = if forward { (at + 1) % panes.len() } else { (at + panes.len() - 1) % panes.len() };
        *open = panes[next];
        Some(*open)
    }

    /// Opens a panel's tab where it is, hidden or not.
    pub fn open(&mut self, pane: Pane) {
        if let Some((_, open)) = self.group_mut(pane) {
            *open = pane;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_pane() -> impl Strategy<Value = Pane> {
        proptest::sample::select(&Pane::ALL[..])
    }

    fn any_shape() -> impl Strategy<Value = Shape> {
        let leaf = (proptest::collection::vec(any_pane(), 0..4), any_pane())
            .prop_map(|(panes, open)| Shape::Tabs { panes, open });
        leaf.prop_recursive(4, 24, 4, |inner| {
            let size = prop_oneof![1.0..2000.0f32, Just(f32::NAN), Just(-4.0), Just(1e30)];
            let part = (size, any::<bool>(), any::<bool>(), inner).prop_map(|(size, hidden, folded, shape)| Part {
                size,
                hidden,
                folded,
                shape,
            });
            (any::<bool>(), proptest::collection::vec(part, 0..4)).prop_map(|(horizontal, parts)| Shape::Split {
                direction: if horizontal { Direction::Horizontal } else { Direction::Vertical },
                parts,
            })
        })
    }

    #[derive(Debug, Clone)]
    enum Asked {
        Show(Pane),
        Close(Pane),
        Dock(Pane, usize),
        Side(usize),
        Fold,
        FoldOf(Pane),
        Turn(Pane, bool),
    }

    fn any_asked() -> impl Strategy<Value = Asked> {
        prop_oneof![
            any_pane().prop_map(Asked::Show),
            any_pane().prop_map(Asked::Close),
            (any_pane(), 0..4usize).prop_map(|(p, e)| Asked::Dock(p, e)),
            (0..2usize).prop_map(Asked::Side),
            Just(Asked::Fold),
            any_pane().prop_map(Asked::FoldOf),
            (any_pane(), any::<bool>()).prop_map(|(p, f)| Asked::Turn(p, f)),
        ]
    }

    fn sound(shape: &Shape) -> Result<(), TestCaseError> {
        let mut panes = shape.panes();
        prop_assert!(panes.contains(&Pane::Canvas));
        panes.sort();
        let all = panes.len();
        panes.dedup();
        prop_assert_eq!(all, panes.len(), "a panel stands twice");
        prop_assert_eq!(&shape.clone().repaired(), shape);
        fn whole(shape: &Shape) -> bool {
            match shape {
                Shape::Tabs { panes, open } => panes.contains(open),
                Shape::Split { parts, .. } => {
                    parts.len() > 1
                        && parts.iter().all(|p| whole(&p.shape) && !(p.hidden && p.shape.holds(Pane::Canvas)))
                }
            }
        }
        prop_assert!(whole(shape), "{:?}", shape);
        Ok(())
    }

    proptest! {
        #[test]
        fn whatever_was_read_is_a_layout_after_repair_and_survives_its_file(shape in any_shape()) {
            let shape = shape.repaired();
            sound(&shape)?;
            let text = serde_json::to_string(&shape).unwrap();
            prop_assert_eq!(serde_json::from_str::<Shape>(&text).unwrap(), shape);
        }

        #[test]
        fn whatever_is_asked_leaves_a_layout(start in any_shape(), asked in proptest::collection::vec(any_asked(), 0..24)) {
            let mut shape = start.repaired();
            for one in asked {
                match one {
                    Asked::Show(pane) => {
                        shape.show(pane);
                        prop_assert!(shape.shows(pane));
                    }
                    Asked::Close(pane) => {
                        shape.close(pane);
                        prop_assert_eq!(shape.holds(pane), pane == Pane::Canvas);
                    }
                    Asked::Dock(pane, edge) => {
                        shape.dock(pane, Edge::ALL[edge]);
                        prop_assert!(pane == Pane::Canvas || shape.holds(pane));
                    }
                    Asked::Side(edge) => shape.toggle_side(Edge::ALL[edge]),
                    Asked::Fold => shape.toggle_fold(),
                    Asked::FoldOf(pane) => shape.toggle_fold_of(pane),
                    Asked::Turn(pane, forward) => drop(shape.turn(pane, forward)),
                }
                sound(&shape)?;
            }
        }
    }

    #[test]
    fn what_is_closed_comes_back_to_its_place() {
        let before = Shape::default();
        for pane in Pane::ALL.into_iter().filter(|p| !matches!(p, Pane::Canvas | Pane::History)) {
            let mut shape = before.clone();
            shape.close(pane);
            assert!(!shape.holds(pane));
            shape.show(pane);
            shape.open(Pane::Training);
            assert_eq!(shape, before, "{pane:?}");
        }
    }

    #[test]
    fn sides_are_hidden_and_shown_again() {
        let before = Shape::default();
        for (edge, pane) in [(Edge::Left, Pane::Palette), (Edge::Right, Pane::Inspector)] {
            let mut shape = before.clone();
            shape.toggle_side(edge);
            assert!(!shape.shows(pane) && shape.shows(Pane::Canvas) && shape.holds(pane));
            shape.toggle_side(edge);
            assert_eq!(shape, before);
            shape.close(pane);
            shape.toggle_side(edge);
            assert_eq!(shape, before);
        }
        let mut shape = before.clone();
        shape.toggle_fold();
        assert_eq!(shape.fold_of(Pane::Log), Some(true));
        assert!(!shape.shows(Pane::Training));
        shape.show(Pane::Log);
        assert!(shape.shows(Pane::Log));
        assert_eq!(shape.fold_of(Pane::Palette), None);
    }

    #[test]
    fn a_panel_of_a_later_version_is_left_out_and_the_rest_stays() {
        let text = r#"{"split":{"direction":"horizontal","parts":[
            {"size":0,"shape":{"tabs":{"panes":["canvas"],"open":"canvas"}}},
            {"size":300,"shape":{"tabs":{"panes":["oracle","log"],"open":"oracle"}}}]}}"#;
        let shape: Shape = serde_json::from_str(text).unwrap();
        assert_eq!(shape.repaired().panes(), [Pane::Canvas, Pane::Log]);
    }
}
