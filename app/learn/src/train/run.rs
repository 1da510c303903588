//! The loop that trains.
//!
//! Written by hand: pause, stop, live changes and checkpoints at any step are the product. Losses stay on the device and
//! are read together. On the processor the same seed gives the same bits, and a training that is resumed from its
//! checkpoint ends as one that never was interrupted: weights and order come from our own streams, by (seed) and
//! (seed, epoch); dropout draws from the backend's generator, which is seeded anew from (seed, epoch) at every epoch.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use burn::module::Module;
use burn::tensor::{Int, Tensor, TensorData, Transaction};
use weft_data::random::derive_seed;
use weft_protocol::event::{Fault, LogLevel};
use weft_protocol::run::{MetricPoint, Part};
use weft_protocol::worker::{FromWorker, Job};

use super::checkpoint::{Checkpoint, EpochRecord, State};
use super::{Ending, Learned, Lesson};
use crate::batches::{Batch, Batches};
use crate::evaluate::{no_thread, score, unread};
use crate::executor::{Context, Flow};
use crate::network::{Activations, Network, analyse};
use crate::optimiser::{Moments, Optimiser};
use crate::weights::{Weights, all_finite, initial_weights};
use crate::{fault, ops};

/// Losses are read from the device after so many steps, or after [`READ_AFTER`], whichever is sooner.
const READ_STEPS: usize = 10;
const READ_AFTER: Duration = Duration::from_millis(100);

/// Points that wait for a receiver that does not keep up; beyond it, those of single steps are dropped.
const WAITING_POINTS: usize = 8_192;

/// Samples in a step of validation, at least.
const VALIDATION_BATCH: usize = 256;

/// Burn's random seed is one for the whole process: trainings in one process take turns.
static SEEDED: Mutex<()> = Mutex::new(());

/// What a step left on the device.
struct Reading {
    loss: Tensor<1>,
    correct: Tensor<1, Int>,
    count: usize,
    step: u64,
}

/// Sums over an epoch.
#[derive(Default)]
struct Sums {
    loss: f64,
    correct: u64,
    samples: u64,
}

/// A training that is going on.
pub(crate) struct Session<'a> {
    lesson: &'a Lesson,
    job: &'a Job,
    context: &'a Context,
    state: State,
    network: Option<Network>,
    optimiser: Optimiser,
    /// Weights of the best epoch so far.
    best: Weights,
    /// Weights as they were before this session's first epoch.
    start: Weights,
    points: Vec<MetricPoint>,
    steps: u64,
    first_step: u64,
    began: Instant,
    _turn: MutexGuard<'static, ()>,
}

/// Why an epoch did not end.
enum Break {
    Stopped,
    Failed(Fault),
}

impl From<Fault> for Break {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
}

impl<'a> Session<'a> {
    /// Begins a training, or goes on from its checkpoint.
    pub fn begin(lesson: &'a Lesson, job: &'a Job, fingerprint: &str, context: &'a Context) -> Result<Self, Fault> {
        let turn = SEEDED.lock().unwrap_or_else(PoisonError::into_inner);
        let settings = &lesson.settings;
        let checkpoint = match Checkpoint::read(&job.checkpoint_dir, fingerprint) {
            Ok(checkpoint) => checkpoint,
            Err(reason) => {
                context.log(job.task, LogLevel::Warn, format!("the checkpoint is not used: {reason}"));
                None
            }
        };
        let shape = lesson.train.shape();
        let report = analyse(&lesson.graph, &shape).map_err(|e| fault::from_network(&e))?;
        let (state, weights, resumed, best): (_, _, Option<(u64, Moments)>, _) = match checkpoint {
            Some(Checkpoint { state, weights, moments, best }) => {
                let message = format!("going on from the checkpoint after epoch {}", state.epoch);
                context.log(job.task, LogLevel::Info, message);
                let resumed = (state.step, moments);
                (state, weights, Some(resumed), best)
            }
            None => {
                let state = State::new(fingerprint.to_owned(), settings.learning_rate);
                (state, initial_weights(&lesson.graph, &report, settings.seed), None, Weights::new())
            }
        };
        let device = context.device.learning();
        let network = Network::build(&lesson.graph, &shape, &weights, device).map_err(|e| fault::from_network(&e))?;
        let optimiser = Optimiser::new(settings.method, settings.weight_decay, &network, device, resumed)
            .map_err(|e| fault::from_network(&e))?;
        let epoch_steps = lesson.train.len().div_ceil(settings.batch_size) as u64;
        Ok(Self {
            lesson,
            job,
            context,
            first_step: state.step,
            state,
            network: Some(network),
            optimiser,
            best,
            start: weights,
            points: Vec::new(),
            steps: epoch_steps * u64::from(settings.epochs),
            began: Instant::now(),
            _turn: turn,
        })
    }

    /// Trains to the end, to a stop, or to a fault.
    pub fn run(mut self) -> Result<Ending, Fault> {
        let settings = &self.lesson.settings;
        let (seed, samples) = (settings.seed, self.lesson.train.len() as u32);
        let orders = (self.state.epoch + 1..=settings.epochs)
            // The job's seed is the node's own.
            .map(move |epoch| weft_data::random::epoch_order(seed, 0, u64::from(epoch), samples));
        let mut batches = Batches::start(self.lesson.train.clone(), orders, settings.batch_size).map_err(no_thread)?;
        let ending = loop {
            if self.state.epoch >= settings.epochs || self.out_of_patience() {
                break Ending::Done(self.learned(false)?);
            }
            match self.epoch(&mut batches) {
                Ok(()) => {}
                Err(Break::Stopped) => break Ending::Done(self.learned(true)?),
                Err(Break::Failed(fault)) => {
                    let learned = Learned {
                        epoch: self.state.best_epoch.unwrap_or(self.state.epoch),
                        weights: if self.best.is_empty() { self.start.clone() } else { self.best.clone() },
                        history: self.state.history.clone(),
                        stopped: false,
                    };
                    break Ending::Failed(fault, Some(learned));
                }
            }
        };
        // The last points must arrive, and before the word that the task is done.
        let points = std::mem::take(&mut self.points);
        if !points.is_empty() {
            self.context.report.send(FromWorker::Metrics { task: self.job.task, points });
        }
        Ok(ending)
    }

    fn network(&self) -> Result<&Network, Fault> {
        // It is away only within a step, which puts it back.
        self.network.as_ref().ok_or_else(|| fault::panicked("the network is gone"))
    }

    /// What there is: the best epoch, or, where none has ended yet, the weights as they are.
    fn learned(&self, stopped: bool) -> Result<Learned, Fault> {
        let (weights, epoch) = match self.state.best_epoch {
            Some(epoch) => (self.best.clone(), epoch),
            None => (self.network()?.weights().map_err(|e| fault::from_network(&e))?, 0),
        };
        Ok(Learned { weights, epoch, history: self.state.history.clone(), stopped })
    }

    fn out_of_patience(&self) -> bool {
        let patience = self.lesson.settings.patience;
        let waited = self.state.epoch - self.state.best_epoch.unwrap_or(self.state.epoch);
        patience > 0 && self.lesson.validation.is_some() && waited >= patience
    }

    fn epoch(&mut self, batches: &mut Batches) -> Result<(), Break> {
        let settings = &self.lesson.settings;
        let epoch = self.state.epoch + 1;
        let device = self.context.device.learning();
        device.seed(derive_seed(settings.seed, &["dropout".into(), u64::from(epoch).into()]));
        let epoch_steps = self.lesson.train.len().div_ceil(settings.batch_size);
        let mut sums = Sums::default();
        let mut readings = Vec::with_capacity(READ_STEPS);
        let mut read_at = Instant::now();
        let mut rate = self.state.learning_rate;
        for _ in 0..epoch_steps {
            if self.context.step() == Flow::Stop {
                return Err(Break::Stopped);
            }
            self.take_live();
            let Some(batch) = batches.next() else { break };
            let batch = batch.map_err(|e| fault::from_data(&e))?;
            rate = settings.schedule.rate(self.state.learning_rate, self.state.step, self.steps);
            readings.push(self.step(batch, rate)?);
            if readings.len() >= READ_STEPS || read_at.elapsed() >= READ_AFTER {
                self.read(&mut readings, &mut sums, epoch)?;
                read_at = Instant::now();
            }
        }
        self.read(&mut readings, &mut sums, epoch)?;
        let validation = match &self.lesson.validation {
            None => None,
            Some(set) => {
                let network = self.network()?.valid();
                let size = settings.batch_size.max(VALIDATION_BATCH);
                let done = score(&network, set, size, self.context.device.plain(), self.context, |_| {})?;
                Some(done.ok_or(Break::Stopped)?)
            }
        };
        let samples = sums.samples.max(1) as f64;
        let record = EpochRecord {
            epoch,
            step: self.state.step,
            train_loss: sums.loss / samples,
            train_accuracy: sums.correct as f64 / samples,
            validation_loss: validation.as_ref().map(|score| score.loss),
            validation_accuracy: validation.as_ref().map(|score| score.accuracy),
            learning_rate: rate,
        };
        let weights = self.network()?.weights().map_err(|e| fault::from_network(&e))?;
        if !all_finite(&weights) || record.validation_loss.is_some_and(|loss| !loss.is_finite()) {
            return Err(nan_loss(epoch, self.state.step).into());
        }
        self.finish_epoch(record, weights)?;
        Ok(())
    }

    /// One step of the optimiser.
    fn step(&mut self, batch: Batch, rate: f64) -> Result<Reading, Fault> {
        let device = self.context.device.learning();
        let network = self.network.take().ok_or_else(|| fault::panicked("the network is gone"))?;
        let count = batch.targets.len();
        let targets = Tensor::<1, Int>::from_data(TensorData::new(batch.targets, [count]), device);
        let input = Activations::from_samples(batch.values, count, &self.lesson.train.shape(), device);
        let logits = network.forward(input, true);
        let correct = ops::count_correct(logits.clone().inner(), targets.clone().inner());
        let loss = ops::cross_entropy(logits, targets);
        let gradients = loss.backward();
        self.network = Some(self.optimiser.step(network, gradients, rate));
        self.state.step += 1;
        Ok(Reading { loss: loss.inner(), correct, count, step: self.state.step })
    }

    /// Reads what the last steps left on the device, and tells of it.
    fn read(&mut self, readings: &mut Vec<Reading>, sums: &mut Sums, epoch: u32) -> Result<(), Fault> {
        if readings.is_empty() {
            return Ok(());
        }
        let mut transaction = Transaction::default();
        let mut steps = Vec::with_capacity(readings.len());
        for reading in readings.drain(..) {
            transaction = transaction.register(reading.loss).register(reading.correct);
            steps.push((reading.count, reading.step));
        }
        let data = transaction.try_execute().map_err(|e| unread(&e))?;
        for (pair, (count, step)) in data.chunks_exact(2).zip(steps) {
            let loss = pair[0].iter::<f64>().next().unwrap_or(f64::NAN);
            let correct = pair[1].iter::<i64>().next().unwrap_or(0).max(0) as u64;
            if !loss.is_finite() {
                return Err(nan_loss(epoch, step));
            }
            sums.loss += loss * count as f64;
            sums.correct += correct;
            sums.samples += count as u64;
            let accuracy = correct as f64 / count.max(1) as f64;
            for (name, value) in [("loss", loss), ("accuracy", accuracy)] {
                let name = name.to_owned();
                self.points.push(MetricPoint { name, part: Part::Train, epoch, step, per_epoch: false, value });
            }
        }
        self.tell(epoch);
        Ok(())
    }

    /// Offers points and progress; what finds no room waits for the next time.
    fn tell(&mut self, epoch: u32) {
        if !self.points.is_empty() {
            let points = std::mem::take(&mut self.points);
            let message = FromWorker::Metrics { task: self.job.task, points };
            if let Err(message) = self.context.report.offer(message)
                && let FromWorker::Metrics { points, .. } = *message
            {
                self.points = points;
                if self.points.len() > WAITING_POINTS {
                    self.points.retain(|point| point.per_epoch);
                }
            }
        }
        let done = self.state.step - self.first_step;
        let eta_s = (done > 0).then(|| {
            let each = self.began.elapsed().as_secs_f64() / done as f64;
            each * self.steps.saturating_sub(self.state.step) as f64
        });
        let _ = self.context.report.offer(FromWorker::Progress {
            task: self.job.task,
            step: self.state.step,
            steps: self.steps,
            epoch: Some(epoch),
            epochs: Some(self.lesson.settings.epochs),
            eta_s,
        });
    }

    /// Keeps what the epoch came to, tells of it, and writes the checkpoint.
    fn finish_epoch(&mut self, record: EpochRecord, weights: Weights) -> Result<(), Fault> {
        if self.state.best().is_none_or(|best| record.better_than(best)) {
            self.state.best_epoch = Some(record.epoch);
            self.best.clone_from(&weights);
        }
        self.state.epoch = record.epoch;
        self.state.history.push(record);
        let mut point = |name: &str, part, value| {
            let (name, epoch, step) = (name.to_owned(), record.epoch, record.step);
            self.points.push(MetricPoint { name, part, epoch, step, per_epoch: true, value });
        };
        point("loss", Part::Train, record.train_loss);
        point("accuracy", Part::Train, record.train_accuracy);
        if let (Some(loss), Some(accuracy)) = (record.validation_loss, record.validation_accuracy) {
            point("loss", Part::Validation, loss);
            point("accuracy", Part::Validation, accuracy);
        }
        self.tell(record.epoch);
        let checkpoint = Checkpoint {
            state: self.state.clone(),
            weights,
            moments: self.optimiser.moments().map_err(|e| fault::from_network(&e))?,
            best: self.best.clone(),
        };
        match checkpoint.write(&self.job.checkpoint_dir) {
            Ok(()) => {
                let (task, epoch, step) = (self.job.task, record.epoch, record.step);
                self.context.report.send(FromWorker::Checkpoint { task, epoch, step });
            }
            // Training is worth more than the chance to resume it.
            Err(fault) => self.context.log(self.job.task, LogLevel::Warn, format!("no checkpoint: {fault}")),
        }
        Ok(())
    }

    fn take_live(&mut self) {
        for (param, value) in self.context.take_live() {
            let message = match (param.as_str(), value.as_f64().filter(|v| v.is_finite() && *v >= 0.0)) {
                ("learning_rate", Some(rate)) => {
                    self.state.learning_rate = rate;
                    format!("learning rate {rate} from step {}", self.state.step + 1)
                }
                _ => format!("'{param}' cannot be changed to {value} while training"),
            };
            self.context.log(self.job.task, LogLevel::Info, message);
        }
    }
}

fn nan_loss(epoch: u32, step: u64) -> Fault {
    fault::fault(
        "nan_loss",
        (
            format!("the loss has become NaN or infinite in epoch {epoch}, at step {step}"),
            format!("第 {epoch} 轮第 {step} 步的损失变成了 NaN 或无穷大"),
        ),
        (
            "lower the learning rate, or normalise the samples; the last good model is kept",
            "请降低学习率，或对样本做标准化；最后一个良好的模型已保留",
        ),
    )
}
