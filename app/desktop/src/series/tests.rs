use proptest::prelude::*;

use super::*;

const EVERYTHING: RangeInclusive<f64> = f64::NEG_INFINITY..=f64::INFINITY;

/// A value: some are infinite, some no number, some zero.
fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        20 => (-300i16..300).prop_map(f64::from),
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
    ]
}

/// Points of ascending x from gaps and values.
fn points(steps: &[(u8, f64)]) -> Vec<[f64; 2]> {
    let mut x = 0.0;
    steps
        .iter()
        .map(|&(gap, y)| {
            x += f64::from(gap) + 1.0;
            [x, y]
        })
        .collect()
}

fn same(a: f64, b: f64) -> bool {
    a == b || a.is_nan() && b.is_nan()
}

fn extent_of(values: impl Iterator<Item = f64> + Clone) -> Extent {
    let real = values.filter(|y| y.is_finite());
    Extent {
        low: real.clone().fold(f64::INFINITY, f64::min),
        high: real.clone().fold(f64::NEG_INFINITY, f64::max),
        positive: real.filter(|y| *y > 0.0).fold(f64::INFINITY, f64::min),
    }
}

/// Smoothing by its definition: every value from all before it.
fn smoothed_by_definition(points: &[[f64; 2]], weight: f64) -> Vec<f64> {
    (0..points.len())
        .map(|at| {
            if !points[at][1].is_finite() {
                return points[at][1];
            }
            let real: Vec<f64> = points[..=at].iter().map(|p| p[1]).filter(|y| y.is_finite()).collect();
            let share = |age: usize| weight.powi(age as i32);
            let sum: f64 = real.iter().rev().enumerate().map(|(age, y)| share(age) * y).sum();
            sum / (0..real.len()).map(share).sum::<f64>()
        })
        .collect()
}

proptest! {
    #[test]
    fn a_column_holds_first_last_and_extremes_of_its_points(
        steps in prop::collection::vec((0u8..4, value()), 0..1500),
        crowd in 0usize..20_000,
        from in -50.0f64..3000.0,
        width in 1.0f64..40_000.0,
        pixels in prop_oneof![1usize..12, 1usize..200],
    ) {
        // Some of them close together, as where a metric is written more often for a while.
        let mut points = points(&steps);
        let x = points.last().map_or(0.0, |p| p[0]);
        points.extend((1..=crowd).map(|i| [x + i as f64 * 0.5, (i % 97) as f64 - 40.0]));
        let series = Series::from_points(points.iter().copied());
        let edge = |column: usize| {
            if column == pixels { from + width } else { from + width / pixels as f64 * column as f64 }
        };
        let mut columns = vec![];
        series.trace().columns(pixels, edge, &mut columns);
        // Each point in view is in one column, in order.
        let (first, end) = series.trace().indices(&(edge(0)..=edge(pixels)));
        prop_assert_eq!(columns.first().map_or(end, |column| column.start), first);
        prop_assert_eq!(columns.last().map_or(first, |column| column.end), end);
        prop_assert!(columns.windows(2).all(|pair| pair[0].end == pair[1].start && pair[0].column < pair[1].column));
        let late = if end - first >= 128 * pixels { width / pixels as f64 / 8.0 } else { 0.0 };
        for column in &columns {
            let inside: Vec<f64> = points[column.start..column.end].iter().map(|p| p[1]).collect();
            prop_assert!(!inside.is_empty());
            prop_assert!(points[column.start][0] >= edge(column.column));
            let last = points[column.end - 1][0];
            let after = edge(column.column + 1);
            prop_assert!(last < after + late || column.column + 1 == pixels && last <= after, "{last} {after}");
            prop_assert_eq!(column.extent, extent_of(inside.iter().copied()));
            prop_assert_eq!(column.unreal, inside.iter().any(|y| !y.is_finite()));
            let real = || inside.iter().copied().filter(|y| y.is_finite());
            prop_assert!(same(column.first, real().next().unwrap_or(f64::NAN)));
            prop_assert!(same(column.last, real().next_back().unwrap_or(f64::NAN)));
        }
    }

    #[test]
    fn the_extremes_of_a_range_are_those_of_its_points(
        steps in prop::collection::vec((0u8..4, value()), 1..800),
        from in 0.0f64..1500.0,
        width in 0.0f64..1500.0,
    ) {
        let points = points(&steps);
        let series = Series::from_points(points.iter().copied());
        let range = from..=from + width;
        let inside = points.iter().filter(|p| range.contains(&p[0])).map(|p| p[1]);
        prop_assert_eq!(series.trace().extent(&range), extent_of(inside));
    }

    #[test]
    fn an_outline_has_the_extremes_and_ends_of_what_it_stands_for(
        steps in prop::collection::vec((0u8..4, -300i16..300), 1..1500),
        pixels in 1usize..100,
    ) {
        let steps: Vec<_> = steps.into_iter().map(|(gap, y)| (gap, f64::from(y))).collect();
        let points = points(&steps);
        let series = Series::from_points(points.iter().copied());
        let range = points[0][0]..=points[points.len() - 1][0];
        let (outline, thinned) = series.trace().outline(&range, pixels);
        prop_assert_eq!(thinned, points.len() > 2 * pixels);
        prop_assert!(outline.len() <= points.len().max(4 * pixels));
        prop_assert_eq!(outline.first(), points.first());
        prop_assert_eq!(outline.last(), points.last());
        let of = |points: &[[f64; 2]]| {
            let extent = extent_of(points.iter().map(|p| p[1]).collect::<Vec<_>>().into_iter());
            (extent.low, extent.high)
        };
        prop_assert_eq!(of(&outline), of(&points));
        prop_assert!(outline.is_sorted_by(|a, b| a[0] <= b[0]));
    }

    #[test]
    fn points_taken_back_leave_what_was_there_before(
        steps in prop::collection::vec((0u8..4, -300i16..300), 1..400),
        cut in 0usize..400,
    ) {
        let steps: Vec<_> = steps.into_iter().map(|(gap, y)| (gap, f64::from(y))).collect();
        let points = points(&steps);
        let cut = cut.min(points.len() - 1);
        let mut series = Series::from_points(points.iter().copied());
        series.push(1e6, f64::NAN);
        for [x, y] in &points[cut..] {
            series.push(*x, *y);
        }
        let fresh = Series::from_points(points.iter().copied());
        prop_assert_eq!(series.points(), fresh.points());
        prop_assert_eq!(&series.pyramid, &fresh.pyramid);
        prop_assert_eq!(series.unreal(), 0);
    }

    #[test]
    fn smoothing_bit_by_bit_is_what_its_definition_says(
        steps in prop::collection::vec((0u8..4, value()), 1..200),
        weight in 0.0f64..0.99,
        budget in 1usize..50,
    ) {
        let points = points(&steps);
        let mut raw = Series::default();
        let mut growing = Smoothed::default();
        for &[x, y] in &points {
            raw.push(x, y);
            growing.follow(&raw, weight, &mut budget.clone());
        }
        while !growing.follow(&raw, weight, &mut budget.clone()) {}
        let trace = growing.trace(&raw);
        prop_assert_eq!(trace.len(), raw.len());
        for (index, expected) in smoothed_by_definition(&points, weight).into_iter().enumerate() {
            let [x, y] = trace.point(index).unwrap();
            prop_assert_eq!(x, points[index][0]);
            prop_assert!(same(y, expected) || (y - expected).abs() < 1e-6, "{} is not {}", y, expected);
        }
        let all = trace.extent(&EVERYTHING);
        prop_assert_eq!(all, extent_of((0..trace.len()).map(|index| trace.point(index).unwrap()[1])));
    }

    #[test]
    fn the_nearest_point_is_the_nearest(
        steps in prop::collection::vec((0u8..9, value()), 1..100),
        x in -20.0f64..800.0,
    ) {
        let points = points(&steps);
        let series = Series::from_points(points.iter().copied());
        let found = series.trace().nearest(x).unwrap();
        let nearest = points.iter().map(|p| (p[0] - x).abs()).fold(f64::INFINITY, f64::min);
        prop_assert_eq!((points[found][0] - x).abs(), nearest);
    }
}

#[test]
fn few_points_are_given_exactly_and_it_says_so() {
    let series = Series::from_points([[0.0, 3.0], [1.0, f64::NAN], [2.0, 2.0]]);
    let (outline, thinned) = series.trace().outline(&(0.0..=2.0), 100);
    assert_eq!(outline.len(), 3);
    assert!(outline[1][1].is_nan(), "a gap stays a gap");
    assert!(!thinned);
}

#[test]
fn a_single_peak_among_a_hundred_thousand_points_is_kept() {
    let series = Series::from_points((0..100_000).map(|i| [f64::from(i), if i == 54_321 { 9.0 } else { 0.5 }]));
    let mut columns = vec![];
    series.trace().columns(300, |edge| 99_999.0 / 300.0 * edge as f64, &mut columns);
    let peak = columns.iter().filter(|column| column.extent.high == 9.0).collect::<Vec<_>>();
    assert_eq!(peak.len(), 1);
    assert!((peak[0].start..peak[0].end).contains(&54_321));
}

#[test]
fn values_that_are_no_numbers_are_gaps_and_counted() {
    let series = Series::from_points([[0.0, 1.0], [1.0, f64::NAN], [2.0, f64::INFINITY], [3.0, 2.0]]);
    assert_eq!(series.len(), 4);
    assert_eq!(series.unreal(), 2);
    assert_eq!(series.y_range(&EVERYTHING), Some((1.0, 2.0)));
    assert_eq!(Series::from_points([[f64::NAN, 1.0], [f64::INFINITY, 1.0]]).len(), 0, "they have no place");
}

#[test]
fn an_empty_series_and_an_empty_view_give_nothing() {
    let empty = Series::default();
    assert_eq!(empty.trace().outline(&(0.0..=1.0), 10), (Vec::new(), false));
    assert_eq!(empty.trace().nearest(0.0), None);
    assert_eq!(empty.trace().last(), None);
    let series = Series::from_points([[5.0, 1.0]]);
    assert_eq!(series.y_range(&(0.0..=1.0)), None);
    let mut columns = vec![];
    series.trace().columns(10, |edge| edge as f64 / 10.0, &mut columns);
    assert!(columns.is_empty());
}

#[test]
fn another_weight_shows_what_was_there_until_it_is_done() {
    let raw = Series::from_points((0..1000).map(|i| [f64::from(i), f64::from(i % 7)]));
    let mut smoothed = Smoothed::default();
    assert!(smoothed.follow(&raw, 0.9, &mut 2000));
    assert!(!smoothed.follow(&raw, 0.5, &mut 600));
    assert_eq!(smoothed.trace(&raw).len(), 1000, "the old line stays");
    // The weight changes again: what was begun is finished, then the newest follows.
    assert!(!smoothed.follow(&raw, 0.2, &mut 600));
    assert!(!smoothed.follow(&raw, 0.2, &mut 600));
    assert!(smoothed.follow(&raw, 0.2, &mut 600));
    let mut fresh = Smoothed::default();
    let mut budget = 1500;
    assert!(fresh.follow(&raw, 0.2, &mut budget));
    assert_eq!(budget, 500, "what was used is taken off");
    assert_eq!(smoothed.trace(&raw).last(), fresh.trace(&raw).last());
}

#[test]
fn what_is_shared_is_not_changed_by_what_comes_later() {
    let mut series = Series::from_points([[0.0, 1.0]]);
    let shared = series.points().clone();
    series.push(1.0, 2.0);
    assert_eq!(shared.iter().collect::<Vec<_>>(), [[0.0, 1.0]]);
    assert_eq!(series.len(), 2);
}

#[test]
fn memory_is_what_the_module_says() {
    let series = Series::from_points((0..1_000_000).map(|i| [f64::from(i), 1.0]));
    let pyramid = series.bytes() - series.points.bytes();
    assert!(pyramid < 1_000_000 * 4 + 100_000, "{pyramid} bytes, spare capacity included");
}
