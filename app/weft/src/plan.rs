//! `weft plan`: the plan of a run that is not run, as a table or as JSON; with `--race` what every rule makes of it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::bail;
use weft_model::text::t;
use weft_model::{Lang, Localised};
use weft_protocol::event::Fault;
use weft_protocol::{PlanRequest, PlanView, Planned, RacedPlan, RunLimits, RunRequest, SchedulerChoice, WhatIf};

use crate::cli::{LimitArgs, PlanArgs, SchedulerArgs};
use crate::exit::{Ended, Exit};
use crate::follow::duration;
use crate::output::Output;
use crate::run;

/// Tasks that the table shows; of more, those on the critical path first.
const SHOWN: usize = 40;
/// Rules that race: all that there are, the usual one first.
fn racing(choice: &SchedulerChoice) -> Vec<SchedulerChoice> {
    weft_engine::scheduling_rules()
        .iter()
        .map(|rule| match rule.name == choice.algorithm {
            true => choice.clone(),
            false => SchedulerChoice { algorithm: rule.name.to_owned(), parameters: BTreeMap::new(), ..choice.clone() },
        })
        .collect()
}

/// The rule that flags name, if they name one; parameters are checked here, so that wrong use ends with 2.
pub fn scheduler(args: &SchedulerArgs) -> anyhow::Result<Option<SchedulerChoice>> {
    let rules = weft_engine::scheduling_rules();
    let mut choice = SchedulerChoice { time_limit_s: args.time, seed: None, ..SchedulerChoice::default() };
    if let Some(name) = &args.scheduler {
        choice.algorithm.clone_from(name);
    }
    let Some(rule) = rules.iter().find(|rule| rule.name == choice.algorithm) else {
        let known = rules.iter().map(|rule| rule.name).collect::<Vec<_>>().join(", ");
        let name = &choice.algorithm;
        return Err(Ended::usage(
            format!("there is no scheduling rule '{name}': there are {known}"),
            format!("没有调度规则“{name}”：可用 {known}"),
        ));
    };
    if let Some(time_s) = args.time.filter(|s| !(*s > 0.0 && s.is_finite())) {
        return Err(Ended::usage(
            format!("--time {time_s}: seconds above 0 are expected"),
            format!("--time {time_s}：应为大于 0 的秒数"),
        ));
    }
    for parameter in &args.parameter {
        let value = parameter.split_once('=').and_then(|(name, value)| Some((name.trim(), value.trim().parse().ok()?)));
        let Some((name, value)) = value else {
            return Err(Ended::usage(
                format!("--parameter {parameter}: NAME=NUMBER is expected"),
                format!("--parameter {parameter}：格式应为 NAME=数"),
            ));
        };
        choice.parameters.insert(name.to_owned(), value);
    }
    let values: Vec<(&str, f64)> = choice.parameters.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    if let Err(error) = rule.create_with(&values) {
        return Err(Ended::usage(error.to_string(), error.to_string()));
    }
    let is_usual = choice == SchedulerChoice::default();
    Ok((!is_usual).then_some(choice))
}

/// What the run may take, as flags say.
pub fn limits(args: &LimitArgs) -> anyhow::Result<RunLimits> {
    let limits = RunLimits {
        time_s: args.time_limit,
        memory_bytes: args.memory_limit.as_deref().map(bytes).transpose()?,
        branches: args.branches,
    };
    if limits.time_s.is_some_and(|s| !(s > 0.0 && s.is_finite())) || limits.branches == Some(0) {
        return Err(Ended::usage("a limit must be above 0".to_owned(), "上限必须大于 0".to_owned()));
    }
    Ok(limits)
}

/// `2GB`, `500MB`, `1.5 GiB` or a number of bytes.
fn bytes(text: &str) -> anyhow::Result<u64> {
    let text = text.trim();
    let split = text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor = match unit.to_lowercase().as_str() {
        "" | "b" => 1.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        "kib" => 1024.0,
        "mib" => 1024.0 * 1024.0,
        "gib" => 1024.0 * 1024.0 * 1024.0,
        _ => 0.0,
    };
    let found = number.trim().parse::<f64>().ok().map(|n| n * factor).filter(|n| *n >= 1.0 && *n < 1e18);
    found.map(|n| n as u64).ok_or_else(|| {
        Ended::usage(
            format!("--memory-limit {text}: an amount such as 2GB or 500MB is expected"),
            format!("--memory-limit {text}：应为 2GB 或 500MB 之类的数量"),
        )
    })
}

/// `weft plan`.
pub fn plan(args: &PlanArgs, data_dir: &Path, output: &Output) -> anyhow::Result<Exit> {
    let choice = scheduler(&args.scheduler)?;
    let request = run::request(&args.what, data_dir, output)?;
    let request = RunRequest { scheduler: choice.clone(), limits: limits(&args.limits)?, ..request };
    let choice = SchedulerChoice { seed: args.what.seed, ..choice.unwrap_or_default() };
    let race = if args.race { racing(&choice) } else { Vec::new() };
    let question = PlanRequest { ticket: 1, request, what_if: WhatIf::default(), race };
    let config = run::engine_config(data_dir)?;
    let planned = weft_engine::plan(&config, &question, &mut |_, _| {}).map_err(|fault| refused(&fault))?;
    let plans = match planned {
        Planned::Plans(plans) => plans,
        Planned::Refused { fault, problems } => {
            for problem in &problems {
                output.note(&output.problem_text(problem));
            }
            return Err(refused(&fault));
        }
    };
    if output.json {
        for raced in &plans {
            print_json(raced, args.race, output)?;
        }
    } else if args.race {
        race_table(&plans, output);
    } else {
        match plans.first().map(|p| &p.plan) {
            Some(Ok(view)) => table(view, output),
            Some(Err(fault)) => return Err(refused(fault)),
            None => bail!("the planner has given no plan"),
        }
    }
    let none = plans.iter().all(|p| p.plan.is_err());
    Ok(if none { Exit::Failed } else { Exit::Done })
}

fn refused(fault: &Fault) -> anyhow::Error {
    let join = |message: &str, remedy: &str| match remedy {
        "" => message.to_owned(),
        remedy => format!("{message}\n  → {remedy}"),
    };
    Ended::invalid(Localised::new(join(&fault.message.en, &fault.remedy.en), join(&fault.message.zh, &fault.remedy.zh)))
}

fn print_json(raced: &RacedPlan, is_race: bool, output: &Output) -> anyhow::Result<()> {
    let mut line = match &raced.plan {
        Ok(view) => serde_json::to_value(view)?,
        Err(fault) => serde_json::json!({
            "algorithm": raced.scheduler.algorithm, "error": output.say(&fault.message),
        }),
    };
    if let Some(line) = line.as_object_mut().filter(|_| is_race) {
        line.insert("adopted".to_owned(), raced.adopted.into());
    }
    output.json_line(&line);
    Ok(())
}

/// Columns of texts, the first to the left and the others to the right.
fn columns(rows: &[Vec<String>], output: &Output) {
    let width = |text: &str| text.chars().map(|c| if (c as u32) < 0x1100 { 1 } else { 2 }).sum::<usize>();
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> =
        (0..count).map(|c| rows.iter().filter_map(|r| r.get(c)).map(|t| width(t)).max().unwrap_or(0)).collect();
    for row in rows {
        let mut line = String::new();
        for (at, text) in row.iter().enumerate() {
            let gap = " ".repeat(widths[at].saturating_sub(width(text)));
            if at > 0 {
                line += "  ";
            }
            // Names and reasons begin at the left, numbers end at the right.
            let is_number = text.starts_with(|c: char| c.is_ascii_digit());
            line += &if is_number { gap + text } else { format!("{text}{gap}") };
        }
        output.line(line.trim_end());
    }
}

fn per_cent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// How far the plan may be from the best.
fn quality(view: &PlanView, lang: Lang) -> String {
    match view.proved {
        true => t("proved", "已证明").get(lang).to_owned(),
        false => per_cent(view.gap),
    }
}

fn gigabytes(bytes: u64) -> String {
    if bytes < 1_000_000_000 {
        format!("{:.0} MB", bytes as f64 / 1e6)
    } else {
        format!("{:.2} GB", bytes as f64 / 1e9)
    }
}

fn table(view: &PlanView, output: &Output) {
    let lang = output.lang;
    let word = |en, zh| t(en, zh).get(lang).to_owned();
    let mut rows = vec![vec![
        word("task", "任务"),
        word("phase", "阶段"),
        word("device", "设备"),
        word("mode", "方式"),
        word("start", "开始"),
        word("end", "结束"),
        word("slack", "余量"),
        word("why", "原因"),
    ]];
    let mut order: Vec<usize> = (0..view.tasks.len()).collect();
    if order.len() > SHOWN {
        order.sort_by_key(|at| !view.tasks[*at].critical);
        order.truncate(SHOWN);
    }
    order.sort_by(|a, b| view.tasks[*a].start_s.total_cmp(&view.tasks[*b].start_s).then(a.cmp(b)));
    for task in order.iter().map(|at| &view.tasks[*at]) {
        let slack = if task.critical { word("critical", "关键") } else { duration(task.slack_s) };
        rows.push(vec![
            task.node.clone(),
            task.phase.clone(),
            task.device.to_string(),
            task.mode.clone(),
            duration(task.start_s),
            duration(task.finish_s),
            slack,
            output.say(&task.why).to_owned(),
        ]);
    }
    columns(&rows, output);
    if view.tasks.len() > SHOWN {
        let left = view.tasks.len() - SHOWN;
        output.line(&match lang {
            Lang::En => format!("… and {left} further tasks (all of them with --json)"),
            Lang::Zh => format!("…… 另有 {left} 个任务（--json 列出全部）"),
        });
    }
    output.line("");
    let [least, most] = view.makespan_range_s.map(duration);
    let figures = [
        (word("expected time", "预计时间"), format!("{} ({least} – {most})", duration(view.makespan_s))),
        (word("lower bound", "下界"), format!("{} ({})", duration(view.lower_bound_s), view.bound_by)),
        (word("gap", "差距"), quality(view, lang)),
        (word("serial index W", "串行指标 W"), duration(view.serial_index_s)),
        (word("speed-up", "加速比"), format!("{:.2}", view.speed_up)),
        (word("rule", "规则"), format!("{}, {}", view.algorithm, duration(view.planned_in_s))),
    ];
    let mut rows: Vec<Vec<String>> = figures.into_iter().map(|(name, value)| vec![name, value]).collect();
    for load in &view.loads {
        let there = load.memory_bytes.map_or_else(String::new, |b| format!(" / {}", gigabytes(b)));
        let busy = per_cent(load.busy);
        let memory = format!("{}{there}", gigabytes(load.peak_memory_bytes));
        let text = match lang {
            Lang::En => format!("busy {busy}, memory {memory}"),
            Lang::Zh => format!("占用 {busy}，内存 {memory}"),
        };
        rows.push(vec![load.device.to_string(), text]);
    }
    if let Some(bytes) = view.disk_bytes.filter(|b| *b > 0) {
        rows.push(vec![word("disk", "磁盘"), gigabytes(bytes)]);
    }
    for row in rows {
        output.line(&format!("{}: {}", row[0], row[1]));
    }
    for shortage in &view.shortages {
        output.line(&format!("! {}", output.say(&shortage.message)));
        for remedy in &shortage.remedies {
            output.line(&format!("  → {}", output.say(&remedy.label)));
        }
    }
}

fn race_table(plans: &[RacedPlan], output: &Output) {
    let word = |en, zh| t(en, zh).get(output.lang).to_owned();
    let mut rows = vec![vec![
        word("rule", "规则"),
        word("time", "总时间"),
        word("bound", "下界"),
        word("gap", "差距"),
        "W".to_owned(),
        word("speed-up", "加速比"),
        word("found in", "用时"),
        String::new(),
    ]];
    for raced in plans {
        let name = raced.scheduler.algorithm.clone();
        rows.push(match &raced.plan {
            Ok(view) => vec![
                name,
                duration(view.makespan_s),
                duration(view.lower_bound_s),
                quality(view, output.lang),
                duration(view.serial_index_s),
                format!("{:.2}", view.speed_up),
                duration(view.planned_in_s),
                if raced.adopted { word("adopted", "采用") } else { String::new() },
            ],
            Err(fault) => vec![name, output.say(&fault.message).to_owned()],
        });
    }
    columns(&rows, output);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_memory_have_units() {
        for (text, expected) in [
            ("2GB", Some(2_000_000_000)),
            ("500 mb", Some(500_000_000)),
            ("1.5GiB", Some(1_610_612_736)),
            ("17", Some(17)),
        ] {
            assert_eq!(bytes(text).ok(), expected, "{text}");
        }
        for text in ["", "-1", "2 apples", "GB", "0", "1e30"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rules_and_parameters_are_checked_before_anything_else() {
        let args = |scheduler: Option<&str>, parameter: &[&str], time: Option<f64>| {
            let parameter = parameter.iter().map(|p| (*p).to_owned()).collect();
            scheduler_of(scheduler, parameter, time)
        };
        fn scheduler_of(
            name: Option<&str>,
            parameter: Vec<String>,
            time: Option<f64>,
        ) -> anyhow::Result<Option<SchedulerChoice>> {
            scheduler(&SchedulerArgs { scheduler: name.map(str::to_owned), parameter, time })
        }
        assert_eq!(args(None, &[], None).ok(), Some(None));
        let ga = args(Some("ga"), &["population=20", "crossover = 0.8"], Some(2.0)).ok().flatten().expect("a rule");
        assert_eq!((ga.parameters["population"], ga.parameters["crossover"], ga.time_limit_s), (20.0, 0.8, Some(2.0)));
        for (name, parameter, time) in [
            (Some("best"), vec![], None),
            (Some("ga"), vec!["ants=3"], None),
            (Some("ga"), vec!["population=0"], None),
            (Some("ga"), vec!["population"], None),
            (None, vec![], Some(0.0)),
        ] {
            assert!(args(name, &parameter, time).is_err(), "{name:?} {parameter:?}");
        }
    }
}
