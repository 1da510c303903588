//! Batches prepared ahead: while the device computes on one, another thread prepares the next.

use crossbeam_channel::{Receiver, bounded};
use weft_data::{DataError, ImageSet};

/// Batches that wait for the device.
const AHEAD: usize = 3;

/// Prepared samples, one after another, and their classes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Batch {
    pub values: Vec<f32>,
    pub targets: Vec<i32>,
}

/// Batches in the order in which they were asked for. Dropping it ends the thread that prepares them.
pub(crate) struct Batches(Receiver<Result<Batch, DataError>>);

impl Batches {
    /// Prepares the samples of each order in turn, in batches of `size`; the last batch of an order may be smaller.
    pub fn start(
        set: ImageSet,
        orders: impl IntoIterator<Item = Vec<u32>, IntoIter: Send> + Send + 'static,
        size: usize,
    ) -> std::io::Result<Self> {
        let (sender, receiver) = bounded(AHEAD);
        std::thread::Builder::new().name("batches".to_owned()).spawn(move || {
            let mut labels = Vec::new();
            for order in orders {
                for rows in order.chunks(size.max(1)) {
                    let mut values = Vec::new();
                    let batch = set.batch(rows, &mut values, &mut labels).map(|()| Batch {
                        values,
                        // Labels are bytes in every source.
                        targets: labels.iter().map(|label| *label as i32).collect(),
                    });
                    if sender.send(batch).is_err() {
                        return;
                    }
                }
            }
        })?;
        Ok(Self(receiver))
    }
}

impl Iterator for Batches {
    type Item = Result<Batch, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.recv().ok()
    }
}
