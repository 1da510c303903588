//! Pictures of charts as files: a few kinds of shapes, written as SVG or painted as PNG with the bundled fonts.
//!
//! A [`Picture`] is plain data, made by whoever knows the chart and handed to a thread that writes it. This module knows
//! nothing of what is drawn.

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use egui::{Color32, ColorImage};
use resvg::{tiny_skia, usvg};

use crate::theme;

/// Pixels that an edge of a painted picture has at most.
const MOST_PIXELS: f32 = 16_384.0;

/// Which end of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// The letters of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// Plain.
    Plain,
    /// Of titles.
    Semibold,
    /// Of figures.
    Mono,
}

/// A shape; all measures in points, from the upper left corner.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A rectangle.
    Rect {
        /// Left, top, width, height.
        place: [f32; 4],
        /// Radius of its corners.
        radius: f32,
        /// What fills it.
        fill: Option<Color32>,
        /// Colour and width of its edge.
        edge: Option<(Color32, f32)>,
    },
    /// Lines through points.
    Line {
        /// The points; one that is not finite parts the line.
        points: Vec<[f32; 2]>,
        /// Colour.
        colour: Color32,
        /// Width.
        width: f32,
        /// Lengths of dashes and gaps; empty for a solid line.
        dash: Vec<f32>,
    },
    /// A filled shape of straight edges.
    Polygon {
        /// Its corners.
        points: Vec<[f32; 2]>,
        /// What fills it.
        fill: Color32,
    },
    /// A filled circle.
    Circle {
        /// Its middle.
        at: [f32; 2],
        /// Its radius.
        radius: f32,
        /// What fills it.
        fill: Color32,
    },
    /// A line of text.
    Text {
        /// Where its anchor stands, on the base line.
        at: [f32; 2],
        /// Which end of it.
        anchor: Anchor,
        /// What it says.
        text: String,
        /// Size of the letters.
        size: f32,
        /// Letters.
        letters: Letters,
        /// Colour.
        colour: Color32,
    },
    /// Shapes of which only what lies in a rectangle is seen.
    Clip {
        /// Left, top, width, height.
        place: [f32; 4],
        /// The shapes.
        shapes: Vec<Shape>,
    },
}

impl Shape {
    /// A line of text whose end `anchor` stands at `at`.
    pub fn text(at: [f32; 2], anchor: Anchor, text: &str, size: f32, letters: Letters, colour: Color32) -> Self {
        Shape::Text { at, anchor, text: text.to_owned(), size, letters, colour }
    }
}

/// A picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// What it shows, for those who cannot see it.
    pub title: String,
    /// Language of its texts, as BCP 47 has it.
    pub lang: &'static str,
    /// Width and height [points].
    pub size: [f32; 2],
    /// Its ground.
    pub ground: Color32,
    /// What is on it, from back to front.
    pub shapes: Vec<Shape>,
}

/// Why a picture could not be painted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PictureError {
    /// It has no size, or more pixels than can be painted.
    #[error("a picture of {0} × {1} pixels cannot be painted")]
    Size(f32, f32),
    /// The painter refused it.
    #[error("the picture could not be painted: {0}")]
    Paint(String),
}

impl Picture {
    /// The picture as the text of an SVG file.
    pub fn to_svg(&self) -> String {
        let [width, height] = self.size;
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let _ = writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xml:lang=\"{}\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\">",
            self.lang,
        );
        let _ = writeln!(out, "<title>{}</title>", escaped(&self.title));
        let ground = Shape::Rect { place: [0.0, 0.0, width, height], radius: 0.0, fill: Some(self.ground), edge: None };
        let mut clips = 0;
        ground.write(&mut out, &mut clips);
        for shape in &self.shapes {
            shape.write(&mut out, &mut clips);
        }
        out.push_str("</svg>\n");
        out
    }

    /// The picture as a PNG file, `scale` pixels a point.
    ///
    /// # Errors
    /// It has no size, or too many pixels.
    pub fn to_png(&self, scale: f32) -> Result<Vec<u8>, PictureError> {
        self.paint(scale)?.encode_png().map_err(|e| PictureError::Paint(e.to_string()))
    }

    /// The picture as pixels.
    ///
    /// # Errors
    /// As [`Self::to_png`].
    pub fn to_pixels(&self, scale: f32) -> Result<ColorImage, PictureError> {
        let pixels = self.paint(scale)?;
        let size = [pixels.width() as usize, pixels.height() as usize];
        Ok(ColorImage::from_rgba_premultiplied(size, pixels.data()))
    }

    fn paint(&self, scale: f32) -> Result<tiny_skia::Pixmap, PictureError> {
        let [width, height] = self.size.map(|edge| (edge * scale).ceil());
        if !(width >= 1.0 && height >= 1.0 && width <= MOST_PIXELS && height <= MOST_PIXELS) {
            return Err(PictureError::Size(width, height));
        }
        let options = usvg::Options { fontdb: Arc::clone(&FONTS), ..usvg::Options::default() };
        let tree = usvg::Tree::from_str(&self.to_svg(), &options).map_err(|e| PictureError::Paint(e.to_string()))?;
        let mut pixels =
            tiny_skia::Pixmap::new(width as u32, height as u32).ok_or(PictureError::Size(width, height))?;
        resvg::render(&tree, tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
        Ok(pixels)
    }
}

/// The bundled fonts, as the painter wants them.
static FONTS: LazyLock<Arc<usvg::fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = usvg::fontdb::Database::new();
    for (name, data) in theme::fonts().font_data {
        // The icons would only stand in for letters that are missing.
        if !name.starts_with("phosphor") {
            fonts.load_font_source(usvg::fontdb::Source::Binary(Arc::clone(&data.font)));
        }
    }
    Arc::new(fonts)
});

impl Shape {
    fn write(&self, out: &mut String, clips: &mut usize) {
        match self {
            Shape::Rect { place: [x, y, width, height], radius, fill, edge } => {
                let _ = write!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"");
                if *radius > 0.0 {
                    let _ = write!(out, " rx=\"{radius}\"");
                }
                match fill {
                    Some(fill) => paint(out, "fill", *fill),
                    None => out.push_str(" fill=\"none\""),
                }
                if let Some((colour, width)) = edge {
                    paint(out, "stroke", *colour);
                    let _ = write!(out, " stroke-width=\"{width}\"");
                }
                out.push_str("/>\n");
            }
            Shape::Line { points, colour, width, dash } => {
                let Some(path) = path(points) else { return };
                let _ = write!(out, "<path d=\"{path}\" fill=\"none\"");
                paint(out, "stroke", *colour);
                let _ = write!(out, " stroke-width=\"{width}\" stroke-linejoin=\"round\"");
                if !dash.is_empty() {
                    let lengths: Vec<_> = dash.iter().map(f32::to_string).collect();
                    let _ = write!(out, " stroke-dasharray=\"{}\"", lengths.join(" "));
                }
                out.push_str("/>\n");
            }
            Shape::Polygon { points, fill } => {
                let Some(path) = path(points) else { return };
                let _ = write!(out, "<path d=\"{path}Z\"");
                paint(out, "fill", *fill);
                out.push_str("/>\n");
            }
            Shape::Circle { at: [x, y], radius, fill } => {
                let _ = write!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"");
                paint(out, "fill", *fill);
                out.push_str("/>\n");
            }
            Shape::Text { at: [x, y], anchor, text, size, letters, colour } => {
                let anchor = match anchor {
                    Anchor::Start => "start",
                    Anchor::Middle => "middle",
                    Anchor::End => "end",
                };
                let (family, weight) = match letters {
                    Letters::Plain => ("Inter, 'Noto Sans SC', sans-serif", 400),
                    Letters::Semibold => ("Inter, 'Noto Sans SC', sans-serif", 600),
                    Letters::Mono => ("'JetBrains Mono', 'Noto Sans SC', monospace", 400),
                };
                let _ = write!(
                    out,
                    "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" font-family=\"{family}\" \
                     font-size=\"{size}\" font-weight=\"{weight}\""
                );
                paint(out, "fill", *colour);
                let _ = writeln!(out, ">{}</text>", escaped(text));
            }
            Shape::Clip { place: [x, y, width, height], shapes } => {
                *clips += 1;
                let number = *clips;
                let _ = writeln!(
                    out,
                    "<clipPath id=\"clip{number}\"><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>\
                     </clipPath>\n<g clip-path=\"url(#clip{number})\">"
                );
                for shape in shapes {
                    shape.write(out, clips);
                }
                out.push_str("</g>\n");
            }
        }
    }
}

/// A path through points; one that is not finite parts it. None without a point.
fn path(points: &[[f32; 2]]) -> Option<String> {
    let mut out = String::new();
    let mut pen_down = false;
    for [x, y] in points {
        if !(x.is_finite() && y.is_finite()) {
            pen_down = false;
            continue;
        }
        // A hundredth of a point is finer than any screen.
        let _ = write!(out, "{}{x:.2} {y:.2}", if pen_down { 'L' } else { 'M' });
        pen_down = true;
    }
    (!out.is_empty()).then_some(out)
}

fn paint(out: &mut String, what: &str, colour: Color32) {
    let [r, g, b, a] = colour.to_srgba_unmultiplied();
    let _ = write!(out, " {what}=\"#{r:02x}{g:02x}{b:02x}\"");
    if a < 255 {
        let _ = write!(out, " {what}-opacity=\"{:.3}\"", f32::from(a) / 255.0);
    }
}

/// Text that may stand in XML, which some characters may not in any form.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn picture(text: &str) -> Picture {
        let theme = theme::Theme::load(theme::Mode::Light);
        Picture {
            title: text.to_owned(),
            lang: "en",
            size: [200.0, 100.0],
            ground: theme.panel,
            shapes: vec![
                Shape::Clip {
                    place: [10.0, 10.0, 100.0, 80.0],
                    shapes: vec![Shape::Line {
                        points: vec![[0.0, 50.0], [50.0, 50.0], [f32::NAN, 0.0], [60.0, 50.0], [200.0, 50.0]],
                        colour: theme.error,
                        width: 4.0,
                        dash: Vec::new(),
                    }],
                },
                Shape::Text {
                    at: [120.0, 40.0],
                    anchor: Anchor::Start,
                    text: text.to_owned(),
                    size: 20.0,
                    letters: Letters::Plain,
                    colour: theme.text,
                },
            ],
        }
    }

    fn pixels(picture: &Picture) -> tiny_skia::Pixmap {
        tiny_skia::Pixmap::decode_png(&picture.to_png(2.0).unwrap()).unwrap()
    }

    #[test]
    fn lines_are_painted_where_they_are_and_only_within_their_clip() {
        let picture = picture("");
        let painted = pixels(&picture);
        assert_eq!((painted.width(), painted.height()), (400, 200));
        let at = |x: u32, y: u32| {
            let pixel = painted.pixel(x, y).unwrap().demultiply();
            [pixel.red(), pixel.green(), pixel.blue()]
        };
        let theme = theme::Theme::load(theme::Mode::Light);
        let of = |colour: Color32| [colour.r(), colour.g(), colour.b()];
        assert_eq!(at(40, 100), of(theme.error));
        assert_eq!(at(110, 100), of(theme.panel), "the gap");
        assert_eq!(at(150, 100), of(theme.error));
        assert_eq!(at(10, 100), of(theme.panel), "left of the clip");
        assert_eq!(at(300, 100), of(theme.panel), "right of the clip");
    }

    #[test]
    fn letters_of_both_languages_are_painted() {
        let blank = pixels(&picture(""));
        for text in ["loss", "损失", "&<"] {
            let ink = |p: &tiny_skia::Pixmap| p.pixels().iter().filter(|p| p.red() < 128).count();
            assert!(ink(&pixels(&picture(text))) > ink(&blank) + 20, "{text}");
        }
        assert_ne!(pixels(&picture("损")).data(), pixels(&picture("失")).data(), "no boxes for missing letters");
    }

    #[test]
    fn a_picture_too_great_or_without_size_is_refused() {
        let mut wide = picture("");
        wide.size = [1e6, 10.0];
        assert!(matches!(wide.to_png(1.0), Err(PictureError::Size(..))));
        wide.size = [0.0, 10.0];
        assert!(matches!(wide.to_png(1.0), Err(PictureError::Size(..))));
    }

    proptest! {
        #[test]
        fn any_text_gives_well_formed_svg(text in any::<String>()) {
            let svg = picture(&text).to_svg();
            let tree = usvg::Tree::from_str(&svg, &usvg::Options::default());
            prop_assert!(tree.is_ok(), "{:?}", tree.err());
        }
    }
}
