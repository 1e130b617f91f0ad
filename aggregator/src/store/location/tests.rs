use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn s3(text: &str) -> S3Location {
    match text.parse().unwrap() {
        Location::S3(location) => location,
        Location::Folder(path) => panic!("{}", path.display()),
    }
}

#[rstest]
#[case("s3://reports", "reports", "", "s3://reports")]
#[case("s3://reports/", "reports", "", "s3://reports")]
#[case("s3://my.reports-1/ecr", "my.reports-1", "ecr", "s3://my.reports-1/ecr")]
#[case("s3://reports/a/b c/ü %+&=#?/", "reports", "a/b c/ü %+&=#?", "s3://reports/a/b c/ü %+&=#?")]
#[case("s3://reports/...", "reports", "...", "s3://reports/...")]
fn reads_buckets_and_prefixes(#[case] text: &str, #[case] bucket: &str, #[case] prefix: &str, #[case] shown: &str) {
    let location = s3(text);
    assert_eq!((location.bucket(), location.prefix(), location.to_string().as_str()), (bucket, prefix, shown));
    assert_eq!(s3(&location.to_string()), location);
}

#[test]
fn keys_are_under_the_prefix() {
    assert_eq!(s3("s3://reports/a").key("runs/x"), "a/runs/x");
    assert_eq!(s3("s3://reports").key("runs/x"), "runs/x");
    assert_eq!(s3("s3://reports").under("runs/x").to_string(), "s3://reports/runs/x");
}

#[rstest]
#[case("ecr-encryption-report")]
#[case("/var/reports/../reports")]
#[case("./s3")]
#[case("s3")]
#[case("C:\\reports")]
fn anything_else_is_a_folder(#[case] text: &str) {
    assert_eq!(text.parse::<Location>().unwrap(), Location::Folder(PathBuf::from(text)));
}

#[rstest]
#[case("", "is empty")]
#[case("S3://reports/x", "lower case")]
#[case("s3:/reports/x", "neither s3:// nor")]
#[case("s3:reports", "neither s3:// nor")]
#[case("arn:aws:s3:eu-central-1:111122223333:accesspoint/x", "access points")]
#[case("s3://arn:aws:s3:eu-central-1:111122223333:accesspoint/x", "access point")]
#[case("https://reports.s3.amazonaws.com/x", "another kind")]
#[case("file:///tmp", "another kind")]
#[case("s3://", "names no bucket")]
#[case("s3:///x", "names no bucket")]
#[case("s3://ab/x", "no bucket that could be")]
#[case("s3://Reports/x", "no bucket that could be")]
#[case("s3://re_ports/x", "no bucket that could be")]
#[case("s3://-reports/x", "no bucket that could be")]
#[case("s3://reports./x", "no bucket that could be")]
#[case("s3://re..ports/x", "no bucket that could be")]
#[case("s3://192.168.5.4/x", "no bucket that could be")]
#[case("s3://user@reports/x", "no bucket that could be")]
#[case("s3://reports-s3alias/x", "access point")]
#[case("s3://reports--euc1-az1--x-s3/x", "directory")]
#[case("s3://reports//x", "empty part")]
#[case("s3://reports/x//y", "empty part")]
#[case("s3://reports/x//", "empty part")]
#[case("s3://reports/../x", "`..`")]
#[case("s3://reports/x/..", "`..`")]
#[case("s3://reports/./x", "`..`")]
#[case("s3://reports/x\u{7}y", "control character")]
#[case("s3://reports/x\ny", "control character")]
fn refuses_what_could_be_meant_otherwise(#[case] text: &str, #[case] problem: &str) {
    let error = text.parse::<Location>().unwrap_err().to_string();
    assert!(error.contains(problem), "{error}");
    assert!(error.contains("s3://bucket/prefix"), "{error}");
}

#[test]
fn every_key_fits_s3() {
    let longest = |bytes| format!("s3://reports/{}", "x".repeat(bytes));
    assert!(longest(901).parse::<Location>().is_err());
    let key = s3(&longest(900)).key("parquet/scan_date=2026-11-23/019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071.parquet");
    assert!(key.len() <= 1_024, "{}", key.len());
    let key = s3(&longest(900)).key("runs/2026-11-23-019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071/differences.jsonl");
    assert!(key.len() <= 1_024, "{}", key.len());
}

#[cfg(unix)]
#[test]
fn a_path_that_is_not_text_is_a_folder() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let path = PathBuf::from(OsStr::from_bytes(b"report\xff"));
    assert_eq!(Location::of_path(path.clone()).unwrap(), Location::Folder(path));
}

proptest! {
    #[test]
    fn what_is_shown_is_read_again(text in "(s3:/?/?)?[a-z0-9./ -]{0,70}") {
        if let Ok(location) = text.parse::<Location>() {
            prop_assert_eq!(location.to_string().parse::<Location>().unwrap(), location);
        }
    }
}
