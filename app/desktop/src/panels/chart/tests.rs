use egui::{MouseWheelSource, MouseWheelUnit, PointerButton, TouchPhase};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use weft_model::Lang;

use super::*;
use crate::series::Series;
use crate::theme::{self, Mode};

const AREA: Rect = Rect { min: pos2(0.0, 40.0), max: pos2(600.0, 300.0) };
/// A place within the axes.
const MIDDLE: Pos2 = pos2(320.0, 150.0);

struct Bench {
    series: Vec<(Series, String)>,
    state: ChartState,
    scale: Scale,
    found: Found,
}

fn bench(series: Vec<(Series, &str)>, scale: Scale) -> Harness<'static, Bench> {
    let theme = Theme::load(Mode::Dark);
    let tr = Tr::new(Lang::En);
    let series = series.into_iter().map(|(series, name)| (series, name.to_owned())).collect();
    let bench = Bench { series, state: ChartState::default(), scale, found: Found::default() };
    Harness::builder()
        .with_size(vec2(600.0, 300.0))
        .with_step_dt(1.0 / 60.0)
        .with_max_steps(300)
        .with_context_setup(theme::install)
        .build_ui_state(
            move |ui, bench| {
                let curves: Vec<_> = bench
                    .series
                    .iter()
                    .enumerate()
                    .map(|(number, (series, name))| Curve {
                        trace: series.trace(),
                        map: XMap::Times(1.0),
                        look: Look {
                            colour: theme.series(number),
                            width: 2.0,
                            dash: Dash::numbered(number),
                            marker: (number == 1).then_some(Marker::Disc),
                        },
                        name: name.clone(),
                        main: true,
                    })
                    .collect();
                let entries: Vec<_> =
                    curves.iter().map(|curve| Entry { name: curve.name.clone(), look: curve.look }).collect();
                legend_ui(ui, &theme, &tr, &mut bench.state, &entries);
                let view = ChartView {
                    id: Id::unique("chart"),
                    rect: AREA,
                    x_min_end: 0.0,
                    x: Scale::Number,
                    y: bench.scale,
                    x_text: &|x| format!("step {x:.0}"),
                    accessible_name: "Chart",
                };
                bench.found = chart_ui(ui, &theme, &tr, &mut bench.state, &view, &curves);
            },
            bench,
        )
}

fn two() -> Harness<'static, Bench> {
    let line = |slope: f64| Series::from_points((0..=100).map(|i| [f64::from(i), slope * f64::from(i)]));
    bench(vec![(line(1.0), "a"), (line(2.0), "b")], Scale::Number)
}

fn x(harness: &Harness<'_, Bench>) -> (f64, f64) {
    harness.state().state.x_shown().unwrap()
}

fn y(harness: &Harness<'_, Bench>) -> (f64, f64) {
    harness.state().state.y_shown().unwrap()
}

fn wheel(harness: &mut Harness<'_, Bench>, delta: Vec2, modifiers: Modifiers) {
    harness.hover_at(MIDDLE);
    harness.run();
    let event = egui::Event::MouseWheel {
        unit: MouseWheelUnit::Line,
        delta,
        phase: TouchPhase::Move,
        source: MouseWheelSource::Unknown,
        modifiers,
    };
    harness.event_modifiers(event, modifiers);
    harness.run_ok();
}

fn drag(harness: &mut Harness<'_, Bench>, from: Pos2, to: Pos2, button: PointerButton, modifiers: Modifiers) {
    let press = |pos, pressed| egui::Event::PointerButton { pos, button, pressed, modifiers };
    harness.hover_at(from);
    harness.run();
    harness.event_modifiers(press(from, true), modifiers);
    harness.step();
    for share in [0.3, 0.6, 1.0] {
        harness.event_modifiers(egui::Event::PointerMoved(from.lerp(to, share)), modifiers);
        harness.step();
    }
    harness.event_modifiers(press(to, false), modifiers);
    harness.run_ok();
}

fn double_click(harness: &mut Harness<'_, Bench>) {
    for _ in 0..2 {
        for pressed in [true, false] {
            let button = PointerButton::Primary;
            harness.event(egui::Event::PointerButton { pos: MIDDLE, button, pressed, modifiers: Modifiers::NONE });
        }
        harness.step();
    }
    harness.run_ok();
}

#[test]
fn the_view_follows_the_data_until_it_is_moved() {
    let mut harness = two();
    harness.run();
    assert_eq!(x(&harness), (0.0, 100.0));
    harness.state_mut().series[0].0.push(200.0, 1.0);
    harness.run();
    assert_eq!(x(&harness), (0.0, 200.0));
    wheel(&mut harness, vec2(0.0, 2.0), Modifiers::NONE);
    let zoomed = x(&harness);
    assert!(zoomed.0 > 0.0 && zoomed.1 < 200.0, "{zoomed:?}");
    harness.state_mut().series[0].0.push(400.0, 1.0);
    harness.run();
    assert_eq!(x(&harness), zoomed, "it stays where the user put it");
    double_click(&mut harness);
    assert_eq!(x(&harness), (0.0, 400.0), "a double click shows everything");
}

#[test]
fn the_wheel_zooms_x_at_the_pointer_and_with_ctrl_y() {
    let mut harness = two();
    harness.run();
    let at = |harness: &Harness<'_, Bench>| harness.state().state.shown.unwrap().x_at(MIDDLE.x);
    let (before, before_y) = (at(&harness), y(&harness));
    wheel(&mut harness, vec2(0.0, 3.0), Modifiers::NONE);
    assert!((at(&harness) - before).abs() < 1e-6, "what is under the pointer stays there");
    assert!(x(&harness).1 - x(&harness).0 < 90.0);
    let zoomed = x(&harness);
    wheel(&mut harness, vec2(0.0, 3.0), Modifiers::COMMAND);
    assert_eq!(x(&harness), zoomed);
    assert!(y(&harness).1 - y(&harness).0 < before_y.1 - before_y.0);
    for _ in 0..8 {
        wheel(&mut harness, vec2(0.0, -3.0), Modifiers::NONE);
    }
    assert_eq!(x(&harness), (0.0, 100.0), "out again it is everything, and no more");
}

#[test]
fn a_drag_pans_and_a_box_zooms() {
    let mut harness = two();
    harness.run();
    let (from, to) = (pos2(200.0, 100.0), pos2(400.0, 200.0));
    let frame = harness.state().state.shown.unwrap();
    let wanted = (frame.x_at(from.x), frame.x_at(to.x));
    drag(&mut harness, from, to, PointerButton::Secondary, Modifiers::NONE);
    assert!((x(&harness).0 - wanted.0).abs() < 1.0 && (x(&harness).1 - wanted.1).abs() < 1.0);
    let frame = harness.state().state.shown.unwrap();
    let (held, there) = (frame.x_at(300.0), pos2(380.0, 150.0));
    drag(&mut harness, pos2(300.0, 150.0), there, PointerButton::Primary, Modifiers::NONE);
    let frame = harness.state().state.shown.unwrap();
    assert!((frame.x_at(there.x) - held).abs() < 1.0, "what was held goes with the pointer");
    double_click(&mut harness);
    drag(&mut harness, from, pos2(400.0, 101.0), PointerButton::Primary, Modifiers::SHIFT);
    assert!((x(&harness).0 - wanted.0).abs() < 1.0, "with Shift too");
    assert!(harness.state().state.y.is_none(), "a flat box is a range of x");
}

#[test]
fn everything_can_be_done_by_keys() {
    let mut harness = two();
    harness.run();
    harness.get_by_label("Chart").focus();
    harness.run();
    for _ in 0..3 {
        harness.key_press(Key::ArrowRight);
        harness.run();
    }
    let told = harness.get_by_label("Chart").accesskit_node().description().unwrap_or_default();
    assert_eq!(told, "step 53: a 53.00, b 106.0");
    harness.key_press(Key::ArrowUp);
    harness.run();
    let zoomed = x(&harness);
    assert!((zoomed.1 - zoomed.0 - 80.0).abs() < 1e-6, "{zoomed:?}");
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
    harness.run();
    assert!((x(&harness).0 - zoomed.0 - 8.0).abs() < 1e-3);
    let before = y(&harness);
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowUp);
    harness.run();
    assert!(y(&harness).1 - y(&harness).0 < before.1 - before.0);
    harness.key_press(Key::Num0);
    harness.run();
    assert_eq!(x(&harness), (0.0, 100.0));
    assert!(!harness.state().state.is_zoomed());
}

#[test]
fn the_legend_hides_shows_and_isolates() {
    let mut harness = two();
    harness.run();
    assert!(y(&harness).1 > 200.0);
    harness.get_by_role_and_label(egui::Role::CheckBox, "b").click();
    harness.run();
    assert!(!harness.state().state.is_shown("b"));
    assert!(y(&harness).1 < 110.0, "y fits what is shown");
    harness.get_by_role_and_label(egui::Role::CheckBox, "b").click();
    harness.run();
    assert!(harness.state().state.is_shown("b"));
    let mut state = ChartState::default();
    state.isolate("b", ["a", "b", "c"].into_iter());
    assert!(state.is_shown("b") && !state.is_shown("a") && !state.is_shown("c"));
    state.isolate("b", ["a", "b", "c"].into_iter());
    assert!(!state.hides_some(), "once more shows all");
}

#[test]
fn what_cannot_be_shown_is_said() {
    let noisy = Series::from_points((0..50_000).map(|i| [f64::from(i), f64::from(i % 10)]));
    let mut harness = bench(vec![(noisy, "a")], Scale::Logarithm);
    harness.run();
    assert!(harness.state().found.thinned && harness.state().found.not_positive);
    assert!(!harness.state().found.unreal);
    let few = Series::from_points([[0.0, 1.0], [1.0, f64::NAN], [2.0, 1.0]]);
    let mut harness = bench(vec![(few, "a")], Scale::Number);
    harness.run();
    assert_eq!(harness.state().found, Found { unreal: true, ..Found::default() });
}

/// What a picture shows of this colour, in pixels.
fn pixels_like(png: &[u8], colour: Color32) -> usize {
    let painted = resvg::tiny_skia::Pixmap::decode_png(png).unwrap();
    let like = |a: u8, b: u8| a.abs_diff(b) < 12;
    painted
        .pixels()
        .iter()
        .filter(|p| like(p.red(), colour.r()) && like(p.green(), colour.g()) && like(p.blue(), colour.b()))
        .count()
}

#[test]
fn a_picture_shows_lines_legend_and_axes() {
    let theme = Theme::load(Mode::Light);
    let series = Series::from_points((0..100_000).map(|i| [f64::from(i), (f64::from(i) / 9e3).sin()]));
    let look = Look { colour: theme.train, width: 2.0, dash: Dash::Long, marker: Some(Marker::Diamond) };
    let curve = Curve { trace: series.trace(), map: XMap::Times(1.0), look, name: "训练 <1>".to_owned(), main: true };
    let drawing = Drawing {
        title: "损失 & loss",
        legend: &[Entry { name: curve.name.clone(), look }],
        note: "thinned",
        x_label: "steps",
        lang: "zh",
        scales: [Scale::Number, Scale::Number],
        x: (0.0, 100_000.0),
        y: (-1.1, 1.1),
        width_of: &|text| 6.0 * text.len() as f32,
    };
    let drawn = picture(&theme, &drawing, std::iter::once(&curve));
    let svg = drawn.to_svg();
    resvg::usvg::Tree::from_str(&svg, &resvg::usvg::Options::default()).unwrap();
    for text in ["损失 &amp; loss", "训练 &lt;1&gt;", "20,000", "thinned", "steps", "stroke-dasharray=\"10 4\""] {
        assert!(svg.contains(text), "{text}");
    }
    let png = drawn.to_png(2.0).unwrap();
    assert!(pixels_like(&png, theme.train) > 2000);
    assert!(pixels_like(&png, theme.panel) > 100_000);
}
