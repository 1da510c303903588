//! The rules that plan, for windows and help that must not know the planner's library.

use weft_model::Localised;
use weft_protocol::{SchedulerInfo, SchedulerParameter};

/// All rules with what a user may set of each, the usual one first.
pub fn schedulers() -> Vec<SchedulerInfo> {
    let parameter = |parameter: &weft_schedule::ParameterInfo| SchedulerParameter {
        name: parameter.name.to_owned(),
        help: Localised::new(parameter.help, parameter.help_zh),
        unit: parameter.unit.to_owned(),
        default: parameter.default,
        minimum: parameter.minimum,
        maximum: parameter.maximum,
    };
    weft_schedule::algorithms()
        .iter()
        .map(|rule| SchedulerInfo {
            name: rule.name.to_owned(),
            summary: Localised::new(rule.summary, rule.summary_zh),
            source: rule.source.to_owned(),
            anytime: rule.anytime,
            parameters: rule.parameters.iter().map(parameter).collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_told_in_both_languages_with_values_that_are_allowed() {
        let all = schedulers();
        assert_eq!(all.first().map(|rule| rule.name.as_str()), Some("auto"));
        for rule in &all {
            assert!(!rule.summary.en.is_empty() && !rule.summary.zh.is_empty(), "{}", rule.name);
            for parameter in &rule.parameters {
                let name = format!("{} {}", rule.name, parameter.name);
                assert!((parameter.minimum..=parameter.maximum).contains(&parameter.default), "{name}");
                assert!(!parameter.help.en.is_empty() && !parameter.help.zh.is_empty(), "{name}");
            }
        }
    }
}
