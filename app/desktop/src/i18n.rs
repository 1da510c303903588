//! Translations: the Fluent files of `assets/i18n`, built into the program. English is the fallback.
//!
//! Text of the node catalogue and messages of problems carry both languages themselves; everything that the window says
//! on its own account stands here. Must not know where a text is shown.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

pub use fluent_bundle::FluentValue;
use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};
use unic_langid::LanguageIdentifier;
use weft_model::{Lang, Localised, Text};

macro_rules! files {
    ($lang:literal: $($name:literal)*) => {
        &[$(include_str!(concat!("../../../assets/i18n/", $lang, "/", $name, ".ftl"))),*]
    };
    ($lang:literal) => {
        files!($lang: "shell" "panels" "settings" "inspector" "previews" "plots" "dock" "fixes" "canvas" "subgraphs" "room" "plan"
            "upkeep" "flow" "fixing")
    };
}

/// The Fluent files of a language.
pub(crate) fn sources(lang: Lang) -> &'static [&'static str] {
    match lang {
        Lang::En => files!("en"),
        Lang::Zh => files!("zh"),
    }
}

struct Language {
    bundle: FluentBundle<Arc<FluentResource>>,
    /// Messages that take no arguments, ready made: most of what a frame shows.
    plain: HashMap<String, String>,
}

impl Language {
    fn load(lang: Lang) -> Self {
        let id: LanguageIdentifier = lang.id().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new(vec![id]);
        // The marks that isolate directions are for mixed left-to-right and right-to-left text, which we have none of.
        bundle.set_use_isolating(false);
        let mut plain = HashMap::new();
        for source in sources(lang) {
            // A file with a slip gives what can be read of it; a test holds that there is none.
            let resource = match FluentResource::try_new((*source).to_owned()) {
                Ok(resource) => resource,
                Err((resource, _)) => resource,
            };
            let resource = Arc::new(resource);
            let keys: Vec<String> = keys(&resource);
            bundle.add_resource_overriding(resource);
            for key in keys {
                let Some(pattern) = bundle.get_message(&key).and_then(|m| m.value()) else { continue };
                let mut errors = Vec::new();
                let text = bundle.format_pattern(pattern, None, &mut errors).into_owned();
                if errors.is_empty() {
                    plain.insert(key, text);
                }
            }
        }
        Self { bundle, plain }
    }
}

fn keys(resource: &FluentResource) -> Vec<String> {
    resource
        .source()
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()))
        .filter_map(|line| Some(line.split_once('=')?.0.trim().to_owned()))
        .collect()
}

/// Says things in the language of the user, who may change it at any time.
pub struct Tr {
    lang: Lang,
    languages: HashMap<Lang, Language>,
}

impl Tr {
    /// A translator that speaks `lang`.
    pub fn new(lang: Lang) -> Self {
        let mut tr = Self { lang, languages: HashMap::new() };
        tr.languages.insert(Lang::En, Language::load(Lang::En));
        tr.set_lang(lang);
        tr
    }

    /// The language that is spoken.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// Speaks another language from now on.
    pub fn set_lang(&mut self, lang: Lang) {
        self.lang = lang;
        self.languages.entry(lang).or_insert_with(|| Language::load(lang));
    }

    fn candidates(&self) -> impl Iterator<Item = &Language> {
        [self.lang, Lang::En].into_iter().filter_map(|lang| self.languages.get(&lang))
    }

    /// The text of a key; an unknown key stands for itself, so that a slip is seen and nothing breaks.
    pub fn t<'a>(&'a self, key: &'a str) -> &'a str {
        self.candidates().find_map(|l| l.plain.get(key)).map_or(key, String::as_str)
    }

    /// The text of a key with arguments: `tr.fmt("problems-count", &[("n", 3.into())])`.
    pub fn fmt(&self, key: &str, args: &[(&str, FluentValue<'_>)]) -> String {
        let mut values = FluentArgs::with_capacity(args.len());
        for (name, value) in args {
            values.set(*name, value.clone());
        }
        for language in self.candidates() {
            if let Some(pattern) = language.bundle.get_message(key).and_then(|m| m.value()) {
                return language.bundle.format_pattern(pattern, Some(&values), &mut Vec::new()).into_owned();
            }
        }
        key.to_owned()
    }

    /// A fixed text of the catalogue.
    pub fn text(&self, text: Text) -> &'static str {
        text.get(self.lang)
    }

    /// A message that carries both languages.
    pub fn of<'a>(&self, message: &'a Localised) -> &'a str {
        message.get(self.lang)
    }

    /// The same as a sentence of its own.
    pub fn said<'a>(&self, message: &'a Localised) -> Cow<'a, str> {
        sentence(self.of(message))
    }
}

/// A message as a sentence of its own: with a capital, where it begins with a small letter. Messages begin small, because
/// the command line puts them after what they are about.
pub fn sentence(text: &str) -> Cow<'_, str> {
    match text.chars().next() {
        Some(first) if first.is_ascii_lowercase() => {
            Cow::Owned(format!("{}{}", first.to_ascii_uppercase(), &text[1..]))
        }
        _ => Cow::Borrowed(text),
    }
}

/// The language of the machine: Chinese where its locale says so, English everywhere else.
pub fn system_lang() -> Lang {
    match sys_locale::get_locale() {
        Some(locale) if locale.to_lowercase().starts_with("zh") => Lang::Zh,
        _ => Lang::En,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn keys_of(lang: Lang) -> BTreeSet<String> {
        sources(lang)
            .iter()
            .flat_map(|source| {
                let resource = FluentResource::try_new((*source).to_owned());
                keys(&resource.unwrap_or_else(|(_, errors)| panic!("{lang:?}: {errors:?}")))
            })
            .collect()
    }

    #[test]
    fn both_languages_have_the_same_keys() {
        let (en, zh) = (keys_of(Lang::En), keys_of(Lang::Zh));
        assert_eq!(en.difference(&zh).collect::<Vec<_>>(), Vec::<&String>::new(), "missing in Chinese");
        assert_eq!(zh.difference(&en).collect::<Vec<_>>(), Vec::<&String>::new(), "missing in English");
        assert!(en.len() > 50);
    }

    #[test]
    fn both_languages_take_the_same_arguments() {
        let arguments = |lang| {
            let mut out: std::collections::BTreeMap<String, BTreeSet<String>> = Default::default();
            let mut key = String::new();
            for line in sources(lang).iter().flat_map(|source| source.lines()).filter(|line| !line.starts_with('#')) {
                // Plurals go on in the lines after the key.
                if let Some((name, _)) = line.split_once('=').filter(|_| line.starts_with(char::is_alphabetic)) {
                    key = name.trim().to_owned();
                }
                let names = line.split('$').skip(1).map(|rest| {
                    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>()
                });
                out.entry(key.clone()).or_default().extend(names);
            }
            out
        };
        let (en, zh) = (arguments(Lang::En), arguments(Lang::Zh));
        for (key, names) in &en {
            assert_eq!(Some(names), zh.get(key), "{key}");
        }
    }

    #[test]
    fn the_language_changes_while_running_and_unknown_keys_stand_for_themselves() {
        let mut tr = Tr::new(Lang::En);
        assert_eq!(tr.t("menu-file"), "File");
        tr.set_lang(Lang::Zh);
        assert_eq!(tr.t("menu-file"), "文件");
        assert_eq!(tr.t("no-such-key"), "no-such-key");
        assert_eq!(tr.fmt("status-problems", &[("n", 2.into())]), "2 个问题");
    }
}
