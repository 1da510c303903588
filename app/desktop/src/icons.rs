//! Icons by name: the Phosphor fonts of `assets/fonts`. Must not know what an icon is used for.

use std::collections::HashMap;
use std::sync::LazyLock;

use egui::{Color32, FontFamily, FontId, RichText};

use crate::theme;

static CODE_POINTS: LazyLock<HashMap<&'static str, char>> = LazyLock::new(|| {
    include_str!("../../../assets/fonts/phosphor-codepoints.txt")
        .lines()
        .filter_map(|line| {
            let (code, name) = line.split_once(' ')?;
            Some((name, char::from_u32(u32::from_str_radix(code, 16).ok()?)?))
        })
        .collect()
});

/// Whether there is an icon of this name.
pub fn exists(name: &str) -> bool {
    CODE_POINTS.contains_key(name)
}

/// The character of an icon, the same in the regular and in the filled font. An unknown name gives a question mark in a
/// circle, so that a slip is seen and nothing breaks.
pub fn icon(name: &str) -> char {
    CODE_POINTS.get(name).copied().unwrap_or('\u{e3e8}')
}

/// An icon as text, regular, of a size in points.
pub fn text(name: &str, size: f32, color: Color32) -> RichText {
    RichText::new(icon(name)).font(font(size)).color(color)
}

/// An icon as text, filled, of a size in points: for states.
pub fn filled(name: &str, size: f32, color: Color32) -> RichText {
    RichText::new(icon(name)).font(fill_font(size)).color(color)
}

/// The regular icon font at a size in points.
pub fn font(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(theme::ICON.into()))
}

/// The filled icon font at a size in points.
pub fn fill_font(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(theme::ICON_FILL.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_have_icons() {
        for category in weft_model::Category::ALL {
            assert!(exists(category.icon()), "{}", category.icon());
        }
        assert_eq!(icon("question"), icon("there is no such icon"));
    }
}
