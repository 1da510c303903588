//! What the window knows of plans that it asked for: the forecast of the next run, what-if, races, and the runs that
//! wait. One question is under way at a time, since a later one takes the place of an earlier one. Draws nothing and sends
//! nothing: it says what is to be asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use weft_model::Problem;
use weft_protocol::event::Fault;
use weft_protocol::{
    Convergence, DeviceId, PlanView, Planned, QueuedRun, RacedPlan, RunLimits, SchedulerChoice, WhatIf,
};

use crate::series::Series;

/// How long after the last change the forecast is asked for.
const CALM: Duration = Duration::from_millis(700);
/// The same for what is changed in the panel of what-ifs itself.
const CALM_WHAT_IF: Duration = Duration::from_millis(150);
/// An engine that has not answered after this long, and what rules may take, does not answer any more.
const PATIENCE: Duration = Duration::from_secs(60);
/// Time for each rule of a race unless the user says otherwise [s].
const RACE_S: f64 = 2.0;
/// Most and least time for each rule of a race [s].
pub const RACE_RANGE_S: std::ops::RangeInclusive<f64> = 0.1..=600.0;

/// How runs of a project are planned: kept with how it was last looked at, never in the project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlannerSettings {
    /// The rule.
    pub algorithm: String,
    /// Values of parameters that are not the usual ones, by rule.
    pub parameters: BTreeMap<String, BTreeMap<String, f64>>,
    /// How long it may search [s]; none for what suits the graph.
    pub time_limit_s: Option<f64>,
    /// Seed of the search; none for the run's.
    pub seed: Option<u64>,
    /// What a run may take.
    pub limits: RunLimits,
    /// Time for each rule of a race [s].
    pub race_s: f64,
    /// Rules that do not race.
    pub race_without: BTreeSet<String>,
}

impl Default for PlannerSettings {
    fn default() -> Self {
        Self {
            algorithm: SchedulerChoice::default().algorithm,
            parameters: BTreeMap::new(),
            time_limit_s: None,
            seed: None,
            limits: RunLimits::default(),
            race_s: RACE_S,
            race_without: BTreeSet::new(),
        }
    }
}

impl PlannerSettings {
    /// The rule with its parameters.
    pub fn choice(&self) -> SchedulerChoice {
        self.choice_of(&self.algorithm, self.time_limit_s)
    }

    /// Another rule with its own parameters, and so much time.
    pub fn choice_of(&self, algorithm: &str, time_limit_s: Option<f64>) -> SchedulerChoice {
        SchedulerChoice {
            algorithm: algorithm.to_owned(),
            parameters: self.parameters.get(algorithm).cloned().unwrap_or_default(),
            time_limit_s,
            seed: self.seed,
        }
    }
}

/// What a plan depends on: the same basis gives the same plan.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Basis {
    /// Revision of the project.
    pub revision: u64,
    /// The rule.
    pub scheduler: SchedulerChoice,
    /// What a run may take.
    pub limits: RunLimits,
    /// The device to insist on.
    pub device: Option<DeviceId>,
    /// Devices that must not be used.
    pub forbidden: BTreeSet<DeviceId>,
    /// Threads on the processor.
    pub threads: Option<usize>,
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    Forecast,
    WhatIf,
    Race,
}

/// What is to be asked of the engine.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// Number of the question.
    pub ticket: u64,
    /// What is supposed to be otherwise.
    pub what_if: WhatIf,
    /// The rules that race.
    pub race: Vec<SchedulerChoice>,
}

/// A plan, or why there is none.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Answer {
    /// Nothing was answered yet.
    #[default]
    Nothing,
    /// The plan.
    Plan(Arc<PlanView>),
    /// Why there is none.
    Refused(Fault, Vec<Problem>),
}

impl Answer {
    /// The plan, if there is one.
    pub fn plan(&self) -> Option<&Arc<PlanView>> {
        match self {
            Answer::Plan(plan) => Some(plan),
            _ => None,
        }
    }

    fn of_one(planned: &Planned) -> Self {
        match planned {
            Planned::Refused { fault, problems } => Answer::Refused(fault.clone(), problems.clone()),
            Planned::Plans(plans) => match plans.first().map(|raced| &raced.plan) {
                Some(Ok(plan)) => Answer::Plan(Arc::new(plan.clone())),
                Some(Err(fault)) => Answer::Refused(fault.clone(), Vec::new()),
                None => Answer::Nothing,
            },
        }
    }
}

/// A rule of a race, and what came of it so far.
#[derive(Debug, Clone)]
pub struct Racer {
    /// The rule.
    pub scheduler: SchedulerChoice,
    /// Best makespan over time, as steps.
    pub curve: Series,
    /// The newest word of it.
    pub last: Option<Convergence>,
    /// When its makespan got better last [s].
    pub found_s: Option<f64>,
    /// What came of it at the end.
    pub result: Option<Result<Arc<PlanView>, Fault>>,
    /// Whether it is the best of all.
    pub best: bool,
}

/// A race of rules on one graph.
#[derive(Debug, Clone, Default)]
pub struct Race {
    ticket: Option<u64>,
    /// What it was run on.
    basis: Basis,
    /// The rules.
    pub racers: Vec<Racer>,
    /// Best bound over time, as steps.
    pub bound: Series,
    /// Why nothing could be planned.
    pub refused: Option<Fault>,
}

/// The runs that wait.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Queue {
    /// Whether none of them begins.
    pub held: bool,
    /// The runs, the next one first.
    pub waiting: Vec<QueuedRun>,
}

/// A question that is under way.
#[derive(Debug, Clone)]
struct Asked {
    ticket: u64,
    question: Question,
    basis: Basis,
    at: Instant,
    patience: Duration,
}

/// What the window knows of plans.
#[derive(Debug, Clone, Default)]
pub struct Planning {
    tickets: u64,
    asked: Option<Asked>,
    /// What the graph is now, and since when.
    basis: Option<(Basis, Instant)>,
    forecast: (Option<Basis>, Answer),
    adopted: Option<(Basis, Arc<PlanView>, SchedulerChoice)>,
    /// What is supposed to be otherwise.
    pub what_if: WhatIf,
    what_if_at: Option<Instant>,
    what_if_asked: WhatIf,
    supposed: (Option<Basis>, Answer),
    /// The race.
    pub race: Race,
    race_wanted: Option<Vec<SchedulerChoice>>,
    /// The runs that wait.
    pub queue: Queue,
}

impl Planning {
    /// Another project is open: plans of the other are forgotten, the queue is not.
    pub fn forget(&mut self) {
        *self = Self { tickets: self.tickets, queue: std::mem::take(&mut self.queue), ..Self::default() };
    }

    /// The forecast of the next run: the plan that was adopted, or the newest that was asked for. It may be of an earlier
    /// state of the graph: see [`Self::is_current`].
    pub fn forecast(&self) -> Option<&Arc<PlanView>> {
        self.adopted().map(|(plan, _)| plan).or_else(|| self.forecast.1.plan())
    }

    /// The plan that was adopted and the rule that it is of, while nothing has changed since.
    pub fn adopted(&self) -> Option<(&Arc<PlanView>, &SchedulerChoice)> {
        let (now, _) = self.basis.as_ref()?;
        self.adopted.as_ref().filter(|(basis, ..)| basis == now).map(|(_, plan, rule)| (plan, rule))
    }

    /// Why there is no forecast.
    pub fn refused(&self) -> Option<(&Fault, &[Problem])> {
        match &self.forecast.1 {
            Answer::Refused(fault, problems) => Some((fault, problems)),
            _ => None,
        }
    }

    /// Whether the forecast is of the graph as it is now.
    pub fn is_current(&self) -> bool {
        let now = self.basis.as_ref().map(|(basis, _)| basis);
        now.is_some() && (self.adopted().is_some() || self.forecast.0.as_ref() == now)
    }

    /// Whether a forecast is under way or about to be.
    pub fn is_planning(&self) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.question == Question::Forecast)
    }

    /// The plan under what is supposed.
    pub fn supposed(&self) -> &Answer {
        &self.supposed.1
    }

    /// Whether the plan under what is supposed is of what is supposed now.
    pub fn supposed_is_current(&self) -> bool {
        self.what_if == self.what_if_asked && self.supposed.0.as_ref() == self.basis.as_ref().map(|(basis, _)| basis)
    }

    /// Whether a race is on.
    pub fn is_racing(&self) -> bool {
        self.race_wanted.is_some() || self.race.ticket.is_some()
    }

    /// Has rules race.
    pub fn begin_race(&mut self, rules: Vec<SchedulerChoice>) {
        self.race_wanted = (!rules.is_empty()).then_some(rules);
    }

    /// Number of the race that is on, to be given up.
    pub fn race_ticket(&self) -> Option<u64> {
        self.race.ticket
    }

    /// Whether the race was run on the graph as it is now.
    pub fn race_is_current(&self) -> bool {
        self.basis.as_ref().is_some_and(|(basis, _)| same_graph(basis, &self.race.basis))
    }

    /// Takes the plan of a racer for the next run.
    pub fn adopt(&mut self, racer: usize) {
        let Some((basis, _)) = self.basis.clone() else { return };
        let Some(racer) = self.race.racers.get(racer) else { return };
        if let Some(Ok(plan)) = &racer.result {
            self.adopted = Some((basis, Arc::clone(plan), racer.scheduler.clone()));
        }
    }

    /// Gives up the plan that was adopted.
    pub fn unadopt(&mut self) {
        self.adopted = None;
    }

    /// What is to be asked now. `basis` is what the graph is now; none asks for nothing, and is for a graph that cannot be
    /// planned, or while a run needs the machine.
    pub fn follow(&mut self, basis: Basis, may_forecast: bool, suppose: bool, now: Instant) -> Option<Wanted> {
        if self.basis.as_ref().is_none_or(|(before, _)| *before != basis) {
            self.basis = Some((basis.clone(), now));
        }
        if self.asked.as_ref().is_some_and(|asked| now.saturating_duration_since(asked.at) > asked.patience) {
            self.asked = None;
            self.race.ticket = None;
        }
        let since = self.basis.as_ref().map_or(now, |(_, at)| *at);
        let calm = now.saturating_duration_since(since) >= CALM;
        let under_way = self.asked.as_ref().map(|asked| asked.question);
        if let Some(rules) = self.race_wanted.take_if(|_| under_way != Some(Question::Race)) {
            let ticket = self.ask(Question::Race, &basis, now, &rules);
            self.race = Race {
                ticket: Some(ticket),
                basis,
                racers: rules
                    .iter()
                    .map(|scheduler| Racer {
                        scheduler: scheduler.clone(),
                        curve: Series::default(),
                        last: None,
                        found_s: None,
                        result: None,
                        best: false,
                    })
                    .collect(),
                bound: Series::default(),
                refused: None,
            };
            return Some(Wanted { ticket, what_if: WhatIf::default(), race: rules });
        }
        // A race is not broken off by what can wait.
        if under_way == Some(Question::Race) || !may_forecast {
            return None;
        }
        let planned = self.forecast.0.as_ref() == Some(&basis);
        let asked_for = self.asked.as_ref().is_some_and(|a| a.question == Question::Forecast && a.basis == basis);
        if !planned && !asked_for && calm {
            let ticket = self.ask(Question::Forecast, &basis, now, &[]);
            return Some(Wanted { ticket, what_if: WhatIf::default(), race: Vec::new() });
        }
        if !suppose || !planned {
            return None;
        }
        if self.what_if == WhatIf::default() {
            self.supposed = (Some(basis), Answer::Nothing);
            self.what_if_asked = WhatIf::default();
            return None;
        }
        if self.supposed_is_current() || under_way == Some(Question::WhatIf) && self.what_if == self.what_if_asked {
            return None;
        }
        let changed = *self.what_if_at.get_or_insert(now);
        if now.saturating_duration_since(changed) < CALM_WHAT_IF {
            return None;
        }
        self.what_if_at = None;
        self.what_if_asked = self.what_if.clone();
        let ticket = self.ask(Question::WhatIf, &basis, now, &[]);
        Some(Wanted { ticket, what_if: self.what_if.clone(), race: Vec::new() })
    }

    /// When [`Self::follow`] has something to do again, if nothing happens before.
    pub fn due(&self, now: Instant) -> Option<Duration> {
        let (basis, since) = self.basis.as_ref()?;
        let waits = self.forecast.0.as_ref() != Some(basis) && self.asked.is_none();
        let supposing = self.what_if_at.is_some();
        (waits || supposing).then(|| {
            let calm = if supposing { CALM_WHAT_IF } else { CALM };
            calm.saturating_sub(now.saturating_duration_since(*since)).max(Duration::from_millis(50))
        })
    }

    fn ask(&mut self, question: Question, basis: &Basis, now: Instant, rules: &[SchedulerChoice]) -> u64 {
        self.tickets += 1;
        let search_s: f64 = rules.iter().filter_map(|rule| rule.time_limit_s).sum();
        let search_s = search_s + basis.scheduler.time_limit_s.unwrap_or(0.0);
        let patience = PATIENCE + Duration::try_from_secs_f64(search_s * 2.0).unwrap_or_default();
        let ticket = self.tickets;
        self.asked = Some(Asked { ticket, question, basis: basis.clone(), at: now, patience });
        ticket
    }

    /// The question could not be sent: it is asked again.
    pub fn not_sent(&mut self, ticket: u64) {
        if self.asked.as_ref().is_some_and(|asked| asked.ticket == ticket) {
            self.asked = None;
            self.race.ticket = None;
        }
    }

    /// Takes in an answer.
    pub fn answered(&mut self, ticket: u64, planned: &Planned) {
        let Some(asked) = self.asked.take_if(|asked| asked.ticket == ticket) else { return };
        match asked.question {
            Question::Forecast => self.forecast = (Some(asked.basis), Answer::of_one(planned)),
            Question::WhatIf => self.supposed = (Some(asked.basis), Answer::of_one(planned)),
            Question::Race => {
                self.race.ticket = None;
                match planned {
                    Planned::Refused { fault, .. } => self.race.refused = Some(fault.clone()),
                    Planned::Plans(plans) => self.race.finish(plans),
                }
            }
        }
    }

    /// Takes in how far a search has come.
    pub fn progress(&mut self, ticket: u64, rule: usize, points: &[Convergence]) {
        if self.race.ticket != Some(ticket) {
            return;
        }
        let Race { racers, bound, .. } = &mut self.race;
        let Some(racer) = racers.get_mut(rule) else { return };
        for point in points {
            racer.push(*point);
            if point.lower_bound_s > 0.0
                && bound.last().is_none_or(|[x, y]| x <= point.elapsed_s && y < point.lower_bound_s)
            {
                step(bound, point.elapsed_s, point.lower_bound_s);
            }
        }
    }
}

/// Whether two states differ in no more than the rule.
fn same_graph(a: &Basis, b: &Basis) -> bool {
    let scheduler = SchedulerChoice::default();
    Basis { scheduler: scheduler.clone(), ..a.clone() } == Basis { scheduler, ..b.clone() }
}

/// Adds a step to a curve that goes down or up in steps.
fn step(curve: &mut Series, x: f64, y: f64) {
    if let Some([at, before]) = curve.last()
        && before != y
        && x > at
    {
        // A curve has one value at a time: the step is as steep as numbers go.
        curve.push(x.next_down(), before);
    }
    curve.push(x, y);
}

impl Racer {
    fn push(&mut self, point: Convergence) {
        if !(point.makespan_s.is_finite() && point.elapsed_s.is_finite()) {
            return;
        }
        if self.last.is_none_or(|last| point.makespan_s < last.makespan_s) {
            self.found_s = Some(point.elapsed_s);
        }
        if self.last.is_none_or(|last| point.elapsed_s >= last.elapsed_s) {
            let best_s = self.last.map_or(point.makespan_s, |last| last.makespan_s.min(point.makespan_s));
            step(&mut self.curve, point.elapsed_s, best_s);
            self.last = Some(Convergence { makespan_s: best_s, ..point });
        }
    }

    /// The best makespan that it has found so far [s].
    pub fn makespan_s(&self) -> Option<f64> {
        match &self.result {
            Some(Ok(plan)) => Some(plan.makespan_s),
            Some(Err(_)) => None,
            None => self.last.map(|last| last.makespan_s),
        }
    }
}

impl Race {
    fn finish(&mut self, plans: &[RacedPlan]) {
        for (racer, raced) in self.racers.iter_mut().zip(plans) {
            racer.best = raced.adopted;
            if let Ok(plan) = &raced.plan {
                // A rule that is done at once says so only at the end.
                let elapsed_s = racer.last.map_or(plan.planned_in_s, |last| last.elapsed_s.max(plan.planned_in_s));
                racer.push(Convergence { elapsed_s, makespan_s: plan.makespan_s, lower_bound_s: plan.lower_bound_s });
            }
            racer.result = Some(raced.plan.clone().map(Arc::new));
        }
        let bound_s =
            plans.iter().filter_map(|raced| Some(raced.plan.as_ref().ok()?.lower_bound_s)).fold(0.0, f64::max);
        let end_s = self.racers.iter().filter_map(|racer| Some(racer.last?.elapsed_s)).fold(0.0, f64::max);
        if bound_s > 0.0 {
            let begun_s = self.bound.last().map_or(0.0, |[x, _]| x);
            step(&mut self.bound, end_s.max(begun_s), bound_s);
        }
    }
}

#[cfg(test)]
mod tests {
    use weft_model::Localised;

    use super::*;

    fn basis(revision: u64) -> Basis {
        Basis { revision, ..Basis::default() }
    }

    fn plan(makespan_s: f64) -> PlanView {
        PlanView { makespan_s, lower_bound_s: 50.0, ..PlanView::default() }
    }

    fn planned(makespan_s: f64) -> Planned {
        let scheduler = SchedulerChoice::default();
        Planned::Plans(vec![RacedPlan { scheduler, plan: Ok(plan(makespan_s)), adopted: true }])
    }

    fn later(from: Instant, ms: u64) -> Instant {
        from + Duration::from_millis(ms)
    }

    #[test]
    fn a_forecast_is_asked_for_once_the_graph_is_calm_and_once_only() {
        let (mut planning, t) = (Planning::default(), Instant::now());
        assert_eq!(planning.follow(basis(1), true, false, t), None);
        assert_eq!(planning.follow(basis(2), true, false, later(t, 500)), None, "it has changed again");
        assert_eq!(planning.follow(basis(2), true, false, later(t, 1_000)), None);
        let wanted = planning.follow(basis(2), true, false, later(t, 1_300)).unwrap();
        assert_eq!(planning.follow(basis(2), true, false, later(t, 5_000)), None, "it is under way");
        planning.answered(wanted.ticket + 7, &planned(1.0));
        assert!(planning.forecast().is_none(), "an answer to something else");
        planning.answered(wanted.ticket, &planned(100.0));
        assert!(planning.is_current() && planning.forecast().is_some());
        assert_eq!(planning.follow(basis(2), true, false, later(t, 9_000)), None);
        planning.follow(basis(3), true, false, later(t, 9_100));
        assert!(
            !planning.is_current() && planning.forecast().is_some(),
            "the old one is shown until there is a new one"
        );
        assert!(planning.follow(basis(3), true, false, later(t, 9_900)).is_some());
    }

    #[test]
    fn nothing_is_asked_for_while_the_machine_computes_or_the_graph_is_broken() {
        let (mut planning, t) = (Planning::default(), Instant::now());
        planning.follow(basis(1), false, false, t);
        assert_eq!(planning.follow(basis(1), false, false, later(t, 10_000)), None);
    }

    #[test]
    fn an_engine_that_does_not_answer_is_asked_again() {
        let (mut planning, t) = (Planning::default(), Instant::now());
        planning.follow(basis(1), true, false, t);
        assert!(planning.follow(basis(1), true, false, later(t, 800)).is_some());
        assert_eq!(planning.follow(basis(1), true, false, later(t, 30_000)), None);
        assert!(planning.follow(basis(1), true, false, later(t, 90_000)).is_some());
    }

    #[test]
    fn a_race_is_drawn_as_it_goes_and_its_best_plan_can_be_adopted_until_the_graph_changes() {
        let (mut planning, t) = (Planning::default(), Instant::now());
        planning.follow(basis(1), true, false, t);
        planning.begin_race(vec!["heft".into(), "ga".into()]);
        let wanted = planning.follow(basis(1), true, false, later(t, 10)).unwrap();
        assert_eq!(wanted.race.len(), 2);
        let at = |elapsed_s, makespan_s| Convergence { elapsed_s, makespan_s, lower_bound_s: 50.0 };
        planning.progress(wanted.ticket, 1, &[at(0.1, 120.0), at(0.4, 90.0), at(0.6, 90.0)]);
        planning.progress(wanted.ticket + 1, 1, &[at(0.7, 1.0)]);
        let ga = &planning.race.racers[1];
        assert_eq!((ga.makespan_s(), ga.found_s), (Some(90.0), Some(0.4)));
        assert_eq!(planning.follow(basis(2), true, false, later(t, 2_000)), None, "a race is not broken off");
        planning.follow(basis(1), true, false, later(t, 2_100));
        let fault = Fault::new("memory", Localised::default(), Localised::default());
        let raced = |name: &str, plan, adopted| RacedPlan { scheduler: name.into(), plan, adopted };
        let plans = vec![raced("heft", Err(fault), false), raced("ga", Ok(plan(80.0)), true)];
        planning.answered(wanted.ticket, &Planned::Plans(plans));
        assert!(!planning.is_racing() && planning.race_is_current());
        planning.adopt(0);
        assert!(planning.adopted().is_none(), "it has no plan");
        planning.adopt(1);
        assert_eq!(
            planning.adopted().map(|(plan, rule)| (plan.makespan_s, rule.algorithm.as_str())),
            Some((80.0, "ga"))
        );
        assert_eq!(planning.forecast().map(|plan| plan.makespan_s), Some(80.0));
        planning.follow(basis(2), false, false, later(t, 3_000));
        assert!(planning.adopted().is_none());
    }

    #[test]
    fn what_is_supposed_is_planned_beside_the_forecast_and_gone_with_its_suppositions() {
        let (mut planning, t) = (Planning::default(), Instant::now());
        planning.follow(basis(1), true, true, t);
        let first = planning.follow(basis(1), true, true, later(t, 800)).unwrap();
        planning.answered(first.ticket, &planned(100.0));
        assert_eq!(planning.follow(basis(1), true, true, later(t, 900)), None, "nothing is supposed");
        planning.what_if.branches = Some(1);
        assert_eq!(planning.follow(basis(1), true, true, later(t, 1_000)), None);
        let wanted = planning.follow(basis(1), true, true, later(t, 1_200)).unwrap();
        assert_eq!(wanted.what_if.branches, Some(1));
        planning.answered(wanted.ticket, &planned(140.0));
        assert!(planning.supposed_is_current());
        assert_eq!(planning.supposed().plan().map(|plan| plan.makespan_s), Some(140.0));
        assert_eq!(planning.forecast().map(|plan| plan.makespan_s), Some(100.0));
        planning.what_if = WhatIf::default();
        planning.follow(basis(1), true, true, later(t, 2_000));
        assert_eq!(planning.supposed(), &Answer::Nothing);
    }
}
