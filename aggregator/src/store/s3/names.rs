//! How objects are named under a location's prefix.

/// The part of the prefix under which the runs are.
pub(super) const RUNS: &str = "runs";
/// The part of the prefix under which the dataset over all runs is.
pub(super) const DATASET: &str = "parquet";
/// The part of the prefix under which unfinished runs are.
pub(super) const UNFINISHED: &str = ".unfinished";
/// A copy of the newest run's manifest, with the run's name.
pub(super) const LATEST: &str = "latest.json";
/// What is written, again and again, to find out whether anything can be.
pub(super) const WRITE_CHECK: &str = ".write-check";

/// Where a run is, from the location's prefix.
pub(super) fn of_run(run_name: &str) -> String {
    format!("{RUNS}/{run_name}")
}

/// Where an unfinished run is, from the location's prefix.
pub(super) fn of_unfinished(run_id: &str) -> String {
    format!("{UNFINISHED}/{run_id}")
}

/// The name of something in a folder, of which an empty one is the location's prefix itself.
pub(super) fn within(folder: &str, file: &str) -> String {
    if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") }
}

/// The name of a run's part of the dataset: `2026-11-23-RUN_ID` has `parquet/scan_date=2026-11-23/RUN_ID.parquet`.
pub(super) fn of_dataset(run_name: &str) -> Option<String> {
    let (date, id) = run_name.split_at_checked("2026-11-23".len())?;
    let id = id.strip_prefix('-').filter(|id| !id.is_empty())?;
    date.parse::<jiff::civil::Date>().ok()?;
    Some(format!("{DATASET}/scan_date={date}/{id}.parquet"))
}

/// Whether a file or run can have this name: one that leads nowhere else, neither on S3 nor on a disk. What a bucket holds
/// may be written by others.
pub(super) fn is_plain(name: &str) -> bool {
    (1..=255).contains(&name.len())
        && !name.starts_with('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// The content type of a file, by the end of its name.
pub(super) fn content_type(name: &str) -> &'static str {
    match end(name) {
        "html" => "text/html; charset=utf-8",
        "json" => "application/json",
        "jsonl" => "application/x-ndjson",
        "csv" => "text/csv; charset=utf-8",
        "md" => "text/markdown; charset=utf-8",
        "sarif" => "application/sarif+json",
        "xml" => "application/xml",
        "parquet" => "application/vnd.apache.parquet",
        _ => "application/octet-stream",
    }
}

fn end(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, end)| end)
}

/// What a browser does with a file: it shows the page, and saves the rest under its own name.
pub(super) fn content_disposition(name: &str) -> String {
    let base = name.rsplit_once('/').map_or(name, |(_, base)| base);
    let how = if end(base) == "html" { "inline" } else { "attachment" };
    format!("{how}; filename=\"{base}\"")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("2026-11-23-019ab3c4", Some("parquet/scan_date=2026-11-23/019ab3c4.parquet"))]
    #[case("2026-11-23-", None)]
    #[case("2026-11-23", None)]
    #[case("2026-13-23-019ab3c4", None)]
    #[case("übermorgen", None)]
    fn the_dataset_of_a_run(#[case] run_name: &str, #[case] expected: Option<&str>) {
        assert_eq!(of_dataset(run_name).as_deref(), expected);
    }

    #[rstest]
    #[case("findings.ocsf.jsonl", true)]
    #[case("2026-11-23-019ab3c4", true)]
    #[case("..", false)]
    #[case(".hidden", false)]
    #[case("a/b", false)]
    #[case("a\\b", false)]
    #[case("C:x", false)]
    #[case("", false)]
    fn plain_names(#[case] name: &str, #[case] expected: bool) {
        assert_eq!(is_plain(name), expected);
    }

    #[test]
    fn a_browser_shows_the_page_and_saves_the_rest() {
        assert_eq!(content_disposition("runs/x/report.html"), "inline; filename=\"report.html\"");
        assert_eq!(content_disposition("findings.csv"), "attachment; filename=\"findings.csv\"");
    }
}
