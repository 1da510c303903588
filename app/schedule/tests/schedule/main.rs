//! The crate as its users see it: golden cases, refusals, and properties over random problems.

mod execution;
mod golden;
mod properties;
mod random_problem;
mod refusals;
mod searches;
mod validator;
