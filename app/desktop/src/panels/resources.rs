//! The resources panel: what is in use of processor, memory, disk, network and graphics processors over the last minutes,
//! by the machine and by Weft itself. What cannot be measured is said to be unknown, never shown as zero.

use egui::{CornerRadius, Label, Margin, Rect, ScrollArea, Sense, Ui, UiBuilder, vec2};
use weft_protocol::event::{GpuResources, Resources};

use super::chart::{SparkLine, nice_step, spark_ui};
use super::{empty_state, figures, legend_item, mono, small};
use crate::focus;
use crate::i18n::Tr;
use crate::run_state::{RESOURCES_KEPT_S, RunState};
use crate::theme::Theme;

/// A figure of a card: what it is and how it reads; none where it cannot be measured.
struct Figure {
    key: &'static str,
    text: Option<String>,
}

/// A small plot with its figures.
struct Card {
    title: String,
    figures: Vec<Figure>,
    lines: Vec<SparkLine>,
    /// The value at the top; none for one that fits what is shown.
    top: Option<f64>,
    /// How the value at the top reads.
    top_text: fn(f64) -> String,
}

/// Draws the panel.
pub fn resources_ui(ui: &mut Ui, runs: &RunState, theme: &Theme, tr: &Tr) {
    let Some(latest) = runs.latest_resources() else {
        empty_state(ui, theme, "cpu", tr.t("resources-empty"), tr.t("resources-empty-hint"));
        return;
    };
    let first_s = runs.resources().front().map_or(latest.t_s, |first| first.t_s);
    let window_s = (latest.t_s - first_s).clamp(60.0, RESOURCES_KEPT_S);
    egui::Frame::new().inner_margin(Margin::symmetric(12, 6)).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(10.0, 0.0);
            legend_item(ui, theme, machine_colour(theme), tr.t("resources-machine"));
            legend_item(ui, theme, own_colour(theme), tr.t("resources-own"));
            if !latest.gpus.is_empty() {
                legend_item(ui, theme, theme.network, tr.t("resources-gpu-memory"));
            }
            let minutes = figures::clock(window_s);
            let window = small(theme, tr.fmt("resources-window", &[("time", minutes.into())]), theme.muted);
            ui.add(Label::new(window).extend());
        });
        let cards = cards(runs, latest, theme, tr);
        ScrollArea::vertical().id_salt("resources").auto_shrink([false, false]).show(ui, |ui| {
            let gap = theme.size.section;
            let width = ui.available_width() - 8.0;
            let columns = ((width + gap) / (250.0 + gap)).floor().clamp(1.0, 6.0) as usize;
            // Rows about as long as one another, and no card alone in the last one.
            let columns = cards.len().div_ceil(cards.len().div_ceil(columns).max(1)).max(1);
            let card_width = (width - gap * (columns - 1) as f32) / columns as f32;
            let figure_rows = cards.iter().map(|card| card.figures.len()).max().unwrap_or(0) as f32;
            let needed = 24.0 + figure_rows * 18.0 + 60.0;
            let rows = cards.len().div_ceil(columns) as f32;
            let height = ((ui.available_height() - gap * (rows - 1.0)) / rows).clamp(needed, needed + 120.0);
            for row in cards.chunks(columns) {
                let (place, _) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
                for (index, card) in row.iter().enumerate() {
                    let left = place.left() + index as f32 * (card_width + gap);
                    let rect = Rect::from_min_size(egui::pos2(left, place.top()), vec2(card_width, height));
                    card_ui(ui, card, rect, latest.t_s, window_s, theme, tr);
                }
                ui.add_space(gap - ui.spacing().item_spacing.y);
            }
            focus::keep_in_view(ui);
        });
    });
}

fn machine_colour(theme: &Theme) -> egui::Color32 {
    theme.flow
}

fn own_colour(theme: &Theme) -> egui::Color32 {
    theme.accent
}

fn card_ui(ui: &mut Ui, card: &Card, rect: Rect, now_s: f64, window_s: f64, theme: &Theme, tr: &Tr) {
    // The row that the card stands in is allocated already: its contents must not move the layout on.
    let ui = &mut ui.new_child(UiBuilder::new().max_rect(rect).id_salt(&card.title));
    ui.set_clip_rect(rect.intersect(ui.clip_rect()));
    ui.spacing_mut().item_spacing.y = 2.0;
    ui.spacing_mut().interact_size.y = theme.size.small_line;
    let heading = egui::RichText::new(&card.title).font(theme.semibold()).color(theme.text);
    ui.add(Label::new(heading).truncate());
    for figure in &card.figures {
        ui.horizontal(|ui| {
            ui.label(small(theme, tr.t(figure.key), theme.muted));
            let text = match &figure.text {
                Some(text) => mono(theme, text, theme.text),
                None => small(theme, tr.t("not-available"), theme.muted),
            };
            ui.add(Label::new(text).truncate());
        });
    }
    let plot = Rect::from_min_max(egui::pos2(rect.left(), ui.cursor().top() + 2.0), rect.max);
    ui.painter().rect_filled(plot, CornerRadius::same(4), theme.input);
    let measured = card.lines.iter().flat_map(|line| &line.points).filter_map(|(_, value)| *value);
    let most = measured.fold(0.0_f64, f64::max);
    let known = card.lines.iter().any(|line| line.points.iter().any(|(_, value)| value.is_some()));
    if known {
        let top = card.top.unwrap_or_else(|| if most > 0.0 { nice_step(most * 1.05) } else { 1.0 });
        spark_ui(ui, theme, plot, now_s, window_s, top, &card.lines);
        if most > 0.0 || card.top.is_some() {
            let place = plot.right_top() + vec2(-4.0, 2.0);
            let font = egui::FontId::new(theme.size.axis, egui::FontFamily::Monospace);
            ui.painter().text(place, egui::Align2::RIGHT_TOP, (card.top_text)(top), font, theme.muted);
        }
    } else {
        ui.painter().text(
            plot.center(),
            egui::Align2::CENTER_CENTER,
            tr.t("not-available"),
            theme.small_font(),
            theme.muted,
        );
    }
}

fn cards(runs: &RunState, latest: &Resources, theme: &Theme, tr: &Tr) -> Vec<Card> {
    let line = |colour, value: &dyn Fn(&Resources) -> Option<f64>| SparkLine {
        points: runs.resources().iter().map(|sample| (sample.t_s, value(sample))).collect(),
        colour,
    };
    let share = |value: Option<f64>| value.map(|value| figures::percent(value, 0));
    let size = |value: Option<u64>| value.map(|value| figures::bytes(value as f64));
    let rate = |value: Option<f64>| value.map(figures::rate);
    let machine = machine_colour(theme);
    let own = own_colour(theme);
    let percent_text: fn(f64) -> String = |top| figures::percent(top, 0);
    let mut cards = vec![
        Card {
            title: tr.t("resources-cpu").to_owned(),
            figures: vec![
                Figure { key: "resources-machine", text: share(latest.cpu_busy) },
                Figure { key: "resources-own", text: share(latest.own_cpu_busy) },
            ],
            lines: vec![line(machine, &|r| r.cpu_busy), line(own, &|r| r.own_cpu_busy)],
            top: Some(1.0),
            top_text: percent_text,
        },
        Card {
            title: tr.t("resources-memory").to_owned(),
            figures: vec![
                Figure { key: "resources-machine", text: used_of(latest.memory_bytes, latest.memory_total_bytes) },
                Figure { key: "resources-own", text: size(latest.own_memory_bytes) },
            ],
            lines: vec![
                line(machine, &|r| r.memory_bytes.map(|b| b as f64)),
                line(own, &|r| r.own_memory_bytes.map(|b| b as f64)),
            ],
            top: latest.memory_total_bytes.filter(|total| *total > 0).map(|total| total as f64),
            top_text: figures::bytes,
        },
        Card {
            title: tr.t("resources-disk").to_owned(),
            figures: vec![
                Figure {
                    key: "resources-read",
                    text: with_own(tr, rate(latest.disk_read_bytes_per_s), rate(latest.own_disk_read_bytes_per_s)),
                },
                Figure {
                    key: "resources-written",
                    text: with_own(
                        tr,
                        rate(latest.disk_written_bytes_per_s),
                        rate(latest.own_disk_written_bytes_per_s),
                    ),
                },
                Figure { key: "resources-free", text: size(latest.disk_free_bytes) },
            ],
            lines: vec![
                line(machine, &|r| sum(r.disk_read_bytes_per_s, r.disk_written_bytes_per_s)),
                line(own, &|r| sum(r.own_disk_read_bytes_per_s, r.own_disk_written_bytes_per_s)),
            ],
            top: None,
            top_text: figures::rate,
        },
        Card {
            title: tr.t("resources-network").to_owned(),
            figures: vec![
                Figure { key: "resources-received", text: rate(latest.net_received_bytes_per_s) },
                Figure { key: "resources-sent", text: rate(latest.net_sent_bytes_per_s) },
                // No system tells the traffic of single processes without being root.
                Figure { key: "resources-own", text: None },
            ],
            lines: vec![line(machine, &|r| sum(r.net_received_bytes_per_s, r.net_sent_bytes_per_s))],
            top: None,
            top_text: figures::rate,
        },
    ];
    for (index, gpu) in latest.gpus.iter().enumerate() {
        let mut figures = vec![
            Figure { key: "resources-busy", text: share(gpu.busy) },
            Figure { key: "resources-memory-used", text: used_of(gpu.memory_bytes, gpu.memory_total_bytes) },
        ];
        let warmth = gpu.temperature_c.map(|c| format!("{c:.0} °C"));
        let power = gpu.power_w.map(|w| format!("{w:.0} W"));
        figures.push(Figure {
            key: "resources-heat",
            text: match (warmth, power) {
                (Some(warmth), Some(power)) => Some(format!("{warmth} · {power}")),
                (warmth, power) => warmth.or(power),
            },
        });
        cards.push(Card {
            title: gpu.name.clone(),
            figures,
            lines: vec![
                line(machine, &|r| r.gpus.get(index).and_then(|gpu| gpu.busy)),
                line(theme.network, &|r| r.gpus.get(index).and_then(memory_share)),
            ],
            top: Some(1.0),
            top_text: percent_text,
        });
    }
    if latest.gpus.is_empty() {
        cards.push(Card {
            title: tr.t("resources-gpu").to_owned(),
            figures: vec![
                Figure { key: "resources-busy", text: None },
                Figure { key: "resources-memory-used", text: None },
            ],
            lines: Vec::new(),
            top: Some(1.0),
            top_text: percent_text,
        });
    }
    cards
}

fn memory_share(gpu: &GpuResources) -> Option<f64> {
    let total = gpu.memory_total_bytes.filter(|total| *total > 0)?;
    Some(gpu.memory_bytes? as f64 / total as f64)
}

fn used_of(used: Option<u64>, total: Option<u64>) -> Option<String> {
    let used = figures::bytes(used? as f64);
    Some(match total {
        Some(total) => format!("{used} / {}", figures::bytes(total as f64)),
        None => used,
    })
}

fn sum(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    if a.is_none() && b.is_none() { None } else { Some(a.unwrap_or(0.0) + b.unwrap_or(0.0)) }
}

fn with_own(tr: &Tr, machine: Option<String>, own: Option<String>) -> Option<String> {
    let own = own.map(|own| format!("{} {own}", tr.t("resources-own")));
    match (machine, own) {
        (Some(machine), Some(own)) => Some(format!("{machine} · {own}")),
        (machine, own) => machine.or(own),
    }
}
