//! Bad data files: each is refused with a message that names the file and the place.
#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod common;

use common::{Folder, gzip, idx, images, labels};
use weft_data::{Amount, DataError, ImageOptions, Loader, Samples, SplitOptions, describe_images, split};

const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";
const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";

/// A good data set with one file replaced; the message must hold the file's full path and all `expected` phrases.
fn check(name: &str, content: &[u8], expected: &[&str]) {
    let folder = Folder::new(&[0, 1, 2, 0, 1, 2], &[0, 1, 2]);
    let plain = name.trim_end_matches(".gz");
    if plain != name {
        folder.remove(plain);
    }
    let path = folder.write(name, content);
    let message = folder.complaint();
    for phrase in expected.iter().copied().chain([path.to_str().unwrap()]) {
        assert!(message.contains(phrase), "'{phrase}' is missing in: {message}");
    }
}

#[test]
fn a_missing_folder_is_named() {
    let folder = Folder::new(&[0], &[0]);
    let missing = folder.path().join("nowhere");
    let options = ImageOptions { folder: missing.clone(), ..ImageOptions::default() };
    let message = describe_images(&options, &Loader::new()).unwrap_err().to_string();
    assert!(message.contains(missing.to_str().unwrap()) && message.contains("not found"), "{message}");

    let file = folder.path().join(TRAIN_IMAGES);
    let options = ImageOptions { folder: file.clone(), ..ImageOptions::default() };
    let message = describe_images(&options, &Loader::new()).unwrap_err().to_string();
    assert!(message.contains(file.to_str().unwrap()) && message.contains("not a folder"), "{message}");
}

#[test]
fn a_missing_file_is_told_with_the_names_looked_for() {
    let folder = Folder::new(&[0], &[0]);
    folder.remove(TEST_LABELS);
    let message = folder.complaint();
    for phrase in [
        folder.path().to_str().unwrap(),
        "no test labels",
        "t10k-labels-idx1-ubyte,",
        "t10k-labels-idx1-ubyte.gz",
        "t10k-labels.idx1-ubyte",
    ] {
        assert!(message.contains(phrase), "'{phrase}' is missing in: {message}");
    }
}

#[test]
fn a_wrong_magic_number_is_told_with_the_expected_one() {
    check(TRAIN_IMAGES, &labels(&[0; 6]), &["byte 0", "00 00 08 01", "as of a label file", "00 00 08 03"]);
    check(TRAIN_LABELS, &images(6), &["00 00 08 03", "as of an image file", "expected 00 00 08 01"]);
    check(TRAIN_IMAGES, b"<html>not found</html>", &["3c 68 74 6d", "not IDX"]);
    let mut floats = images(6);
    floats[2] = 0x0d;
    check(TRAIN_IMAGES, &floats, &["00 00 0d 03", "32-bit floating-point"]);
}

#[test]
fn a_truncated_file_is_told_with_byte_and_whole_images() {
    let whole = images(6);
    check(
        TRAIN_IMAGES,
        &whole[..16 + 6 * 4 + 2],
        &["truncated", "ends at byte 42", "6 images", "52 bytes", "only 4 images are whole"],
    );
    check(TRAIN_IMAGES, &whole[..16], &["ends at byte 16", "only 0 images are whole"]);
    check(TRAIN_IMAGES, &whole[..9], &["ends at byte 9", "header of 16 bytes"]);
    check(TRAIN_IMAGES, &whole[..2], &["ends at byte 2", "header"]);
    check(TRAIN_IMAGES, &[], &["ends at byte 0", "header"]);
    check(TEST_LABELS, &labels(&[0, 1, 2])[..9], &["ends at byte 9", "3 labels", "only 1 labels are whole"]);
    let packed = gzip(&whole[..16 + 6 * 4 + 2]);
    check(&format!("{TRAIN_IMAGES}.gz"), &packed, &["ends at unpacked byte 42", "only 4 images are whole"]);
}

#[test]
fn a_damaged_gzip_file_is_told_from_a_file_that_is_none() {
    let name = format!("{TRAIN_IMAGES}.gz");
    let packed = gzip(&images(6));
    check(&name, b"<html>not found</html>", &["not a gzip file", "3c 68 74 6d", "1f 8b"]);
    check(&name, &packed[..5], &["damaged gzip", "byte 0", "ends in the middle"]);
    check(&name, &packed[..packed.len() - 20], &["unpacked byte", "are whole"]);
    let mut wrong_sum = packed.clone();
    let at = wrong_sum.len() - 6;
    wrong_sum[at] ^= 0xff;
    check(&name, &wrong_sum, &["damaged gzip data after byte 52"]);
    check(&name, &gzip(&packed), &["gzip within gzip"]);
}

/// A stream cut inside its checksum holds all values, and is refused all the same.
#[test]
fn a_gzip_file_without_its_checksum_is_refused() {
    let packed = gzip(&images(6));
    check(&format!("{TRAIN_IMAGES}.gz"), &packed[..packed.len() - 3], &["52"]);
}

#[test]
fn a_file_longer_than_its_header_says_is_refused() {
    let mut long = images(6);
    long.push(0);
    check(TRAIN_IMAGES, &long, &["goes on after byte 52", "6 images"]);
}

#[test]
fn dimensions_that_make_no_images_are_refused() {
    check(TRAIN_IMAGES, &idx(&[0, 2, 3], &[]), &["byte 4", "[0, 2, 3]", "no image"]);
    check(TRAIN_IMAGES, &idx(&[6, 0, 3], &[]), &["[6, 0, 3]"]);
    check(TRAIN_IMAGES, &idx(&[1, 5, 5, 5], &[0; 125]), &["[1, 5, 5, 5]", "channels"]);
    check(TRAIN_IMAGES, &idx(&[u32::MAX; 3], &[0; 9]), &["beyond any file"]);
    // A huge count is believed no further than the bytes there are.
    check(TRAIN_IMAGES, &idx(&[u32::MAX, 2, 3], &[0; 9]), &["only 1 images are whole"]);
}

#[test]
fn labels_that_do_not_match_the_images_are_told_with_both_counts() {
    let folder = Folder::new(&[0, 1, 2, 0, 1, 2], &[0, 1, 2]);
    let path = folder.write(TRAIN_LABELS, &labels(&[0, 1, 2, 0, 1]));
    let message = folder.complaint();
    let images = folder.path().join(TRAIN_IMAGES);
    let expected = format!("label file {} has 5 labels for 6 images of {}", path.display(), images.display());
    assert!(message.contains(&expected), "{message}");
}

#[test]
fn a_label_out_of_range_is_told_with_row_and_byte() {
    check(TRAIN_LABELS, &labels(&[0, 1, 2, 200, 1, 2]), &["label 200 of row 3 (byte 11)", "3 classes, 0 to 2"]);
    check(TEST_LABELS, &labels(&[0, 7, 2]), &["label 7 of row 1", "3 classes"]);

    let folder = Folder::new(&[0, 1, 2], &[0, 1]);
    let options = ImageOptions { classes: vec!["cat".into(), "dog".into()], ..folder.options() };
    let message = describe_images(&options, &Loader::new()).unwrap_err().to_string();
    assert!(message.contains("label 2 of row 2") && message.contains("2 classes"), "{message}");
}

/// One damaged byte among many labels must not make an eleventh class.
#[test]
fn a_stray_label_close_to_the_others_is_noticed_in_a_large_set() {
    let mut train: Vec<u8> = (0..3000).map(|row| (row % 10) as u8).collect();
    train[1234] = 10;
    let message = Folder::new(&train, &[0, 1]).complaint();
    assert!(message.contains("label 10 of row 1234") && message.contains("10 classes"), "{message}");
}

#[test]
fn parts_of_different_shapes_are_refused() {
    let folder = Folder::new(&[0, 1], &[0, 1]);
    let path = folder.write("t10k-images-idx3-ubyte", &idx(&[2, 3, 3], &[0; 18]));
    let message = folder.complaint();
    for phrase in [path.to_str().unwrap(), "[1, 3, 3]", TRAIN_IMAGES, "[1, 2, 3]"] {
        assert!(message.contains(phrase), "'{phrase}' is missing in: {message}");
    }
}

#[test]
fn a_file_changed_after_its_description_is_noticed() {
    let folder = Folder::new(&[0, 1], &[0, 1]);
    let described = folder.describe().unwrap();
    let path = folder.write(TRAIN_LABELS, &labels(&[1, 1]));
    let error = Loader::new().open(&described.train).unwrap_err();
    assert!(matches!(error, DataError::Changed { .. }));
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");

    folder.remove(TRAIN_LABELS);
    let error = Loader::new().open(&described.train).unwrap_err();
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
}

#[test]
fn a_description_that_does_not_fit_is_refused() {
    let folder = Folder::new(&[0, 1, 0, 1], &[0, 1]);
    let good = folder.describe().unwrap().train;
    let loader = Loader::new();
    let check = |change: &dyn Fn(&mut serde_json::Value), expected: &str| {
        let mut json = serde_json::to_value(&good).unwrap();
        change(&mut json);
        let message = match serde_json::from_value::<Samples>(json) {
            Ok(samples) => loader.open(&samples).map(|set| set.len()).unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        assert!(message.contains(expected), "'{expected}' is missing in: {message}");
    };
    check(&|json| json["schema"]["count"] = 9.into(), "9 samples are described, and 4 selected");
    check(&|json| json["schema"]["sample_shape"] = serde_json::json!([1, 28, 28]), "[1, 28, 28]");
    check(&|json| json["schema"]["classes"] = serde_json::json!(["only"]), "label 1 of row 1");
    let rows = |rows: serde_json::Value| move |json: &mut serde_json::Value| json["rows"] = rows.clone();
    check(&rows(serde_json::json!([{"select": "range", "start": 2, "end": 5}])), "rows 2 to 5 of 4");
    check(&rows(serde_json::json!([{"select": "range", "start": 3, "end": 1}])), "rows 3 to 1 of 4");
    check(&rows(serde_json::json!([{"select": "indices", "rows": [0, 4]}])), "row 4 of 4");
    check(&rows(serde_json::json!([{"select": "newer"}])), "newer");
    check(&|json| json["source"]["kind"] = "newer".into(), "newer");
    let step = serde_json::json!([{"step": "normalise", "method": "standardise", "mean": [0, 0], "std": [1, 1]}]);
    check(&move |json| json["steps"] = step.clone(), "fitted on 2 channels");

    let message = Samples::from_json("{\n  nonsense").unwrap_err().to_string();
    assert!(message.contains("line 2"), "{message}");
}

#[test]
fn senseless_parameters_are_refused_with_what_is_allowed() {
    let folder = Folder::new(&[0, 1, 0, 1], &[0, 1]);
    let loader = Loader::new();
    let none = describe_images(&ImageOptions { limit: Some(0), ..folder.options() }, &loader).unwrap_err();
    assert!(none.to_string().contains("limit"), "{none}");
    let data = folder.describe().unwrap();
    for validation in [
        Amount::Ratio(0.0),
        Amount::Ratio(1.0),
        Amount::Ratio(f64::NAN),
        Amount::Ratio(-1.0),
        Amount::Ratio(0.99),
        Amount::Count(0),
        Amount::Count(4),
    ] {
        let options = SplitOptions { validation, stratified: true, seed: 1, node: 1 };
        let message = split(&data, &options, &loader).unwrap_err().to_string();
        assert!(message.contains("validation") && message.contains("cannot be held out"), "{message}");
    }
    let (mut values, mut classes) = (Vec::new(), Vec::new());
    let message = loader.open(&data.test).unwrap().batch(&[0, 2], &mut values, &mut classes).unwrap_err().to_string();
    assert!(message.contains("sample 2") && message.contains("there are 2"), "{message}");
}
