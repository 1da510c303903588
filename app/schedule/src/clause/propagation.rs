//! What follows from bounds: wires, sums, choices, budgets.
//!
//! Must not know how a conflict is analysed.

use super::{Conflict, Entry, Half, Predicate, Reason, Solver, Var, at_least, at_most};

impl Solver {
    pub(super) fn propagate(&mut self) -> Result<(), Conflict> {
        loop {
            while self.next < self.trail.len() {
                let entry = self.trail[self.next];
                self.next += 1;
                self.propagate_entry(entry)?;
            }
            let Some(number) = self.dirty.iter().position(|&d| d) else { return Ok(()) };
            self.dirty[number] = false;
            self.propagate_cumulative(number)?;
        }
    }

    fn propagate_entry(&mut self, entry: Entry) -> Result<(), Conflict> {
        let half = entry.half as usize;
        let value = self.bound[half];
        self.propagate_nogoods(half, entry.old)?;
        for at in 0..self.shifts[half].len() {
            let (to, shift) = self.shifts[half][at];
            self.raise(to, value + shift, Reason::Shift(half as Half, shift))?;
        }
        let var = half / 2;
        for at in 0..self.cumulative_of[var].len() {
            self.dirty[self.cumulative_of[var][at] as usize] = true;
        }
        for at in 0..self.sums_of[var].len() {
            let (from, duration, to) = self.sums[self.sums_of[var][at] as usize];
            let (f, d, t) = (self.low(from), self.low(duration), self.high(to));
            self.raise_listed(at_least(to, f + d), &[at_least(from, f), at_least(duration, d)])?;
            self.raise_listed(at_most(from, t - d), &[at_most(to, t), at_least(duration, d)])?;
            self.raise_listed(at_most(duration, t - f), &[at_most(to, t), at_least(from, f)])?;
        }
        for at in 0..self.choice_of[var].len() {
            self.propagate_choice(self.choice_of[var][at] as usize)?;
        }
        if !self.choice_of[var].is_empty() {
            for number in 0..self.budgets.len() {
                self.propagate_budget(number)?;
            }
        }
        Ok(())
    }

    fn propagate_choice(&mut self, number: usize) -> Result<(), Conflict> {
        let duration = self.choices[number].duration;
        let options = std::mem::take(&mut self.choices[number].options);
        let result = self.propagate_options(duration, &options);
        self.choices[number].options = options;
        result
    }

    fn propagate_options(&mut self, duration: Var, options: &[(Var, i32)]) -> Result<(), Conflict> {
        for &(var, length) in options {
            if self.low(var) >= 1 {
                for &(other, _) in options.iter().filter(|(other, _)| *other != var) {
                    self.raise_listed(at_most(other, 0), &[at_least(var, 1)])?;
                }
                self.raise_listed(at_least(duration, length), &[at_least(var, 1)])?;
                self.raise_listed(at_most(duration, length), &[at_least(var, 1)])?;
            } else if self.high(var) >= 1 {
                if length > self.high(duration) {
                    self.raise_listed(at_most(var, 0), &[at_most(duration, length - 1)])?;
                } else if length < self.low(duration) {
                    self.raise_listed(at_most(var, 0), &[at_least(duration, length + 1)])?;
                }
            }
        }
        let open: Vec<(Var, i32)> = options.iter().copied().filter(|&(var, _)| self.high(var) >= 1).collect();
        let shut = |keep: &dyn Fn(i32) -> bool| -> Vec<Predicate> {
            options
                .iter()
                .filter(|&&(var, d)| !open.contains(&(var, d)) && keep(d))
                .map(|&(var, _)| at_most(var, 0))
                .collect()
        };
        match open[..] {
            [] => return Err(shut(&|_| true)),
            [(var, _)] => {
                let because = shut(&|_| true);
                self.raise_listed(at_least(var, 1), &because)?;
            }
            _ => {}
        }
        let least = open.iter().map(|o| o.1).min().unwrap_or(0);
        let most = open.iter().map(|o| o.1).max().unwrap_or(0);
        if self.low(duration) < least {
            let because = shut(&|d| d < least);
            self.raise_listed(at_least(duration, least), &because)?;
        }
        if self.high(duration) > most {
            let because = shut(&|d| d > most);
            self.raise_listed(at_most(duration, most), &because)?;
        }
        Ok(())
    }

    fn propagate_budget(&mut self, number: usize) -> Result<(), Conflict> {
        let budget = &self.budgets[number];
        let least =
            |row: &Vec<(Var, i64)>| row.iter().filter(|&&(var, _)| self.high(var) >= 1).map(|o| o.1).min().unwrap_or(0);
        let leasts: Vec<i64> = budget.rows.iter().map(least).collect();
        let spare = budget.capacity - budget.fixed - leasts.iter().sum::<i64>();
        let mut ruled_out = Vec::new();
        for (row, &least) in budget.rows.iter().zip(&leasts) {
            ruled_out.extend(
                row.iter().filter(|&&(var, cost)| self.low(var) < 1 && self.high(var) >= 1 && cost - least > spare),
            );
        }
        if spare >= 0 && ruled_out.is_empty() {
            return Ok(());
        }
        // Why each row costs at least that: its cheaper options are out.
        let mut because = Vec::new();
        for (row, &least) in budget.rows.iter().zip(&leasts) {
            because.extend(row.iter().filter(|o| o.1 < least).map(|&(var, _)| at_most(var, 0)));
        }
        if spare < 0 {
            return Err(because);
        }
        for (var, _) in ruled_out {
            let own: Vec<Var> = self.budgets[number]
                .rows
                .iter()
                .find(|row| row.iter().any(|o| o.0 == var))
                .map_or_else(Vec::new, |row| row.iter().map(|o| o.0).collect());
            let others: Vec<Predicate> = because.iter().copied().filter(|p| !own.contains(&(p.0 / 2))).collect();
            self.raise_listed(at_most(var, 0), &others)?;
        }
        Ok(())
    }
}
