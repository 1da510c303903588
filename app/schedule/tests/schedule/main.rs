//! The crate as its users see it: golden cases, refusals, and properties over random problems.

mod adapting;
mod execution;
mod formats;
mod golden;
mod properties;
mod random_problem;
mod refusals;
mod searches;
mod validator;
