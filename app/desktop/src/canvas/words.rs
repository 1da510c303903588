//! What a screen reader says of pins, in the language of the window. The widget fills in the names.

use egui_node_graph::Words;

use crate::i18n::Tr;

/// The sentences of the language that is spoken.
pub(super) fn words(tr: &Tr) -> Words {
    // The widget's own placeholders stand for themselves.
    let args = ["pin", "type", "node", "joined", "others"].map(|name| (name, format!("{{{name}}}").into()));
    let say = |key: &str| tr.fmt(key, &args);
    Words {
        input: say("pin-input"),
        output: say("pin-output"),
        candidate: say("pin-candidate"),
        nothing_fits: say("pin-nothing-fits"),
        other_end: say("pin-other-end"),
        joined: say("pin-joined"),
        free: say("pin-free"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_model::Lang;

    #[test]
    fn every_sentence_keeps_the_places_that_the_widget_fills_in() {
        for lang in Lang::ALL {
            let words = words(&Tr::new(lang));
            for (sentence, places) in [
                (&words.input, &["{pin}", "{type}", "{joined}"][..]),
                (&words.output, &["{pin}", "{type}", "{joined}"]),
                (&words.candidate, &["{pin}", "{type}", "{node}"]),
                (&words.nothing_fits, &["{pin}", "{type}"]),
                (&words.other_end, &["{pin}", "{node}"]),
                (&words.joined, &["{others}"]),
                (&words.free, &[]),
            ] {
                assert!(places.iter().all(|place| sentence.contains(place)), "{sentence}");
                assert!(!sentence.contains("pin-"), "{sentence}");
            }
        }
    }
}
