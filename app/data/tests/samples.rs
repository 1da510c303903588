//! Reading, describing, splitting, preparing and batching: what holds for good data.
#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod common;

use std::path::{Path, PathBuf};

use common::{Folder, gzip, idx, images, labels};
use proptest::prelude::*;
use weft_data::{
    Amount, DataSet, ImageOptions, ImageSet, Loader, Normalisation, Part, Parts, Rows, Samples, Side, Source,
    SplitOptions, Step, apply, describe_images, fingerprint, fit_normalisation, normalise, prepared, preview, report,
    split,
};

fn rows(set: &ImageSet) -> Vec<u32> {
    (0..set.len() as u32).map(|row| set.source_row(row).unwrap()).collect()
}

fn batch(set: &ImageSet, rows: &[u32]) -> (Vec<f32>, Vec<i64>) {
    let (mut values, mut labels) = (vec![9.0], vec![9]);
    set.batch(rows, &mut values, &mut labels).unwrap();
    (values, labels)
}

fn parts(data: &DataSet, validation: Amount, stratified: bool, seed: u64, loader: &Loader) -> Parts {
    split(data, &SplitOptions { validation, stratified, seed, node: 7 }, loader).unwrap()
}

#[test]
fn plain_and_gzipped_files_under_either_name_give_the_same_samples() {
    let plain = Folder::new(&[0, 1, 2], &[2, 1]);
    let packed = Folder(tempfile::tempdir().unwrap());
    packed.write("train-images.idx3-ubyte.gz", &gzip(&images(3)));
    packed.write("train-labels-idx1-ubyte.gz", &gzip(&labels(&[0, 1, 2])));
    packed.write("t10k-images.idx3-ubyte", &gzip(&images(2)));
    // Named as gzipped, and plain: content decides.
    packed.write("t10k-labels-idx1-ubyte.gz", &labels(&[2, 1]));
    let loader = Loader::new();
    let open = |folder: &Folder| {
        let data = folder.describe().unwrap();
        (loader.open(&data.train).unwrap(), loader.open(&data.test).unwrap())
    };
    let ((train, test), (packed_train, packed_test)) = (open(&plain), open(&packed));
    assert_eq!(batch(&train, &[0, 1, 2]), batch(&packed_train, &[0, 1, 2]));
    assert_eq!(batch(&test, &[1, 0]), batch(&packed_test, &[1, 0]));
    assert_eq!(train.shape(), [1, 2, 3]);
    assert_eq!(batch(&train, &[2, 0]).1, [2, 0]);
    assert_eq!(batch(&train, &[1]).0, [42.0, 49.0, 56.0, 63.0, 70.0, 77.0]);
    assert_eq!(train.pixels(1).unwrap(), [42, 49, 56, 63, 70, 77]);
    assert_eq!((train.pixels(3), train.label(3), train.source_row(3)), (None, None, None));
}

#[test]
fn colour_images_are_read_in_either_order_of_dimensions() {
    let by_channel: Vec<u8> = (0..2 * 3 * 20).collect();
    let mut by_pixel = vec![0; by_channel.len()];
    for image in 0..2 {
        for channel in 0..3 {
            for at in 0..20 {
                by_pixel[(image * 20 + at) * 3 + channel] = by_channel[(image * 3 + channel) * 20 + at];
            }
        }
    }
    for file in [idx(&[2, 3, 5, 4], &by_channel), idx(&[2, 5, 4, 3], &by_pixel)] {
        let folder = Folder(tempfile::tempdir().unwrap());
        for part in ["train", "t10k"] {
            folder.write(&format!("{part}-images-idx4-ubyte"), &file);
            folder.write(&format!("{part}-labels-idx1-ubyte"), &labels(&[0, 1]));
        }
        // 5 × 4 × 3 with channels last; a height of 4 or less would be read as channels first.
        let data = folder.describe().unwrap();
        let set = Loader::new().open(&data.train).unwrap();
        assert_eq!(set.shape(), [3, 5, 4]);
        assert_eq!([set.pixels(0).unwrap(), set.pixels(1).unwrap()].concat(), by_channel);
        let shown = preview(&data.train, 1, &Loader::new()).unwrap();
        assert_eq!((shown.thumbnails[0].channels, &shown.thumbnails[0].pixels[..]), (3, &by_pixel[..60]));
    }
}

#[test]
fn a_description_is_small_stays_itself_as_json_and_does_not_depend_on_the_folder() {
    let (here, there) = (Folder::new(&[0, 1, 2, 1], &[0]), Folder::new(&[0, 1, 2, 1], &[0]));
    let loader = Loader::new();
    let describe = |folder: &Folder| {
        let parts = parts(&folder.describe().unwrap(), Amount::Count(1), true, 3, &loader);
        normalise(&parts, Normalisation::Standardise, &loader).unwrap()
    };
    let (a, b) = (describe(&here), describe(&there));
    let Source::Idx { folder, part, images, .. } = &a.train.source else { panic!("not IDX") };
    assert_eq!((folder.as_path(), *part, images.bytes), (here.path(), Part::Train, 40));
    assert!(folder.is_absolute());
    let json = a.train.to_json().unwrap();
    assert!(json.len() < 2000, "{} bytes", json.len());
    assert_eq!(Samples::from_json(&json).unwrap(), a.train);
    assert_eq!(a.train.content_hash().unwrap(), b.train.content_hash().unwrap());
    assert_eq!(fingerprint(here.path()).unwrap(), fingerprint(there.path()).unwrap());

    let hashes = [&a.train, &a.validation, &a.test].map(|samples| samples.content_hash().unwrap());
    assert!(hashes[0] != hashes[1] && hashes[1] != hashes[2]);
    there.write("train-labels-idx1-ubyte", &labels(&[0, 1, 2, 2]));
    assert_ne!(fingerprint(here.path()).unwrap(), fingerprint(there.path()).unwrap());
    assert_ne!(describe(&there).train.content_hash().unwrap(), hashes[0]);
}

#[test]
fn a_file_is_decoded_once_and_kept_without_its_folder() {
    let folder = Folder::new(&[0, 1, 2], &[0, 1]);
    let data = folder.describe().unwrap();
    let (keeps_all, keeps_one) = (Loader::new(), Loader::with_limit(0));
    for loader in [&keeps_all, &keeps_one] {
        loader.open(&data.train).unwrap();
        loader.open(&data.test).unwrap();
    }
    drop(folder);
    assert!(keeps_all.open(&data.train).is_ok() && keeps_all.open(&data.test).is_ok());
    assert!(keeps_one.open(&data.train).is_err() && keeps_one.open(&data.test).is_ok());
}

#[test]
fn a_limit_keeps_the_first_training_samples_and_at_most_as_many_test_samples() {
    let folder = Folder::new(&[0, 1, 2, 1, 0], &[0, 2]);
    let loader = Loader::new();
    for (limit, train, test) in [(1, 1, 1), (3, 3, 2), (99, 5, 2)] {
        let data = describe_images(&ImageOptions { limit: Some(limit), ..folder.options() }, &loader).unwrap();
        assert_eq!((data.train.schema.count, data.test.schema.count), (train, test));
        assert_eq!(rows(&loader.open(&data.train).unwrap()), (0..train as u32).collect::<Vec<_>>());
        assert_eq!(data.train.schema.classes, ["0", "1", "2"]);
    }
}

#[test]
fn selections_follow_one_another() {
    let folder = Folder::new(&[0, 1, 2, 1, 0], &[0]);
    let loader = Loader::new();
    let mut samples = folder.describe().unwrap().train;
    let mut check = |selections: Vec<Rows>, expected: &[u32]| {
        samples.rows = selections;
        samples.schema.count = expected.len();
        assert_eq!(rows(&loader.open(&samples).unwrap()), expected);
    };
    check(vec![], &[0, 1, 2, 3, 4]);
    check(vec![Rows::Range { start: 1, end: 4 }, Rows::First { count: 2 }], &[1, 2]);
    check(vec![Rows::Indices { rows: vec![4, 0, 4] }, Rows::Range { start: 1, end: 3 }], &[0, 4]);
    check(vec![Rows::Range { start: 2, end: 2 }], &[]);
    samples.rows = vec![Rows::Permutation { seed: 1, node: 2 }];
    samples.schema.count = 5;
    let mut order = rows(&loader.open(&samples).unwrap());
    order.sort_unstable();
    assert_eq!(order, [0, 1, 2, 3, 4]);
}

#[test]
fn normalise_is_fitted_on_the_training_part_alone() {
    let folder = Folder::new(&[0, 1, 0, 1, 0, 1], &[0, 1]);
    let loader = Loader::new();
    let parts = parts(&folder.describe().unwrap(), Amount::Count(2), false, 5, &loader);
    let before = fit_normalisation(&parts.train, Normalisation::Standardise, &loader).unwrap().unwrap();

    // Other pixels in the validation rows and the test part: the fit is the same.
    let mut file = images(6);
    for &row in &rows(&loader.open(&parts.validation).unwrap()) {
        file[16 + row as usize * 6..][..6].fill(255);
    }
    folder.write("train-images-idx3-ubyte", &file);
    folder.write("t10k-images-idx3-ubyte", &idx(&[2, 2, 3], &[255; 12]));
    let changed = self::parts(&folder.describe().unwrap(), Amount::Count(2), false, 5, &loader);
    assert_ne!(changed.validation.content_hash().unwrap(), parts.validation.content_hash().unwrap());
    let after = fit_normalisation(&changed.train, Normalisation::Standardise, &loader).unwrap().unwrap();
    assert_eq!(before, after);

    let all = normalise(&parts, Normalisation::Standardise, &loader).unwrap();
    for samples in [&all.train, &all.validation, &all.test] {
        assert_eq!(samples.steps, std::slice::from_ref(&before));
    }
    let measured = report(&all.train, &loader).unwrap();
    assert!(measured.mean[0].abs() < 1e-6 && (measured.std[0] - 1.0).abs() < 1e-6, "{measured:?}");
}

#[test]
fn the_other_normalisations() {
    let folder = Folder::new(&[0, 1], &[0]);
    let data = folder.describe().unwrap();
    let loader = Loader::new();
    assert_eq!(fit_normalisation(&data.train, Normalisation::None, &loader).unwrap(), None);
    let step = fit_normalisation(&data.train, Normalisation::UnitRange, &loader).unwrap().unwrap();
    let set = loader.open(&data.train.with_step(step)).unwrap();
    let expected: Vec<f32> = set.pixels(1).unwrap().iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
    assert_eq!(batch(&set, &[1]).0, expected);

    // A channel that never changes is centred, and stays finite.
    folder.write("train-images-idx3-ubyte", &idx(&[2, 2, 3], &[40; 12]));
    let data = folder.describe().unwrap();
    let step = fit_normalisation(&data.train, Normalisation::Standardise, &loader).unwrap().unwrap();
    assert_eq!(step, Step::Normalise { method: Normalisation::Standardise, mean: vec![40.0], std: vec![1.0] });
    assert_eq!(batch(&loader.open(&data.train.with_step(step)).unwrap(), &[0]).0, [0.0; 6]);
}

#[test]
fn a_preview_shows_every_class_in_turn_and_large_images_small() {
    let folder = Folder::new(&[0, 0, 0, 1, 2, 0, 1], &[0]);
    let loader = Loader::new();
    let data = folder.describe().unwrap();
    let shown = preview(&data.train, 5, &loader).unwrap();
    assert_eq!(shown.thumbnails.iter().map(|picture| picture.label).collect::<Vec<_>>(), [0, 1, 2, 0, 1]);
    assert_eq!((shown.class_counts, shown.count, shown.shape), (vec![4, 2, 1], 7, [1, 2, 3]));
    assert_eq!(preview(&data.train, 100, &loader).unwrap().thumbnails.len(), 7);
    assert_eq!(preview(&data.train, 0, &loader).unwrap().thumbnails, []);
    let facts = report(&data.train, &loader).unwrap();
    assert_eq!((facts.imbalance, facts.min[0], facts.max[0]), (4.0, 0.0, 245.0));
    assert!(facts.empty_classes.is_empty());

    folder.write("train-images-idx3-ubyte", &idx(&[7, 100, 150], &vec![1; 7 * 15_000]));
    folder.write("t10k-images-idx3-ubyte", &idx(&[1, 100, 150], &[1; 15_000]));
    let picture = preview(&folder.describe().unwrap().train, 1, &loader).unwrap().thumbnails.remove(0);
    assert_eq!((picture.width, picture.height, picture.pixels.len()), (50, 34, 1700));
}

#[test]
fn a_glance_sees_what_a_whole_reading_sees() {
    let train: Vec<u8> = (0..60).map(|row| row / 20).collect();
    for gzipped in [false, true] {
        let folder = Folder::new(&train, &[0, 1, 2]);
        for (name, content) in [("train-images-idx3-ubyte", images(60)), ("train-labels-idx1-ubyte", labels(&train))] {
            if gzipped {
                folder.remove(name);
                folder.write(&format!("{name}.gz"), &gzip(&content));
            }
        }
        let (whole, glance) = (Loader::new(), Loader::glancing());
        let describe = |loader: &Loader| {
            parts(&describe_images(&folder.options(), loader).unwrap(), Amount::Count(9), true, 3, loader)
        };
        let (read, seen) = (describe(&whole), describe(&glance));
        for (read, seen) in [(&read.train, &seen.train), (&read.validation, &seen.validation), (&read.test, &seen.test)]
        {
            assert_eq!(preview(read, 7, &whole).unwrap(), preview(seen, 7, &glance).unwrap());
            // In any order, twice, and beyond the end.
            let rows = [2, 0, 2, 10_000];
            let set = |samples, loader: &Loader| loader.open(samples).unwrap();
            assert_eq!(
                whole.pictures(read, &set(read, &whole), &rows).unwrap(),
                glance.pictures(seen, &set(seen, &glance), &rows).unwrap()
            );
        }
        // What was not read is never taken for what was.
        assert!(report(&seen.train, &glance).is_err());
        assert!(fit_normalisation(&seen.train, Normalisation::Standardise, &glance).is_err());
        assert!(glance.open(&seen.train).unwrap().batch(&[0], &mut Vec::new(), &mut Vec::new()).is_err());
    }
}

#[test]
fn a_glance_notices_a_plain_file_of_another_length() {
    let folder = Folder::new(&[0, 1, 2], &[0]);
    let whole = std::fs::read(folder.path().join("train-images-idx3-ubyte")).unwrap();
    let options = folder.options();
    for length in [whole.len() - 1, whole.len() + 1] {
        let mut bytes = whole.clone();
        bytes.resize(length, 0);
        folder.write("train-images-idx3-ubyte", &bytes);
        let told = |loader| describe_images(&options, loader).unwrap_err().to_string();
        assert_eq!(told(&Loader::glancing()), told(&Loader::new()));
    }
}

#[test]
fn prepared_samples_are_shown_on_the_scale_that_is_given() {
    let folder = Folder::new(&[0, 1, 2, 1], &[0]);
    let loader = Loader::new();
    let data = folder.describe().unwrap();
    let step = fit_normalisation(&data.train, Normalisation::Standardise, &loader).unwrap().unwrap();
    let after = data.train.with_step(step);
    let facts = report(&after, &loader).unwrap();
    assert!(facts.mean[0].abs() < 1e-6 && (facts.std[0] - 1.0).abs() < 1e-6);
    let range = [facts.min[0], facts.max[0]];
    let set = loader.open(&after).unwrap();
    let shown = prepared(&after, &[3, 0], range, &loader).unwrap();
    for (picture, row) in shown.iter().zip([3, 0]) {
        // The very numbers that training is given.
        let (values, labels) = batch(&set, &[row]);
        let grey = |value: &f32| ((value - range[0]) / (range[1] - range[0]) * 255.0).round() as u8;
        assert_eq!(picture.pixels, values.iter().map(grey).collect::<Vec<_>>());
        assert_eq!(i64::from(picture.label), labels[0]);
    }
    let all = prepared(&after, &[0, 1, 2, 3], range, &loader).unwrap();
    let pixels = || all.iter().flat_map(|p| &p.pixels);
    assert_eq!((pixels().min(), pixels().max()), (Some(&0), Some(&255)));
    // A range that is none shows black instead of failing.
    assert!(prepared(&after, &[0], [1.0, 1.0], &loader).unwrap()[0].pixels.iter().all(|p| *p == 0));
}

/// Splits are part of what a run promises to repeat: these rows may not change between versions or machines.
#[test]
fn the_split_is_frozen() {
    let train: Vec<u8> = (0..30).map(|row| row % 3).collect();
    let folder = Folder::new(&train, &[0]);
    let loader = Loader::new();
    let data = folder.describe().unwrap();
    let held_out =
        |stratified| rows(&loader.open(&parts(&data, Amount::Count(6), stratified, 42, &loader).validation).unwrap());
    assert_eq!((held_out(false), held_out(true)), (vec![0, 7, 12, 13, 17, 21], vec![1, 12, 14, 19, 21, 23]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_split_is_disjoint_whole_balanced_and_repeatable(
        train in prop::collection::vec(0u8..4, 2..120),
        test in prop::collection::vec(0u8..4, 1..5),
        seed: u64,
        share in 0.05f64..0.95,
        stratified: bool,
    ) {
        let folder = Folder::new(&train, &test);
        let loader = Loader::new();
        let classes = (0..4).map(|class| class.to_string()).collect();
        let data = describe_images(&ImageOptions { classes, ..folder.options() }, &loader).unwrap();
        let validation = ((train.len() as f64 * share) as u32).clamp(1, train.len() as u32 - 1);
        let made = parts(&data, Amount::Count(validation), stratified, seed, &loader);
        prop_assert_eq!(&made, &parts(&data, Amount::Count(validation), stratified, seed, &Loader::new()));
        prop_assert_eq!(&made.test, &data.test);

        let (learned, held) = (loader.open(&made.train).unwrap(), loader.open(&made.validation).unwrap());
        prop_assert_eq!(held.len(), validation as usize);
        let mut all = [rows(&learned), rows(&held)].concat();
        prop_assert!(rows(&held).is_sorted() && rows(&learned).is_sorted());
        all.sort_unstable();
        prop_assert_eq!(all, (0..train.len() as u32).collect::<Vec<_>>());
        for row in 0..held.len() as u32 {
            prop_assert_eq!(held.label(row).unwrap(), train[held.source_row(row).unwrap() as usize]);
        }
        if stratified {
            let whole = loader.open(&data.train).unwrap().class_counts();
            for (held, whole) in held.class_counts().iter().zip(whole) {
                let exact = whole as f64 * f64::from(validation) / train.len() as f64;
                prop_assert!((*held as f64 - exact).abs() < 1.0, "{held} for {exact}");
            }
        }
    }

    #[test]
    fn batches_are_what_apply_makes_of_the_stored_bytes(
        channels in 1usize..4,
        pixels in prop::collection::vec(any::<u8>(), 60),
        order in prop::collection::vec(0u32..2, 0..6),
    ) {
        let folder = Folder(tempfile::tempdir().unwrap());
        let values = &pixels[..2 * channels * 10];
        for part in ["train", "t10k"] {
            folder.write(&format!("{part}-images-idx4-ubyte"), &idx(&[2, channels as u32, 5, 2], values));
            folder.write(&format!("{part}-labels-idx1-ubyte"), &labels(&[0, 1]));
        }
        let loader = Loader::new();
        let mut samples = folder.describe().unwrap().train;
        for method in [Normalisation::UnitRange, Normalisation::Standardise] {
            let step = fit_normalisation(&samples, method, &loader).unwrap().unwrap();
            samples = samples.with_step(step);
        }
        let set = loader.open(&samples).unwrap();
        let mut raw: Vec<f32> =
            order.iter().flat_map(|&row| set.pixels(row).unwrap()).map(|&pixel| f32::from(pixel)).collect();
        apply(&samples.steps, &mut raw, &samples.schema.sample_shape).unwrap();
        prop_assert_eq!(batch(&set, &order).0, raw);
        let facts = report(&samples, &loader).unwrap();
        for (mean, std) in facts.mean.iter().zip(&facts.std) {
            prop_assert!(mean.abs() < 1e-4 && ((std - 1.0).abs() < 1e-4 || *std == 0.0), "{mean} {std}");
        }
    }

    /// Files changed at random are read or refused, and never crash the program.
    #[test]
    fn damaged_files_never_crash(
        packed: bool,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let folder = Folder::new(&[0, 1, 2], &[0, 1, 2]);
        let mut content = if packed { gzip(&images(3)) } else { images(3) };
        for (at, value) in changes {
            let at = at.index(content.len());
            content[at] = value;
        }
        content.truncate(cut.index(content.len() * 3));
        let path = folder.write("train-images-idx3-ubyte", &content);
        if let Err(error) = folder.describe() {
            prop_assert!(error.to_string().contains(path.to_str().unwrap()), "{}", error);
        }
    }
}

fn mnist() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample_projects/mnist/data")
}

/// Mean and deviation are the published 0.1307 and 0.3081 of the range 0 to 1.
#[test]
fn the_mnist_of_the_sample_project() {
    let loader = Loader::new();
    let options = ImageOptions { folder: mnist(), ..ImageOptions::default() };
    let data = describe_images(&options, &loader).unwrap();
    assert_eq!((data.train.schema.count, data.test.schema.count), (60_000, 10_000));
    assert_eq!(data.train.schema.sample_shape, [1, 28, 28]);
    assert_eq!(data.train.schema.classes, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    let counts = loader.open(&data.train).unwrap().class_counts();
    assert_eq!(counts, [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    let counts = loader.open(&data.test).unwrap().class_counts();
    assert_eq!(counts, [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);

    let facts = report(&data.train, &loader).unwrap();
    assert!((facts.mean[0] / 255.0 - 0.130_660_5).abs() < 1e-6, "{:?}", facts.mean);
    assert!((facts.std[0] / 255.0 - 0.308_107_8).abs() < 1e-6, "{:?}", facts.std);

    let options = SplitOptions { validation: Amount::Ratio(0.1), stratified: true, seed: 42, node: 2 };
    let parts = normalise(&split(&data, &options, &loader).unwrap(), Normalisation::Standardise, &loader).unwrap();
    assert_eq!((parts.train.schema.count, parts.validation.schema.count), (54_000, 6_000));
    let Some(Rows::Split { side: Side::Validation, .. }) = parts.validation.rows.last() else { panic!("no split") };
    let train = loader.open(&parts.train).unwrap();
    let (values, classes) = batch(&train, &train.epoch_order(42, 5, 0)[..128]);
    assert_eq!((values.len(), classes.len()), (128 * 784, 128));
    assert!(values.iter().all(|value| (-0.5..3.0).contains(value)));
}
