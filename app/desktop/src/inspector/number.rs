//! How a number grows and shrinks by keys, by drawing and on a slider, and how it is written. Must not draw.

use weft_model::catalogue::hints::{Hint, SliderHint};
use weft_model::{ParamDecl, ParamKind, Value};

/// How far one step goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// With Shift: a tenth.
    Fine,
    /// One step.
    Plain,
    /// With Ctrl: ten steps.
    Coarse,
}

impl Pace {
    /// The pace that the modifier keys ask for.
    pub fn of(modifiers: egui::Modifiers) -> Self {
        if modifiers.shift {
            Pace::Fine
        } else if modifiers.command {
            Pace::Coarse
        } else {
            Pace::Plain
        }
    }

    fn factor(self) -> f64 {
        match self {
            Pace::Fine => 0.1,
            Pace::Plain => 1.0,
            Pace::Coarse => 10.0,
        }
    }
}

/// Points that are drawn for one step.
const POINTS_A_STEP: f64 = 4.0;
/// Steps for a factor of ten where equal steps are equal factors.
const STEPS_A_DECADE: f64 = 10.0;

/// The values of a number and the way between them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Whether only whole numbers count.
    pub whole: bool,
    /// Whether equal steps are equal factors.
    pub logarithmic: bool,
    /// What a slider covers.
    pub slider: Option<SliderHint>,
    step: Option<f64>,
}

impl Scale {
    /// The scale of a parameter; none where it is no number.
    pub fn of(param: &ParamDecl, hint: &Hint) -> Option<Self> {
        let (min, max) = param.range()?;
        let logarithmic = match param.kind {
            ParamKind::Float { logarithmic, .. } => logarithmic,
            _ => hint.slider.is_some_and(|s| s.logarithmic),
        };
        let whole = !matches!(param.kind, ParamKind::Float { .. });
        Some(Self { min, max, whole, logarithmic: logarithmic && !whole, slider: hint.slider, step: hint.step })
    }

    /// Size of one step at a value, for screen readers.
    pub fn step(&self, at: f64) -> f64 {
        if self.whole {
            return self.step.map_or(1.0, |s| s.round().max(1.0));
        }
        if self.logarithmic && at > 0.0 {
            return decade(at) / STEPS_A_DECADE;
        }
        let of_slider = self.slider.filter(|s| !s.logarithmic).map(|s| (s.max - s.min) / 100.0);
        self.step.or(of_slider).unwrap_or_else(|| if at == 0.0 { 0.1 } else { decade(at.abs()) / 10.0 })
    }

    /// A value some steps on, within the range.
    pub fn stepped(&self, value: &Value, steps: i32, pace: Pace) -> Option<Value> {
        if self.whole {
            let by = (self.step(0.0) * pace.factor()).round().max(1.0) as i64;
            let now = value.as_i64()?;
            let next = now.saturating_add(by.saturating_mul(i64::from(steps)));
            return Some(Value::Int(next.clamp(self.min as i64, self.max as i64)));
        }
        let now = value.as_f64()?;
        let steps = f64::from(steps) * pace.factor();
        let next = if self.logarithmic && now > 0.0 {
            // The pace of a whole decade is exact.
            now * 10f64.powf(steps / STEPS_A_DECADE)
        } else {
            now + steps * self.step(now)
        };
        Some(Value::Float(self.rounded(next, now, pace)))
    }

    /// A value that is drawn by a distance in points, not yet rounded.
    pub fn drawn(&self, from: f64, points: f64, pace: Pace) -> f64 {
        let steps = points / POINTS_A_STEP * pace.factor();
        let next = if self.logarithmic && from > 0.0 {
            from * 10f64.powf(steps / STEPS_A_DECADE / 2.0)
        } else {
            from + steps * self.step(from)
        };
        next.clamp(self.min, self.max)
    }

    /// A value as a person would write it: not more digits than the step needs.
    pub fn rounded(&self, next: f64, from: f64, pace: Pace) -> f64 {
        let rounded = if self.whole {
            next.round()
        } else if self.logarithmic && next > 0.0 {
            significant(next, if pace == Pace::Fine { 3 } else { 2 })
        } else {
            let unit = decade(self.step(from) * pace.factor().min(1.0));
            tidy((next / unit).round() * unit, unit)
        };
        rounded.clamp(self.min, self.max)
    }

    /// The value that a number stands for.
    pub fn value(&self, number: f64) -> Value {
        if self.whole { Value::Int(number as i64) } else { Value::Float(number) }
    }
}

/// The power of ten below a positive number.
fn decade(number: f64) -> f64 {
    10f64.powi((number.log10() + 1e-9).floor() as i32)
}

/// A positive number with so many digits that count.
fn significant(number: f64, digits: usize) -> f64 {
    format!("{:.*e}", digits.saturating_sub(1), number).parse().unwrap_or(number)
}

/// Takes away what binary fractions leave behind: 0.30000000000000004 is 0.3.
fn tidy(number: f64, unit: f64) -> f64 {
    let decimals = (-unit.log10()).ceil().clamp(0.0, 15.0) as usize;
    format!("{number:.decimals$}").parse().unwrap_or(number)
}

/// A value as a field shows it; reads back as the same.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Float(v) if *v != 0.0 && !(1e-4..1e9).contains(&v.abs()) => format!("{v:e}"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scale(kind: &str, id: &str) -> Scale {
        let kind = weft_model::catalogue::kind(kind).unwrap();
        let param = kind.param(id).unwrap();
        Scale::of(param, &kind.hint(param)).unwrap()
    }

    #[test]
    fn steps_follow_the_scale_and_the_keys() {
        let rate = scale("train", "learning_rate");
        let step = |v: f64, n, pace| rate.stepped(&Value::Float(v), n, pace).unwrap();
        assert_eq!(step(1e-3, 1, Pace::Coarse), Value::Float(1e-2));
        assert_eq!(step(1e-3, -1, Pace::Coarse), Value::Float(1e-4));
        assert_eq!(step(1e-3, 1, Pace::Plain), Value::Float(1.3e-3));
        assert_eq!(step(1e6, 1, Pace::Coarse), Value::Float(1e6));
        let share = scale("split", "validation");
        assert_eq!(share.stepped(&Value::Float(0.1), 1, Pace::Plain), Some(Value::Float(0.11)));
        assert_eq!(share.stepped(&Value::Float(0.1), 2, Pace::Coarse), Some(Value::Float(0.3)));
        assert_eq!(share.stepped(&Value::Float(0.1), -1, Pace::Fine), Some(Value::Float(0.099)));
        assert_eq!(share.stepped(&Value::Float(0.0), -1, Pace::Plain), Some(Value::Float(0.0)));
        let epochs = scale("train", "epochs");
        assert_eq!(epochs.stepped(&Value::Int(10), 1, Pace::Coarse), Some(Value::Int(20)));
        assert_eq!(epochs.stepped(&Value::Int(1), -1, Pace::Fine), Some(Value::Int(1)));
        let seed = scale("train", "seed");
        assert_eq!(seed.stepped(&Value::Int(i64::MAX), 1, Pace::Plain), Some(Value::Int(i64::MAX)));
        assert_eq!(epochs.stepped(&Value::from("many"), 1, Pace::Plain), None);
    }

    #[test]
    fn only_numbers_have_a_scale() {
        let kind = weft_model::catalogue::kind("train").unwrap();
        let method = kind.param("optimiser").unwrap();
        assert_eq!(Scale::of(method, &kind.hint(method)), None);
    }

    proptest! {
        #[test]
        fn a_step_up_is_larger_and_within_the_range(exponent in -7.5f64..5.5, n in 1i32..4) {
            let rate = scale("train", "learning_rate");
            let value = significant(10f64.powf(exponent), 3);
            for pace in [Pace::Plain, Pace::Coarse] {
                let up = rate.stepped(&Value::Float(value), n, pace).unwrap().as_f64().unwrap();
                let down = rate.stepped(&Value::Float(value), -n, pace).unwrap().as_f64().unwrap();
                prop_assert!(down < value && value < up, "{down} {value} {up}");
                prop_assert!(down >= rate.min && up <= rate.max);
            }
        }

        #[test]
        fn values_read_back_as_they_are_shown(value in proptest::num::f64::NORMAL) {
            prop_assert_eq!(shown(&Value::Float(value)).parse::<f64>(), Ok(value));
        }

        #[test]
        fn drawing_stays_within_the_range(from in 0.0f64..0.9, points in -1e4f64..1e4) {
            let share = scale("split", "validation");
            for pace in [Pace::Fine, Pace::Plain, Pace::Coarse] {
                let drawn = share.rounded(share.drawn(from, points, pace), from, pace);
                prop_assert!((share.min..=share.max).contains(&drawn), "{drawn}");
            }
        }
    }
}
