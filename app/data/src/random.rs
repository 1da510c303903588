//! The derivation of random streams: the only place where the product turns seeds into random numbers.
//!
//! Every stream is a function of the run's seed and a path (purpose, node, epoch, step …), never of the order in which
//! things happen, so that parallel work, a resumed run and another machine draw the same numbers. Bounded draws and the
//! shuffle are written out here, because a library may change how it consumes a stream.

use rand_chacha::rand_core::SeedableRng;

pub use rand_chacha::ChaCha8Rng;
pub use rand_chacha::rand_core::Rng;

/// Domain of the derivation. A change here changes every random number of the product.
const CONTEXT: &str = "weft 2026-11-21 random stream v1";

/// One element of the path that names a random stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key<'a> {
    /// A word: the purpose, such as `"epoch"` or `"split"`.
    Word(&'a str),
    /// A number: a node's id, an epoch, a step, a class.
    Number(u64),
}

impl<'a> From<&'a str> for Key<'a> {
    fn from(word: &'a str) -> Self {
        Key::Word(word)
    }
}

impl From<u64> for Key<'_> {
    fn from(number: u64) -> Self {
        Key::Number(number)
    }
}

/// BLAKE3 in key-derivation mode over the seed and the tagged, length-prefixed elements of the path.
fn derive(seed: u64, path: &[Key<'_>]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
    hasher.update(&seed.to_le_bytes());
    for key in path {
        match key {
            Key::Word(word) => {
                hasher.update(&[0]);
                hasher.update(&(word.len() as u64).to_le_bytes());
                hasher.update(word.as_bytes());
            }
            Key::Number(number) => {
                hasher.update(&[1]);
                hasher.update(&number.to_le_bytes());
            }
        }
    }
    *hasher.finalize().as_bytes()
}

/// The random stream of `path` under `seed`: ChaCha with 8 rounds, keyed by the derivation above.
///
/// Use a word for the purpose first, then numbers: `stream(seed, &["epoch".into(), node.into(), epoch.into()])`.
pub fn stream(seed: u64, path: &[Key<'_>]) -> ChaCha8Rng {
    ChaCha8Rng::from_seed(derive(seed, path))
}

/// A seed of 64 bits of its own for `path` under `seed`, for libraries that take a number.
pub fn derive_seed(seed: u64, path: &[Key<'_>]) -> u64 {
    let bytes = derive(seed, path);
    let mut first = [0; 8];
    first.copy_from_slice(&bytes[..8]);
    u64::from_le_bytes(first)
}

/// A uniform number in `0..bound` (Lemire, 2019: multiplication with rejection, so without bias). 0 for `bound` 0.
pub fn below(rng: &mut impl Rng, bound: u32) -> u32 {
    if bound == 0 {
        return 0;
    }
    let threshold = bound.wrapping_neg() % bound;
    loop {
        let product = u64::from(rng.next_u32()) * u64::from(bound);
        if product as u32 >= threshold {
            return (product >> 32) as u32;
        }
    }
}

/// Shuffles `items` uniformly (Fisher and Yates, 1938; from the back). At most 2³² items.
pub fn shuffle<T>(rng: &mut impl Rng, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        let other = below(rng, last as u32 + 1) as usize;
        items.swap(last, other);
    }
}

/// The order in which epoch `epoch` of `node` visits `count` samples: a permutation of `0..count`.
pub fn epoch_order(seed: u64, node: u64, epoch: u64, count: u32) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count).collect();
    shuffle(&mut stream(seed, &["epoch".into(), node.into(), epoch.into()]), &mut order);
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_epoch_visits_every_sample_once(seed: u64, node: u64, epoch in 0u64..50, count in 0u32..400) {
            let order = epoch_order(seed, node, epoch, count);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..count).collect::<Vec<_>>());
            prop_assert_eq!(order, epoch_order(seed, node, epoch, count));
        }

        #[test]
        fn draws_stay_below_their_bound(seed: u64, bound in 1u32..) {
            let mut rng = stream(seed, &[]);
            for _ in 0..20 {
                prop_assert!(below(&mut rng, bound) < bound);
            }
        }
    }

    #[test]
    fn seed_node_and_epoch_each_change_the_order() {
        let order = epoch_order(1, 2, 3, 100);
        for other in [epoch_order(2, 2, 3, 100), epoch_order(1, 3, 3, 100), epoch_order(1, 2, 4, 100)] {
            assert_ne!(order, other);
        }
    }

    #[test]
    fn elements_of_a_path_do_not_run_together() {
        let draw = |path: &[Key<'_>]| derive_seed(7, path);
        assert_ne!(draw(&["ab".into(), "c".into()]), draw(&["a".into(), "bc".into()]));
        assert_ne!(draw(&[0u64.into()]), draw(&["\0\0\0\0\0\0\0\0".into()]));
        assert_ne!(draw(&[]), draw(&[0u64.into()]));
    }

    /// Streams are part of what a run promises to repeat: this order may not change between versions.
    #[test]
    fn the_derivation_is_frozen() {
        assert_eq!(epoch_order(42, 7, 0, 10), FROZEN);
    }

    const FROZEN: [u32; 10] = [1, 8, 6, 4, 3, 5, 9, 2, 0, 7];

    #[test]
    fn a_shuffle_is_even() {
        let mut first = [0u32; 4];
        for epoch in 0..4000 {
            first[epoch_order(5, 1, epoch, 4)[0] as usize] += 1;
        }
        assert!(first.iter().all(|&count| (850..1150).contains(&count)), "{first:?}");
    }
}
