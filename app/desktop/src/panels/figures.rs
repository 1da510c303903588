//! Numbers as people read them: shares in per cent, times, sizes and rates with their units. Must not know what they mean.

/// A share as per cent: `98.94 %`.
pub fn percent(share: f64, decimals: usize) -> String {
    format!("{:.decimals$} %", share * 100.0)
}

/// A time in seconds: `0.4 s`, `1:12`, `1:02:03`.
pub fn duration(seconds: f64) -> String {
    weft_model::text::duration(seconds, 1)
}

/// A point in time of a plan in seconds from its beginning: `0:04`, `1:02:03`.
pub fn clock(seconds: f64) -> String {
    let whole = if seconds.is_finite() { seconds.max(0.0).round() as u64 } else { 0 };
    let (h, m, s) = (whole / 3600, whole / 60 % 60, whole % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}

/// A whole number with its thousands apart: `3,612`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// An amount of memory in decimal units: `1.4 GB`.
pub fn bytes(bytes: f64) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let mut value = if bytes.is_finite() { bytes.max(0.0) } else { 0.0 };
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let decimals = usize::from(unit > 0 && value < 99.5);
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// A rate of bytes: `12.3 MB/s`.
pub fn rate(bytes_per_s: f64) -> String {
    format!("{}/s", bytes(bytes_per_s))
}

/// A measured number to four significant digits: `0.04123`, `1.234`, `1.2e-7`.
pub fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return value.to_string();
    }
    let magnitude = value.abs().log10().floor() as i32;
    if !(-4..9).contains(&magnitude) {
        return format!("{value:.2e}");
    }
    let decimals = (3 - magnitude).clamp(0, 8) as usize;
    format!("{value:.decimals$}")
}

/// A value of a metric: shares in per cent, everything else as a number.
pub fn metric(name: &str, value: f64) -> String {
    if is_share(name) { percent(value, 2) } else { number(value) }
}

/// Whether a metric is a share between 0 and 1 that people read in per cent.
pub fn is_share(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    ["accuracy", "precision", "recall", "f1"].iter().any(|share| last.starts_with(share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_carry_their_units() {
        for (got, expected) in [
            (percent(0.9894, 2), "98.94 %"),
            (percent(1.0, 0), "100 %"),
            (duration(0.44), "0.4 s"),
            (duration(9.97), "0:10"),
            (duration(72.0), "1:12"),
            (duration(3723.0), "1:02:03"),
            (duration(f64::NAN), "–"),
            (duration(-3.0), "0.0 s"),
            (clock(4.4), "0:04"),
            (count(7), "7"),
            (count(3612), "3,612"),
            (count(1_000_000), "1,000,000"),
            (bytes(0.0), "0 B"),
            (bytes(1_400_000_000.0), "1.4 GB"),
            (bytes(999_999.0), "1.0 MB"),
            (rate(12_300_000.0), "12.3 MB/s"),
            (number(0.0), "0"),
            (number(0.041234), "0.04123"),
            (number(2.31258), "2.313"),
            (number(1.2e-7), "1.20e-7"),
            (number(12_345.6), "12346"),
            (metric("validation/accuracy", 0.5), "50.00 %"),
            (metric("loss", 0.5), "0.5000"),
        ] {
            assert_eq!(got, expected);
        }
    }
}
