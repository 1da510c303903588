//! What panels write to files: curves as a table, charts as pictures. It is handed over as data, and made into bytes by
//! the thread that writes it, never within a frame. Must not know files.

use std::fmt::Write as _;

use crate::picture::{Picture, PictureError};
use crate::plan_file::PlanFile;
use crate::series::Chunks;

/// Pixels a point of a painted picture.
const PIXELS_PER_POINT: f32 = 2.0;

/// A picture as the clipboard takes it.
///
/// # Errors
/// It cannot be painted.
pub fn pixels(picture: &Picture) -> Result<egui::ColorImage, PictureError> {
    picture.to_pixels(PIXELS_PER_POINT)
}

/// A series as a table has it.
#[derive(Debug, Clone, PartialEq)]
pub struct CurveTable {
    /// Number of the run.
    pub run: i64,
    /// Name of the node.
    pub node: String,
    /// `loss`, `accuracy`, …
    pub metric: String,
    /// What it was measured on, the same word in all languages.
    pub part: &'static str,
    /// Whether each point stands for a whole epoch.
    pub per_epoch: bool,
    /// Step and value of every point.
    pub points: Chunks<[f64; 2]>,
}

/// What is to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Every point of some curves, as CSV.
    Curves(Vec<CurveTable>),
    /// A picture as SVG.
    Svg(Box<Picture>),
    /// A picture as PNG.
    Png(Box<Picture>),
    /// A plan.
    Plan(Box<PlanFile>),
}

impl Content {
    /// How the name of a file with it ends.
    pub fn extension(&self) -> &'static str {
        match self {
            Content::Curves(_) => "csv",
            Content::Svg(_) => "svg",
            Content::Png(_) => "png",
            Content::Plan(plan) => plan.format.extension(),
        }
    }

    /// The content of the file.
    ///
    /// # Errors
    /// A picture cannot be painted.
    pub fn bytes(&self) -> Result<Vec<u8>, PictureError> {
        match self {
            Content::Curves(curves) => Ok(csv(curves).into_bytes()),
            Content::Svg(picture) => Ok(picture.to_svg().into_bytes()),
            Content::Png(picture) => picture.to_png(PIXELS_PER_POINT),
            Content::Plan(plan) => plan.bytes(),
        }
    }
}

/// Every point, none left out; values as they were measured, with all their digits.
fn csv(curves: &[CurveTable]) -> String {
    let mut out = "run,node,metric,part,per_epoch,step,value\n".to_owned();
    for curve in curves {
        let head =
            format!("{},{},{},{},{}", curve.run, field(&curve.node), field(&curve.metric), curve.part, curve.per_epoch);
        for [step, value] in curve.points.iter() {
            let _ = writeln!(out, "{head},{step},{value}");
        }
    }
    out
}

/// A text as a field of CSV (RFC 4180), in quotes where it must be.
pub(crate) fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_value_comes_back_from_the_table(values in prop::collection::vec(any::<f64>(), 0..200)) {
            let points: Vec<_> = values.iter().enumerate().map(|(step, y)| [step as f64, *y]).collect();
            let table = CurveTable {
                run: 3,
                node: "Train, \"deep\"".to_owned(),
                metric: "loss".to_owned(),
                part: "train",
                per_epoch: false,
                points: points.iter().copied().collect(),
            };
            let text = String::from_utf8(Content::Curves(vec![table]).bytes().unwrap()).unwrap();
            let mut lines = text.lines();
            prop_assert_eq!(lines.next(), Some("run,node,metric,part,per_epoch,step,value"));
            let rows: Vec<_> = lines.collect();
            prop_assert_eq!(rows.len(), points.len());
            for (row, point) in rows.iter().zip(&points) {
                let rest = row.strip_prefix("3,\"Train, \"\"deep\"\"\",loss,train,false,").unwrap();
                let (step, value) = rest.split_once(',').unwrap();
                prop_assert_eq!(step.parse::<f64>().unwrap(), point[0]);
                let value = value.parse::<f64>().unwrap();
                prop_assert!(value == point[1] || value.is_nan() && point[1].is_nan());
            }
        }
    }
}
