//! Axes of a chart: from steps to what x counts, from values to places, and marks at round values. Knows no colours and
//! draws nothing.

use super::super::figures;

/// How the values of an axis are written, and where they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// As numbers.
    Number,
    /// As numbers on a logarithmic axis.
    Logarithm,
    /// Shares, in per cent.
    Percent,
    /// Seconds, as time.
    Time,
}

/// What x counts, from steps.
#[derive(Debug, Clone, Copy)]
pub enum XMap<'a> {
    /// Steps times this: 1 for steps, 1 / steps of an epoch for epochs.
    Times(f64),
    /// Steps and times [s], both ascending, and straight lines between them and beyond.
    Table(&'a [[f64; 2]]),
}

impl XMap<'_> {
    /// Where a step stands.
    pub fn of_step(&self, step: f64) -> f64 {
        match self {
            XMap::Times(scale) => step * scale,
            XMap::Table(table) => between(table, 0, 1, step),
        }
    }

    /// Which step stands there.
    pub fn to_step(self, x: f64) -> f64 {
        match self {
            XMap::Times(scale) => x / scale,
            XMap::Table(table) => between(table, 1, 0, x),
        }
    }
}

/// The value of column `to` where column `from` is `x`.
fn between(table: &[[f64; 2]], from: usize, to: usize, x: f64) -> f64 {
    let [a, b] = match table {
        [] => return x,
        [only] => [[0.0, 0.0], *only],
        _ => {
            let after = table.partition_point(|row| row[from] < x).clamp(1, table.len() - 1);
            [table[after - 1], table[after]]
        }
    };
    let width = b[from] - a[from];
    if width > 0.0 { a[to] + (b[to] - a[to]) * (x - a[from]) / width } else { a[to] }
}

/// A mark of an axis, in the axis' own coordinates (logarithms on a logarithmic one).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// Where it stands.
    pub value: f64,
    /// How far it is to the next.
    pub step: f64,
}

/// What an axis shows for values of this range, in its own coordinates (logarithms on a logarithmic one).
pub fn y_bounds(low: f64, high: f64, scale: Scale) -> (f64, f64) {
    if !low.is_finite() || !high.is_finite() {
        return if scale == Scale::Logarithm { (-2.0, 1.0) } else { (0.0, 1.0) };
    }
    match scale {
        Scale::Logarithm => {
            let (low, high) = (low.log10(), high.log10());
            let margin = ((high - low) * 0.04).max(0.05);
            (low - margin, high + margin)
        }
        Scale::Percent => {
            let margin = ((high - low) * 0.04).max(0.002);
            ((low - margin).max(low.min(0.0)), (high + margin).min(high.max(1.0) + margin.min(0.01)))
        }
        Scale::Number | Scale::Time => {
            // Losses have a meaning against zero: it is shown unless all values are far from it.
            let low = if low >= 0.0 && low < 0.5 * high { 0.0 } else { low };
            let margin = if high > low { (high - low) * 0.04 } else { high.abs().max(1.0) * 0.1 };
            (if low == 0.0 { 0.0 } else { low - margin }, high + margin)
        }
    }
}

/// Marks from `low` to `high`, about `apart` points from one another on an axis of `length` points.
pub fn marks(low: f64, high: f64, length: f32, apart: f64, scale: Scale) -> Vec<Mark> {
    let wanted = (high - low) / f64::from(length.max(1.0)) * apart;
    if !(wanted > 0.0 && wanted.is_finite() && low.is_finite() && high.is_finite()) {
        return Vec::new();
    }
    if scale == Scale::Logarithm && high - low >= 1.0 {
        let parts: &[f64] = if wanted > 0.5 {
            &[1.0]
        } else if wanted > 0.25 {
            &[1.0, 3.0]
        } else {
            &[1.0, 2.0, 5.0]
        };
        let every = wanted.ceil().max(1.0) as i64;
        return (low.floor() as i64..=high.ceil() as i64)
            .filter(|decade| decade.rem_euclid(every) == 0)
            .flat_map(|decade| parts.iter().map(move |part| decade as f64 + part.log10()))
            .filter(|value| (low..=high).contains(value))
            .map(|value| Mark { value, step: wanted })
            .collect();
    }
    let step = if scale == Scale::Time { time_step(wanted) } else { nice_step(wanted) };
    let first = (low / step).ceil();
    let count = ((high / step).floor() - first).clamp(-1.0, 200.0) as i64;
    (0..=count).map(|n| Mark { value: (first + n as f64) * step, step }).collect()
}

/// The next greater of 1, 2 and 5 times a power of ten.
pub fn nice_step(wanted: f64) -> f64 {
    let power = 10f64.powf(wanted.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|n| n * power).find(|step| *step >= wanted * 0.999).unwrap_or(10.0 * power)
}

/// The next greater round time [s].
fn time_step(wanted_s: f64) -> f64 {
    const STEPS_S: [f64; 12] = [10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14_400.0];
    if wanted_s <= 5.0 {
        return nice_step(wanted_s);
    }
    STEPS_S.into_iter().find(|step| *step >= wanted_s * 0.999).unwrap_or_else(|| 3600.0 * nice_step(wanted_s / 3600.0))
}

/// What a mark says.
pub fn tick(mark: Mark, scale: Scale) -> String {
    let decimals = |step: f64| (-step.log10().floor()).clamp(0.0, 9.0) as usize;
    match scale {
        Scale::Percent => figures::percent(mark.value, decimals(mark.step * 100.0)),
        Scale::Time if mark.step < 1.0 => format!("{:.*} s", decimals(mark.step), mark.value),
        Scale::Time if mark.value < 0.0 => format!("-{}", figures::clock(-mark.value)),
        Scale::Time => figures::clock(mark.value),
        Scale::Number => {
            let decimals = decimals(mark.step);
            // Not '-0.0' for what is a rounding error below zero.
            let value = if mark.value.abs() < mark.step * 1e-6 { 0.0 } else { mark.value };
            if value.abs() >= 1e7 && mark.step >= 1.0 {
                return format!("{value:.2e}");
            }
            if decimals == 0 && value.abs() >= 1000.0 {
                let sign = if value < 0.0 { "-" } else { "" };
                return format!("{sign}{}", figures::count(value.abs().round() as u64));
            }
            format!("{value:.decimals$}")
        }
        Scale::Logarithm => {
            let value = 10f64.powf(mark.value);
            if (1e-4..1e5).contains(&value) {
                // Marks that stand close together need more digits to be told apart.
                let more = (-mark.step.log10().floor()).clamp(0.0, 4.0) - f64::from(u8::from(mark.step < 1.0));
                let digits = (1.0 + more.max(0.0) - value.log10().floor()).clamp(0.0, 8.0) as usize;
                let text = format!("{value:.digits$}");
                if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
            } else {
                format!("{value:.0e}")
            }
        }
    }
}

/// A value as it is said beside the cursor.
pub fn said(value: f64, scale: Scale) -> String {
    match scale {
        Scale::Percent if value.is_finite() => figures::percent(value, 2),
        _ => figures::number(value),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(low: f64, high: f64, length: f32, scale: Scale) -> Vec<String> {
        marks(low, high, length, 44.0, scale).into_iter().map(|mark| tick(mark, scale)).collect()
    }

    #[test]
    fn marks_stand_at_round_values() {
        assert_eq!(texts(0.0, 2.4, 220.0, Scale::Number), ["0.0", "0.5", "1.0", "1.5", "2.0"]);
        assert_eq!(texts(0.0, 1.0, 220.0, Scale::Percent), ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]);
        assert_eq!(texts(-2.1, 0.4, 220.0, Scale::Logarithm), ["0.01", "0.03", "0.1", "0.3", "1"]);
        assert_eq!(texts(0.0, 8000.0, 220.0, Scale::Number), ["0", "2,000", "4,000", "6,000", "8,000"]);
        assert_eq!(texts(0.0, 130.0, 220.0, Scale::Time), ["0:00", "0:30", "1:00", "1:30", "2:00"]);
        assert_eq!(texts(-0.3, 0.3, 150.0, Scale::Number), ["-0.2", "0.0", "0.2"]);
        assert!(texts(0.0, 0.0, 220.0, Scale::Number).is_empty());
        assert!(texts(0.0, f64::NAN, 220.0, Scale::Number).is_empty());
    }

    #[test]
    fn the_axis_shows_every_value() {
        for (low, high) in [(0.0, 2.3), (0.01, 0.02), (5.0, 5.0), (-3.0, 4.0), (0.0, 0.0)] {
            for scale in [Scale::Number, Scale::Percent] {
                let (from, to) = y_bounds(low, high, scale);
                assert!(from <= low && to >= high && to > from, "{low} to {high} gave {from} to {to}");
            }
        }
        let (from, to) = y_bounds(f64::INFINITY, f64::NEG_INFINITY, Scale::Logarithm);
        assert!(from < to);
    }

    proptest! {
        #[test]
        fn marks_lie_on_the_axis_and_say_different_things(
            low in -1e6f64..1e6, width in 1e-3f64..1e6, length in 60f32..2000.0,
            scale in prop::sample::select(vec![Scale::Number, Scale::Percent, Scale::Time]),
        ) {
            let marks = marks(low, low + width, length, 50.0, scale);
            prop_assert!(marks.len() < 202);
            for mark in &marks {
                prop_assert!(mark.value >= low - 1e-6 * width && mark.value <= low + width * (1.0 + 1e-6));
            }
            if width > 1e-3 * low.abs() {
                let texts: std::collections::BTreeSet<_> = marks.iter().map(|m| tick(*m, scale)).collect();
                prop_assert_eq!(texts.len(), marks.len(), "{:?}", texts);
            }
        }

        #[test]
        fn a_step_is_found_again_where_it_stands(
            rows in prop::collection::vec((1u16..50, 1u16..50), 1..20), step in -10.0f64..2000.0,
        ) {
            let mut at = [0.0, 0.0];
            let table: Vec<_> = rows
                .iter()
                .map(|(dx, dt)| {
                    at = [at[0] + f64::from(*dx), at[1] + f64::from(*dt)];
                    at
                })
                .collect();
            for map in [XMap::Times(0.02), XMap::Table(&table)] {
                prop_assert!((map.to_step(map.of_step(step)) - step).abs() < 1e-6);
            }
            for row in &table {
                prop_assert!((XMap::Table(&table).of_step(row[0]) - row[1]).abs() < 1e-9);
            }
        }
    }
}
