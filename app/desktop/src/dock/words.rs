//! Words of the arrows beside tabs that have no room, which egui_tiles says in English alone: what screen readers are told
//! is put into the language of the window on its way out. Must not know which tabs there are.

use egui::{Context, FullOutput, Plugin};
use weft_model::Lang;

use crate::i18n::Tr;

/// What egui_tiles calls the arrows, and the keys of our words for them.
const ARROWS: [(&str, &str); 2] = [("Scroll tabs left", "dock-tabs-left"), ("Scroll tabs right", "dock-tabs-right")];

/// The words in the language that the window speaks.
#[derive(Debug, Default)]
struct ArrowWords {
    lang: Option<Lang>,
    words: [String; 2],
}

/// Sees to it that the arrows are called by the words of this language; to be said in every frame.
pub fn name_arrows(ctx: &Context, tr: &Tr) {
    let speak = |plugin: &mut ArrowWords| {
        if plugin.lang.replace(tr.lang()) != Some(tr.lang()) {
            plugin.words = ARROWS.map(|(_, key)| tr.t(key).to_owned());
        }
    };
    if ctx.with_plugin(speak).is_none() {
        ctx.add_plugin(ArrowWords::default());
        ctx.with_plugin(speak);
    }
}

impl Plugin for ArrowWords {
    fn debug_name(&self) -> &'static str {
        "words of the arrows beside tabs"
    }

    fn output_hook(&mut self, _: &Context, output: &mut FullOutput) {
        let Some(update) = &mut output.platform_output.accesskit_update else { return };
        for (_, node) in &mut update.nodes {
            let Some(at) = ARROWS.iter().position(|(said, _)| node.label() == Some(said)) else { continue };
            node.set_label(self.words[at].as_str());
        }
    }
}
