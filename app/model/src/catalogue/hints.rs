//! How a parameter is set with least effort: the part of its range that a slider covers, the step of a key press, and
//! the values that people choose most often. Hints never say what is allowed (that is [`super::ParamKind`]), and a
//! parameter without one is edited as text. Must not know how an inspector looks.

use super::{NodeKind, ParamDecl, ParamKind};

/// The part of a range in which nearly everybody stays, for a slider.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SliderHint {
    /// Left end, in the parameter's unit.
    pub min: f64,
    /// Right end, in the parameter's unit.
    pub max: f64,
    /// Whether equal distances are equal factors.
    pub logarithmic: bool,
}

/// How a parameter is set with least effort.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Hint {
    /// What a slider covers; none where a slider does not help.
    pub slider: Option<SliderHint>,
    /// Change of one key press, in the parameter's unit; none: 1 for whole numbers, a hundredth of the slider or a
    /// tenth of the value for others.
    pub step: Option<f64>,
    /// Values that people choose most often, in the parameter's unit.
    pub values: &'static [f64],
}

const fn linear(min: f64, max: f64) -> Option<SliderHint> {
    Some(SliderHint { min, max, logarithmic: false })
}

const fn logarithmic(min: f64, max: f64) -> Option<SliderHint> {
    Some(SliderHint { min, max, logarithmic: true })
}

const NONE: Hint = Hint { slider: None, step: None, values: &[] };

const SECONDS: Hint = Hint { step: Some(1.0), values: &[0.0, 1.0, 5.0, 10.0, 60.0, 600.0], ..NONE };
const MEGABYTES: Hint = Hint { step: Some(10.0), values: &[0.0, 1.0, 10.0, 100.0, 1_000.0], ..NONE };

/// Kind, parameter and hint.
static HINTS: &[(&str, &str, Hint)] = &[
    ("image_dataset", "limit", Hint { step: Some(1000.0), values: &[0.0, 1_000.0, 5_000.0, 10_000.0], ..NONE }),
    ("split", "validation", Hint { slider: linear(0.0, 0.5), step: Some(0.01), values: &[0.05, 0.1, 0.15, 0.2, 0.25] }),
    (
        "train",
        "learning_rate",
        Hint { slider: logarithmic(1e-6, 1.0), values: &[1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 1e-1], ..NONE },
    ),
    (
        "train",
        "weight_decay",
        Hint { slider: linear(0.0, 0.1), step: Some(0.001), values: &[0.0, 1e-5, 1e-4, 5e-4, 1e-3, 1e-2] },
    ),
    ("train", "batch_size", Hint { values: &[16.0, 32.0, 64.0, 128.0, 256.0, 512.0], ..NONE }),
    ("train", "epochs", Hint { slider: linear(1.0, 100.0), ..NONE }),
    ("train", "patience", Hint { slider: linear(0.0, 20.0), ..NONE }),
    ("timed_task", "train_s", SECONDS),
    ("timed_task", "deploy_s", SECONDS),
    ("timed_task", "run_s", SECONDS),
    ("timed_task", "spread", Hint { slider: linear(0.0, 1.0), step: Some(0.05), values: &[0.0, 0.1, 0.2, 0.5] }),
    ("timed_task", "share", Hint { slider: linear(0.0, 1.0), step: Some(0.05), values: &[0.25, 0.5, 1.0] }),
    ("timed_task", "memory_mb", MEGABYTES),
    ("timed_task", "weights_mb", MEGABYTES),
    ("timed_task", "output_mb", MEGABYTES),
    ("evaluate", "batch_size", Hint { values: &[64.0, 128.0, 256.0, 512.0, 1024.0], ..NONE }),
];

/// The hint for a parameter; one that says nothing where there is none.
pub fn hint(kind: &str, param: &str) -> Hint {
    HINTS.iter().find(|(k, p, _)| *k == kind && *p == param).map_or(NONE, |(_, _, hint)| *hint)
}

impl NodeKind {
    /// How a parameter of this kind is set with least effort.
    pub fn hint(&self, param: &ParamDecl) -> Hint {
        hint(self.id, param.id)
    }
}

impl ParamDecl {
    /// The range of a number, both ends included; none where the parameter is no number.
    pub fn range(&self) -> Option<(f64, f64)> {
        match self.kind {
            ParamKind::Int { min, max } => Some((min as f64, max as f64)),
            ParamKind::Float { min, max, .. } => Some((min, max)),
            ParamKind::Seed => Some((0.0, i64::MAX as f64)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::kind;
    use crate::value::Value;

    #[test]
    fn hints_name_parameters_that_exist_and_stay_within_their_ranges() {
        for (kind_id, param_id, hint) in HINTS {
            let at = format!("{kind_id}.{param_id}");
            let decl = kind(kind_id).unwrap_or_else(|| panic!("{at}: no such kind"));
            let param = decl.param(param_id).unwrap_or_else(|| panic!("{at}: no such parameter"));
            let (min, max) = param.range().unwrap_or_else(|| panic!("{at} is no number"));
            if let Some(slider) = hint.slider {
                assert!(slider.min < slider.max && slider.min >= min && slider.max <= max, "{at}");
                assert!(!slider.logarithmic || slider.min > 0.0, "{at}");
                let default = param.default.value().and_then(|v| v.as_f64());
                assert!(
                    default.is_some_and(|v| (slider.min..=slider.max).contains(&v)),
                    "{at}: the default is off the rail"
                );
            }
            assert!(hint.step.is_none_or(|step| step > 0.0), "{at}");
            for value in hint.values {
                let value = match param.kind {
                    ParamKind::Int { .. } => Value::Int(*value as i64),
                    _ => Value::Float(*value),
                };
                assert_eq!(param.check(&value), Ok(()), "{at}");
            }
            assert_eq!(decl.hint(param), *hint);
        }
        assert_eq!(hint("train", "no such parameter"), NONE);
    }
}
