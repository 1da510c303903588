//! What is typed into a number field as a number: `64`, `2*32`, `1e-3`, `(3+1)/8`, `2^10`, `10%`, `pi/4`. Chinese full-width
//! digits and signs count as their plain forms. Must not know what the number is for.

/// How deep brackets and signs may nest: a line of ten thousand brackets must not use up the stack.
const DEPTH: usize = 64;

/// The value of what is typed; none where it is no arithmetic or has no finite value.
pub(super) fn evaluate(text: &str) -> Option<f64> {
    let chars: Vec<char> = text.chars().map(plain).filter(|c| !c.is_whitespace()).collect();
    let mut reader = Reader { chars: &chars, at: 0 };
    let value = reader.sum(0)?;
    (reader.at == chars.len() && value.is_finite()).then_some(value)
}

/// The plain form of a character.
fn plain(c: char) -> char {
    match c {
        '×' | '·' => '*',
        '÷' => '/',
        '−' | '–' => '-',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        other => other,
    }
}

struct Reader<'a> {
    chars: &'a [char],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn sum(&mut self, depth: usize) -> Option<f64> {
        let mut value = self.product(depth)?;
        loop {
            if self.take('+') {
                value += self.product(depth)?;
            } else if self.take('-') {
                value -= self.product(depth)?;
            } else {
                return Some(value);
            }
        }
    }

    fn product(&mut self, depth: usize) -> Option<f64> {
        let mut value = self.signed(depth)?;
        loop {
            if self.take('*') {
                value *= self.signed(depth)?;
            } else if self.take('/') {
                value /= self.signed(depth)?;
            } else {
                return Some(value);
            }
        }
    }

    fn signed(&mut self, depth: usize) -> Option<f64> {
        if depth > DEPTH {
            return None;
        }
        if self.take('-') {
            return Some(-self.signed(depth + 1)?);
        }
        if self.take('+') {
            return self.signed(depth + 1);
        }
        let base = self.share(depth)?;
        if self.take('^') { Some(base.powf(self.signed(depth + 1)?)) } else { Some(base) }
    }

    fn share(&mut self, depth: usize) -> Option<f64> {
        let mut value = self.atom(depth)?;
        while self.take('%') {
            value /= 100.0;
        }
        Some(value)
    }

    fn atom(&mut self, depth: usize) -> Option<f64> {
        if self.take('(') {
            let value = self.sum(depth + 1)?;
            return self.take(')').then_some(value);
        }
        if self.take('π') {
            return Some(std::f64::consts::PI);
        }
        let rest = self.chars.get(self.at..)?;
        if rest.len() >= 2 && rest[0].eq_ignore_ascii_case(&'p') && rest[1].eq_ignore_ascii_case(&'i') {
            self.at += 2;
            return Some(std::f64::consts::PI);
        }
        self.number()
    }

    fn number(&mut self) -> Option<f64> {
        let start = self.at;
        self.digits();
        if self.take('.') {
            self.digits();
        }
        if self.peek().is_some_and(|c| matches!(c, 'e' | 'E')) {
            let before = self.at;
            self.at += 1;
            let _sign = self.take('-') || self.take('+');
            if self.digits() == 0 {
                self.at = before;
            }
        }
        let text: String = self.chars.get(start..self.at)?.iter().collect();
        text.parse().ok()
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn arithmetic_has_its_usual_value() {
        for (text, value) in [
            ("64", 64.0),
            ("2*32", 64.0),
            ("1e-3", 1e-3),
            ("1E+3", 1000.0),
            ("2+3*4", 14.0),
            ("(2+3)*4", 20.0),
            ("10/4/5", 0.5),
            ("7-2-1", 4.0),
            ("-2^2", -4.0),
            ("2^3^2", 512.0),
            ("2^-1", 0.5),
            ("--3", 3.0),
            (" 1 / 8 ", 0.125),
            (".5", 0.5),
            ("5.", 5.0),
            ("10%", 0.1),
            ("60000*10%", 6000.0),
            ("2×３２", 64.0),
            ("（1＋1）÷4", 0.5),
            ("pi", std::f64::consts::PI),
            ("2π", f64::NAN),
        ] {
            let expected = (!value.is_nan()).then_some(value);
            assert_eq!(evaluate(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_arithmetic_has_no_value() {
        for text in
            ["", " ", "2*", "*2", "(1", "1)", "1 2 x", "e", "1e", "..", "1.2.3", "many", "1/0", "0/0", "inf", "NaN"]
        {
            assert_eq!(evaluate(text), None, "{text}");
        }
        for sign in ["(", "-", "2^"] {
            assert_eq!(evaluate(&format!("{}1", sign.repeat(100_000))), None);
        }
    }

    proptest! {
        #[test]
        fn numbers_read_back_and_nothing_panics(value in -1e12f64..1e12, noise in "[0-9eE+*/().% ^pi-]{0,40}") {
            prop_assert_eq!(evaluate(&value.to_string()), Some(value));
            prop_assert_eq!(evaluate(&format!("{value:e}")), Some(value));
            prop_assert!(evaluate(&noise).is_none_or(f64::is_finite));
        }
    }
}
