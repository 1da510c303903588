//! Colours, sizes and fonts: the files of `assets/themes` and `assets/fonts`, and nothing else, say how the window looks.
//! The only module that makes colours; what the panels show is none of its business.

use std::collections::BTreeMap;
use std::sync::Arc;

use egui::style::{HandleShape, ScrollAnimation, ScrollStyle, TextCursorStyle, WidgetVisuals};
use egui::{
    Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, FontTweak, Margin, Shadow, Stroke, Style,
    TextStyle, Visuals, vec2,
};
use serde::{Deserialize, Serialize};
use weft_model::{Category, PortType};

use crate::icons;

/// Family of titles.
pub const SEMIBOLD: &str = "semibold";
/// Family of icons.
pub const ICON: &str = "icon";
/// Family of filled icons.
pub const ICON_FILL: &str = "icon-fill";

/// How long menus and folds take to open [s].
const ANIMATION_S: f32 = 0.08;

/// One of the two palettes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Light text on dark ground.
    #[default]
    Dark,
    /// Dark text on light ground.
    Light,
}

macro_rules! palette {
    ($($(#[$doc:meta])* $name:ident = $key:literal,)*) => {
        /// Colours, sizes and fonts of one palette.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Theme {
            /// Which palette it is.
            pub mode: Mode,
            /// Measures.
            pub size: Sizes,
            $($(#[$doc])* pub $name: Color32,)*
        }

        impl Theme {
            /// The theme as the built-in files have it.
            pub fn load(mode: Mode) -> Self {
                let colours = colours(mode);
                // A colour that a file lacks is egui's placeholder, which cannot be overlooked; a test holds that
                // there is none.
                let colour = |key: &str| colours.get(key).copied().unwrap_or(Color32::PLACEHOLDER);
                Self { mode, size: Sizes::load(), $($name: colour($key),)* }
            }

            #[cfg(test)]
            fn keys() -> &'static [&'static str] {
                &[$($key),*]
            }
        }
    };
}

palette! {
    /// Ground of the window.
    app = "app",
    /// Ground of panels.
    panel = "panel",
    /// Ground of what stands out of a panel: buttons, cards.
    raised = "raised",
    /// Ground of fields.
    input = "input",
    /// Ground of the canvas.
    canvas = "canvas",
    /// Dots of the canvas.
    grid = "grid",
    /// Lines that part panels; grid lines of plots.
    border = "border",
    /// Edges of fields and buttons.
    strong = "strong",
    /// Text.
    text = "text",
    /// Secondary text.
    muted = "muted",
    /// Ornaments and placeholders only.
    faint = "faint",
    /// Primary button, selection, focus.
    accent = "accent",
    /// Text on the accent colour.
    on_accent = "onaccent",
    /// Good.
    ok = "ok",
    /// Doubtful.
    warn = "warn",
    /// Bad.
    error = "error",
    /// Running.
    run = "run",
    /// From the cache.
    cached = "cached",
    /// On the critical path.
    critical = "critical",
    /// Body of nodes.
    node = "node",
    /// Category of data.
    data = "data",
    /// Category of preparation.
    prepare = "prepare",
    /// Category of networks.
    network = "network",
    /// Category of training; the training part in plots.
    train = "train",
    /// Category of evaluation; the validation part in plots.
    evaluate = "evaluate",
    /// Category of compression.
    compress = "compress",
    /// Category of deployment.
    deploy = "deploy",
    /// Category of watching.
    watch = "watch",
    /// Category of flow.
    flow = "flow",
}

/// Measures, in points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it; the values stand in the tokens file")]
#[serde(default)]
pub struct Sizes {
    pub grid: f32,
    pub gap: f32,
    pub section: f32,
    pub row: f32,
    pub field: f32,
    pub radius: u8,
    pub node_radius: u8,
    pub icon: f32,
    pub top_bar: f32,
    pub left_panel: f32,
    pub right_panel: f32,
    pub bottom_panel: f32,
    pub status_bar: f32,
    pub text: f32,
    pub text_line: f32,
    pub small: f32,
    pub small_line: f32,
    pub title: f32,
    pub mono: f32,
    pub axis: f32,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            grid: 4.0,
            gap: 8.0,
            section: 12.0,
            row: 24.0,
            field: 26.0,
            radius: 6,
            node_radius: 8,
            icon: 16.0,
            top_bar: 44.0,
            left_panel: 212.0,
            right_panel: 316.0,
            bottom_panel: 340.0,
            status_bar: 24.0,
            text: 13.0,
            text_line: 20.0,
            small: 11.0,
            small_line: 16.0,
            title: 24.0,
            mono: 12.0,
            axis: 10.0,
        }
    }
}

impl Sizes {
    fn load() -> Self {
        serde_json::from_str(include_str!("../../../assets/themes/tokens.json")).unwrap_or_default()
    }
}

fn source(mode: Mode) -> &'static str {
    match mode {
        Mode::Dark => include_str!("../../../assets/themes/dark.json"),
        Mode::Light => include_str!("../../../assets/themes/light.json"),
    }
}

fn colours(mode: Mode) -> BTreeMap<String, Color32> {
    let texts: BTreeMap<String, String> = serde_json::from_str(source(mode)).unwrap_or_default();
    texts.into_iter().filter_map(|(key, hex)| Some((key, Color32::from_hex(&hex).ok()?))).collect()
}

impl Theme {
    /// Whether the ground is dark.
    pub fn is_dark(&self) -> bool {
        self.mode == Mode::Dark
    }

    /// The colour of a category.
    pub fn category(&self, category: &Category) -> Color32 {
        match category {
            Category::Data => self.data,
            Category::Prepare => self.prepare,
            Category::Network => self.network,
            Category::Train => self.train,
            Category::Evaluate => self.evaluate,
            Category::Compress => self.compress,
            Category::Deploy => self.deploy,
            Category::Watch => self.watch,
            Category::Flow => self.flow,
        }
    }

    /// The colour of ports and wires of a type.
    pub fn port(&self, ty: PortType) -> Color32 {
        match ty {
            PortType::Dataset | PortType::Samples => self.data,
            PortType::Network => self.network,
            PortType::Model => self.train,
            PortType::Metrics => self.evaluate,
            PortType::Signal => self.flow,
        }
    }

    /// The colour of the `index`-th run or other series: the same everywhere.
    pub fn series(&self, index: usize) -> Color32 {
        let colours =
            [self.train, self.prepare, self.network, self.data, self.compress, self.deploy, self.watch, self.flow];
        colours[index % colours.len()]
    }

    /// A colour laid at 18 % over a ground: headers of nodes, chips.
    pub fn tint(&self, ground: Color32, colour: Color32) -> Color32 {
        ground.lerp_to_gamma(colour, 0.18)
    }

    /// The ground of a selected row.
    pub fn selection(&self) -> Color32 {
        self.panel.lerp_to_gamma(self.accent, 0.16)
    }

    /// The ground of what lies under the pointer.
    pub fn hover(&self) -> Color32 {
        self.raised.lerp_to_gamma(self.strong, 0.35)
    }

    /// The shadow under windows, menus and nodes.
    pub fn shadow(&self) -> Color32 {
        Color32::from_black_alpha(if self.is_dark() { 110 } else { 34 })
    }

    /// Grounds that the whole window lies under while a question is asked.
    pub fn veil(&self) -> Color32 {
        Color32::from_black_alpha(if self.is_dark() { 140 } else { 70 })
    }

    /// Corner radius of buttons, fields and cards.
    pub fn radius(&self) -> CornerRadius {
        CornerRadius::same(self.size.radius)
    }

    /// The line that parts panels.
    pub fn line(&self) -> Stroke {
        Stroke::new(1.0, self.border)
    }

    /// Plain text.
    pub fn font(&self) -> FontId {
        FontId::new(self.size.text, FontFamily::Proportional)
    }

    /// Secondary text.
    pub fn small_font(&self) -> FontId {
        FontId::new(self.size.small, FontFamily::Proportional)
    }

    /// Titles.
    pub fn semibold(&self) -> FontId {
        FontId::new(self.size.text, FontFamily::Name(SEMIBOLD.into()))
    }

    /// Figures, shapes and keys.
    pub fn mono(&self) -> FontId {
        FontId::new(self.size.mono, FontFamily::Monospace)
    }

    /// Small figures: axes of plots, keys in menus.
    pub fn mono_small(&self) -> FontId {
        FontId::new(self.size.small, FontFamily::Monospace)
    }

    /// The style of egui's own widgets.
    pub fn style(&self) -> Style {
        let mut style = Style { visuals: self.visuals(), ..Style::default() };
        style.text_styles = [
            (TextStyle::Body, self.font()),
            (TextStyle::Button, self.font()),
            (TextStyle::Small, self.small_font()),
            (TextStyle::Heading, self.semibold()),
            (TextStyle::Monospace, self.mono()),
        ]
        .into();
        style.drag_value_text_style = TextStyle::Monospace;
        let spacing = &mut style.spacing;
        spacing.item_spacing = vec2(8.0, 4.0);
        spacing.button_padding = vec2(10.0, 4.0);
        spacing.interact_size = vec2(32.0, self.size.row);
        spacing.menu_margin = Margin::same(4);
        spacing.window_margin = Margin::same(16);
        spacing.icon_width = 16.0;
        spacing.icon_width_inner = 10.0;
        spacing.combo_width = 120.0;
        spacing.tooltip_width = 320.0;
        spacing.scroll = ScrollStyle { bar_width: 6.0, ..ScrollStyle::floating() };
        style.animation_time = ANIMATION_S;
        style.interaction.selectable_labels = false;
        style
    }

    fn visuals(&self) -> Visuals {
        let mut visuals = if self.is_dark() { Visuals::dark() } else { Visuals::light() };
        let radius = self.radius();
        let widget = |ground: Color32, edge: Color32, text: Color32| WidgetVisuals {
            bg_fill: ground,
            weak_bg_fill: ground,
            bg_stroke: Stroke::new(1.0, edge),
            corner_radius: radius,
            fg_stroke: Stroke::new(1.0, text),
            expansion: 0.0,
        };
        visuals.widgets.noninteractive = widget(self.panel, self.border, self.text);
        visuals.widgets.inactive = widget(self.raised, self.border, self.text);
        visuals.widgets.hovered = widget(self.hover(), self.strong, self.text);
        visuals.widgets.active = widget(self.hover(), self.accent, self.text);
        visuals.widgets.open = widget(self.hover(), self.strong, self.text);
        visuals.override_text_color = None;
        visuals.weak_text_color = Some(self.muted);
        visuals.selection.bg_fill = self.accent.gamma_multiply(0.35);
        // The ink of what is selected, read on the colour above; and the edge of a field with the keyboard.
        visuals.selection.stroke = Stroke::new(1.0, self.accent.lerp_to_gamma(self.text, 0.5));
        visuals.hyperlink_color = self.accent;
        visuals.faint_bg_color = self.raised;
        visuals.extreme_bg_color = self.input;
        visuals.text_edit_bg_color = Some(self.input);
        visuals.code_bg_color = self.input;
        visuals.warn_fg_color = self.warn;
        visuals.error_fg_color = self.error;
        visuals.window_fill = self.panel;
        visuals.panel_fill = self.panel;
        visuals.window_stroke = Stroke::new(1.0, self.border);
        visuals.window_corner_radius = CornerRadius::same(self.size.node_radius);
        visuals.menu_corner_radius = radius;
        let shadow = Shadow { offset: [0, 6], blur: 18, spread: 0, color: self.shadow() };
        visuals.window_shadow = shadow;
        visuals.popup_shadow = shadow;
        visuals.slider_trailing_fill = true;
        visuals.handle_shape = HandleShape::Circle;
        visuals.text_cursor = TextCursorStyle { stroke: Stroke::new(1.5, self.accent), ..visuals.text_cursor };
        visuals.button_frame = true;
        visuals.striped = false;
        visuals
    }

    /// The style of the canvas widget.
    pub fn canvas_style(&self, reduced_motion: bool) -> egui_node_graph::Style {
        let mut style = egui_node_graph::Style::from_visuals(&self.visuals());
        style.canvas = self.canvas;
        style.grid = self.grid;
        style.node = self.node;
        style.border = self.strong.lerp_to_gamma(self.border, 0.4);
        style.strong = self.strong;
        style.shadow = self.shadow();
        style.text = self.text;
        style.muted = self.muted;
        style.faint = self.faint;
        style.accent = self.accent;
        style.error = self.error;
        style.warn = self.warn;
        style.ok = self.ok;
        style.run = self.run;
        style.cached = self.cached;
        style.critical = self.critical;
        style.family = FontFamily::Proportional;
        style.semibold_family = FontFamily::Name(SEMIBOLD.into());
        style.mono_family = FontFamily::Monospace;
        style.icon_family = FontFamily::Name(ICON.into());
        style.icon_fill_family = FontFamily::Name(ICON_FILL.into());
        style.icons = egui_node_graph::StateIcons {
            waiting: Some(icons::icon("clock")),
            done: Some(icons::icon("check-circle")),
            cached: Some(icons::icon("lightning")),
            failed: Some(icons::icon("x-circle")),
            stopped: Some(icons::icon("stop")),
            skipped: Some(icons::icon("minus-circle")),
            problem: Some(icons::icon("warning-circle")),
            muted: None,
            bypassed: None,
        };
        style.reduced_motion = reduced_motion;
        style
    }
}

/// Has egui's own widgets move of themselves (menus, folds, scrolling), or not.
pub fn set_motion(ctx: &egui::Context, reduced: bool) {
    let animation_s = if reduced { 0.0 } else { ANIMATION_S };
    if ctx.global_style().animation_time != animation_s {
        let scrolling = if reduced { ScrollAnimation::none() } else { ScrollAnimation::default() };
        ctx.all_styles_mut(|style| {
            style.animation_time = animation_s;
            style.scroll_animation = scrolling;
        });
    }
}

/// Gives egui both palettes and every font. Once, at the start.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts());
    ctx.set_style_of(egui::Theme::Dark, Theme::load(Mode::Dark).style());
    ctx.set_style_of(egui::Theme::Light, Theme::load(Mode::Light).style());
}

/// The bundled fonts: Inter, JetBrains Mono and Phosphor, with Noto Sans SC behind each for Chinese.
pub fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    let mut add = |name: &str, bytes: &'static [u8], tweak: FontTweak| {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes).tweak(tweak)));
    };
    let plain = FontTweak::default();
    add("inter", include_bytes!("../../../assets/fonts/Inter-Regular.otf"), plain.clone());
    add("inter-semibold", include_bytes!("../../../assets/fonts/Inter-SemiBold.otf"), plain.clone());
    add("mono", include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf"), plain.clone());
    add("noto-sc", include_bytes!("../../../assets/fonts/NotoSansSC-Regular-gb2312.ttf"), plain.clone());
    add("phosphor", include_bytes!("../../../assets/fonts/Phosphor.ttf"), plain.clone());
    add("phosphor-fill", include_bytes!("../../../assets/fonts/Phosphor-Fill.ttf"), plain);
    let mut family = |family: FontFamily, first: &str| {
        // The icons stand at the very end, so that a label may hold one.
        let mut names = vec![first.to_owned()];
        for next in ["inter", "noto-sc", "mono", "phosphor"] {
            if next != first {
                names.push(next.to_owned());
            }
        }
        fonts.families.insert(family, names);
    };
    family(FontFamily::Proportional, "inter");
    family(FontFamily::Monospace, "mono");
    family(FontFamily::Name(SEMIBOLD.into()), "inter-semibold");
    family(FontFamily::Name(ICON.into()), "phosphor");
    family(FontFamily::Name(ICON_FILL.into()), "phosphor-fill");
    fonts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n;

    const MODES: [Mode; 2] = [Mode::Dark, Mode::Light];

    #[test]
    fn every_colour_stands_in_both_files_and_no_other() {
        for mode in MODES {
            let have: std::collections::BTreeSet<String> = colours(mode).into_keys().collect();
            let want = Theme::keys().iter().map(|k| (*k).to_owned()).collect();
            assert_eq!(have, want, "{mode:?}");
        }
        let sizes: Sizes = serde_json::from_str(include_str!("../../../assets/themes/tokens.json")).unwrap();
        assert_eq!(sizes, Sizes::default());
    }

    fn luminance(colour: Color32) -> f32 {
        let c = egui::Rgba::from(colour);
        0.2126 * c.r() + 0.7152 * c.g() + 0.0722 * c.b()
    }

    fn contrast(a: Color32, b: Color32) -> f32 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_is_readable_on_every_ground() {
        for mode in MODES {
            let t = Theme::load(mode);
            let check = |text: Color32, ground: Color32| {
                let ratio = contrast(text, ground);
                assert!(ratio >= 4.5, "{mode:?}: {text:?} on {ground:?} is {ratio:.2}");
            };
            for ground in [t.app, t.panel, t.raised, t.input, t.canvas, t.node] {
                for text in [t.text, t.muted, t.accent, t.error, t.warn, t.ok, t.run] {
                    check(text, ground);
                }
            }
            // Rows that are selected or pointed at, and heads of nodes.
            for ground in [t.selection(), t.hover()] {
                check(t.text, ground);
                check(t.muted, ground);
            }
            for category in Category::ALL {
                check(t.text, t.tint(t.node, t.category(&category)));
            }
            assert!(contrast(t.on_accent, t.accent) >= 4.5);
            let selection = t.visuals().selection;
            for ground in [t.panel, t.raised, t.input] {
                check(selection.stroke.color, ground.blend(selection.bg_fill));
            }
            // What an empty field says, and the key in it, carry meaning; what cannot be done now is still made out.
            let hint = t.style().visuals.weak_text_color();
            check(hint, t.input);
            for ground in [t.panel, t.raised] {
                assert!(contrast(t.faint, ground) >= 3.0, "{mode:?}: {:.2}", contrast(t.faint, ground));
            }
            // Where the keyboard is.
            for ground in [t.app, t.panel, t.raised, t.input, t.canvas] {
                assert!(contrast(t.accent, ground) >= 3.0);
            }
        }
    }

    /// Every character that the window can say on its own account, in both languages.
    fn characters() -> std::collections::BTreeSet<char> {
        let mut text = String::new();
        for lang in weft_model::Lang::ALL {
            text.extend(i18n::sources(lang).iter().copied());
            text.push_str(lang.own_name());
            for kind in weft_model::catalogue::KINDS {
                text.push_str(kind.label.get(lang));
                text.push_str(kind.help.get(lang));
                for p in kind.params {
                    text.push_str(p.label.get(lang));
                    text.push_str(p.help.get(lang));
                    text.push_str(p.group.get(lang));
                    text.push_str(p.unit.map_or("", |u| u.get(lang)));
                }
                for p in kind.inputs.iter().chain(kind.outputs) {
                    text.push_str(p.label.get(lang));
                }
            }
            for category in Category::ALL {
                text.push_str(category.label().get(lang));
            }
        }
        // The messages of the model stand in its sources.
        text.push_str(include_str!("../../model/src/validate.rs"));
        text.push_str(include_str!("../../model/src/flat.rs"));
        text.push_str(include_str!("../../model/src/subgraph.rs"));
        text.push_str(include_str!("../../model/src/port.rs"));
        text.push_str(include_str!("../../model/src/graph.rs"));
        text.push_str(include_str!("../../model/src/layers.rs"));
        text.push_str(include_str!("../../model/src/catalogue.rs"));
        text.push_str(include_str!("../../model/src/timed.rs"));
        text.push_str(include_str!("../../project/src/error.rs"));
        text.chars().filter(|c| !c.is_control()).collect()
    }

    #[test]
    fn the_bundled_fonts_have_every_character_that_is_used() {
        let ctx = egui::Context::default();
        install(&ctx);
        let _ = ctx.run_ui(egui::RawInput::default(), |_| {});
        let theme = Theme::load(Mode::Dark);
        for font in [theme.font(), theme.semibold(), theme.mono()] {
            let missing: String =
                ctx.fonts_mut(|f| characters().into_iter().filter(|c| !f.has_glyph(&font, *c)).collect());
            assert_eq!(missing, "", "{font:?}");
        }
    }
}
