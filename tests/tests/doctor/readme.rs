//! The README tells of each check what the program tells, and which rights it takes.

use ecr_encryption_aggregator::doctor::Check;

use crate::reading::all_actions;

const README: &str = include_str!("../../../README.md");

#[test]
fn the_readme_has_the_table_of_the_checks() {
    for check in Check::ALL {
        let row = format!("| `{}` | {} |", check.id(), check.description());
        assert!(README.contains(&row), "the README lacks the row: {row}");
    }
}

/// The policies there are the least that it takes: what is called, and nothing else.
#[test]
fn the_readme_has_the_rights() {
    let policies = README.split("```json").filter(|text| text.contains("\"DoctorAs"));
    let mut told: Vec<String> = policies
        .flat_map(|text| text.split("```").next().unwrap().split('"'))
        .filter(|word| word.contains(':') && word.split(':').count() == 2 && !word.contains([' ', ',', '[', '{']))
        .map(str::to_owned)
        .collect();
    told.sort();
    assert_eq!(told, all_actions().into_iter().collect::<Vec<_>>());
}
