//! Shows where the keyboard is, whatever has it: a ring about the widget, as soon as somebody moves by keys or by a screen
//! reader, and until the pointer is pressed. Knows no widget, so that none can be forgotten. What scrolls calls
//! [`keep_in_view`].

use egui::{Context, Event, Id, Key, Stroke, StrokeKind, Ui};

use crate::theme::Theme;

/// Width of the ring, and how far its outer edge is from the widget [points].
const WIDTH: f32 = 1.5;
const FAR: f32 = 2.0;

/// Whether the ring is shown.
#[derive(Debug, Default)]
pub struct FocusRing {
    shown: bool,
}

impl FocusRing {
    /// Looks how the user moves; to be called before anything takes the keys of the frame.
    pub fn follow(&mut self, ctx: &Context) {
        ctx.input(|i| {
            for event in &i.events {
                match event {
                    Event::Key { key, pressed: true, .. } if moves(*key) => self.shown = true,
                    Event::AccessKitActionRequest(_) => self.shown = true,
                    Event::PointerButton { pressed: true, .. } | Event::Touch { .. } => self.shown = false,
                    _ => {}
                }
            }
        });
    }

    /// Paints the ring over what was drawn in this frame.
    pub fn paint(&self, ctx: &Context, theme: &Theme) {
        if !self.shown {
            return;
        }
        let Some(widget) = ctx.memory(|m| m.focused()).and_then(|id| ctx.read_response(id)) else { return };
        // What a list has scrolled away is not painted over what stands beside it.
        let seen = widget.interact_rect;
        if !seen.is_positive() {
            return;
        }
        let ring = seen.expand(FAR).intersect(ctx.content_rect());
        let painter = ctx.layer_painter(widget.layer_id).with_clip_rect(ring);
        painter.rect_stroke(ring, theme.radius(), Stroke::new(WIDTH, theme.accent), StrokeKind::Inside);
    }
}

/// Scrolls to what has come by the keyboard, if it is in `ui` and not to be seen whole. To be called at the end of what a
/// list or a page shows within its scroll area.
pub fn keep_in_view(ui: &Ui) {
    let known = Id::unique("focus-in-view");
    let Some(focused) = ui.memory(|m| m.focused()) else { return };
    if ui.data(|d| d.get_temp::<Id>(known)) == Some(focused) {
        return;
    }
    let Some(widget) = ui.ctx().read_response(focused) else { return };
    if widget.layer_id != ui.layer_id() || !ui.min_rect().contains_rect(widget.rect) {
        return;
    }
    ui.data_mut(|d| d.insert_temp(known, focused));
    if !ui.clip_rect().contains_rect(widget.rect) {
        ui.scroll_to_rect(widget.rect.expand(8.0), None);
    }
}

/// Says that this widget, while it has the keyboard, is what the keys of 'fit all' are meant for.
pub fn claim_fitting(ctx: &Context, widget: Id) {
    ctx.data_mut(|d| d.insert_temp(Id::unique("fits-itself"), widget));
}

/// Whether what has the keyboard fits what it shows itself: the canvas leaves the keys to it.
pub fn fitting_is_claimed(ctx: &Context) -> bool {
    let claimed = ctx.data(|d| d.get_temp::<Id>(Id::unique("fits-itself")));
    claimed.is_some() && ctx.memory(|m| m.focused()) == claimed
}

fn moves(key: Key) -> bool {
    matches!(
        key,
        Key::Tab | Key::ArrowUp | Key::ArrowDown | Key::ArrowLeft | Key::ArrowRight | Key::F6 | Key::Home | Key::End
    )
}
