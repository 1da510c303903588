//! Text in both languages of the program: fixed text of the catalogue, and messages made at run time.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A language of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese, simplified.
    Zh,
}

impl Lang {
    /// All languages, in the order in which settings list them.
    pub const ALL: [Lang; 2] = [Lang::En, Lang::Zh];

    /// The name by which flags and settings call the language.
    pub fn id(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Zh => "zh",
        }
    }

    /// The language's own name for itself.
    pub fn own_name(self) -> &'static str {
        match self {
            Lang::En => "English",
            Lang::Zh => "中文",
        }
    }
}

/// A fixed text in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Text {
    /// English.
    pub en: &'static str,
    /// Chinese, simplified.
    pub zh: &'static str,
}

impl Text {
    /// The text in one language.
    pub fn get(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::Zh => self.zh,
        }
    }
}

/// Shorthand for a [`Text`].
pub const fn t(en: &'static str, zh: &'static str) -> Text {
    Text { en, zh }
}

/// A message made at run time, in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Localised {
    /// English.
    pub en: String,
    /// Chinese, simplified.
    pub zh: String,
}

impl Localised {
    /// A message from its two wordings.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }

    /// The message in one language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }
}

/// A text of at most so many characters: what is longer ends in '…'.
pub fn brief(text: &str, characters: usize) -> Cow<'_, str> {
    if text.chars().nth(characters).is_none() {
        return text.into();
    }
    text.chars().take(characters.saturating_sub(1)).chain(['…']).collect::<String>().into()
}

/// A time in seconds as people read it: `0.42 s` with so many decimals, `1:23`, `1:02:03`; a dash for what is no number.
pub fn duration(seconds: f64, decimals: usize) -> String {
    if !seconds.is_finite() {
        return "–".to_owned();
    }
    let seconds = seconds.max(0.0);
    // What would be written as 10.0 is written as 0:10.
    if seconds < 10.0 - 0.5 * 0.1_f64.powi(decimals.min(9) as i32) {
        return format!("{seconds:.decimals$} s");
    }
    let whole = seconds.round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

impl From<Text> for Localised {
    fn from(text: Text) -> Self {
        Self::new(text.en, text.zh)
    }
}
