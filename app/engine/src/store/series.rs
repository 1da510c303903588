//! Points of series, packed: at ten thousand a second a row for each would cost more than the rest of the engine.
//!
//! A chunk is the number of names, each name with its length, and 22 bytes a point; all numbers least significant first.

use std::collections::HashMap;

use weft_protocol::run::{MetricPoint, Part};

const PER_EPOCH: u8 = 0x80;

/// Packs points.
pub(super) fn write(points: &[MetricPoint]) -> Vec<u8> {
    let mut names: Vec<&str> = Vec::new();
    let mut body = Vec::with_capacity(22 * points.len());
    for point in points {
        let name = names.iter().position(|n| *n == point.name).unwrap_or_else(|| {
            names.push(&point.name);
            names.len() - 1
        });
        let part = match point.part {
            Part::Train => 0,
            Part::Validation => 1,
            Part::Test => 2,
        };
        // A chunk holds the points of some milliseconds: never more than 255 names.
        body.push(name.min(255) as u8);
        body.push(part | if point.per_epoch { PER_EPOCH } else { 0 });
        body.extend(point.epoch.to_le_bytes());
        body.extend(point.step.to_le_bytes());
        body.extend(point.value.to_le_bytes());
    }
    let mut chunk = vec![names.len().min(255) as u8];
    for name in names {
        let bytes = &name.as_bytes()[..name.len().min(usize::from(u16::MAX))];
        chunk.extend((bytes.len() as u16).to_le_bytes());
        chunk.extend(bytes);
    }
    chunk.extend(body);
    chunk
}

/// Unpacks points; what is damaged is left out.
pub(super) fn read(chunk: &[u8], points: &mut Vec<MetricPoint>) {
    let Some((&count, mut rest)) = chunk.split_first() else { return };
    let mut names = Vec::new();
    for _ in 0..count {
        let Some((length, after)) = rest.split_first_chunk::<2>() else { return };
        let Some((name, after)) = after.split_at_checked(usize::from(u16::from_le_bytes(*length))) else { return };
        names.push(String::from_utf8_lossy(name).into_owned());
        rest = after;
    }
    while let Some((point, after)) = rest.split_first_chunk::<22>() {
        rest = after;
        let number = |from: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&point[from..from + 8]);
            bytes
        };
        let (name, flags) = (point[0], point[1]);
        let Some(name) = names.get(usize::from(name)) else { continue };
        points.push(MetricPoint {
            name: name.clone(),
            part: match flags & !PER_EPOCH {
                0 => Part::Train,
                1 => Part::Validation,
                _ => Part::Test,
            },
            epoch: u32::from_le_bytes([point[2], point[3], point[4], point[5]]),
            step: u64::from_le_bytes(number(6)),
            per_epoch: flags & PER_EPOCH != 0,
            value: f64::from_le_bytes(number(14)),
        });
    }
}

/// Of points that were measured again after going on from a checkpoint, the later ones.
pub(super) fn without_repeats(points: Vec<MetricPoint>) -> Vec<MetricPoint> {
    let mut stacks: HashMap<(String, Part, bool), Vec<usize>> = HashMap::new();
    let mut stays = vec![true; points.len()];
    for (at, point) in points.iter().enumerate() {
        let stack = stacks.entry((point.name.clone(), point.part, point.per_epoch)).or_default();
        while let Some(&last) = stack.last() {
            if points[last].step < point.step {
                break;
            }
            stays[last] = false;
            stack.pop();
        }
        stack.push(at);
    }
    let mut stays = stays.into_iter();
    points.into_iter().filter(|_| stays.next().unwrap_or(true)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(name: &str, part: Part, step: u64, per_epoch: bool, value: f64) -> MetricPoint {
        MetricPoint { name: name.into(), part, epoch: 3, step, per_epoch, value }
    }

    #[test]
    fn packing_keeps_every_field() {
        let points = vec![
            point("loss", Part::Train, 1, false, 2.5),
            point("accuracy", Part::Validation, u64::MAX, true, f64::INFINITY),
            point("loss", Part::Test, 7, false, -0.0),
        ];
        let mut read_back = Vec::new();
        read(&write(&points), &mut read_back);
        assert_eq!(read_back, points);
    }

    #[test]
    fn a_damaged_chunk_is_no_panic() {
        let chunk = write(&[point("loss", Part::Train, 1, false, 2.5)]);
        for length in 0..chunk.len() {
            let mut points = Vec::new();
            read(&chunk[..length], &mut points);
            assert!(points.is_empty());
        }
    }

    #[test]
    fn what_was_measured_again_replaces_what_was_measured_before() {
        let loss = |step, value| point("loss", Part::Train, step, false, value);
        let other = point("loss", Part::Validation, 2, true, 9.0);
        let points = vec![loss(1, 1.0), loss(2, 2.0), other.clone(), loss(3, 3.0), loss(2, 2.5), loss(3, 3.5)];
        assert_eq!(without_repeats(points), [loss(1, 1.0), other, loss(2, 2.5), loss(3, 3.5)]);
    }
}
