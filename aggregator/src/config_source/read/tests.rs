//! However the rows are cut into pages, every account is given once and whole, or told as lost.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::FutureExt;
use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::config_source::fixtures::{Pages, account_id, id, repository};

type Given = Vec<(AccountId, Vec<String>, Rest)>;

fn read(pages: Vec<Vec<Value>>, fails: bool) -> (Given, Result<BTreeSet<AccountId>, ReadError>) {
    let select = Pages::default().with("AWS::ECR::Repository", pages, fails);
    let mut given = Given::new();
    let mut take = |account: AccountId, found: Vec<RecordedRepository>, rest: Rest| {
        given.push((account, found.iter().map(|read| read.described.name.clone()).collect(), rest));
        Ok(())
    };
    let done = repositories(&select, "eu-west-1", None, &mut take).now_or_never().unwrap();
    (given, done)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_row_is_given_once_whatever_the_pages(
        accounts in prop::collection::btree_map(0_usize..30, 1_usize..6, 0..12),
        cuts in prop::collection::vec(1_usize..7, 1..10),
        fails in any::<bool>(),
    ) {
        let mut rows: Vec<Value> = accounts
            .iter()
            .flat_map(|(account, count)| (0..*count).map(move |number| repository(*account, &format!("app-{number}"))))
            .collect();
        let all = rows.clone();
        let mut pages = Vec::new();
        for size in cuts.iter().cycle() {
            if rows.is_empty() {
                break;
            }
            pages.push(rows.drain(..(*size).min(rows.len())).collect::<Vec<_>>());
        }
        let (given, done) = read(pages, fails);

        let names: usize = given.iter().map(|(_, names, _)| names.len()).sum();
        prop_assert_eq!(names, all.len());
        let whole: BTreeSet<AccountId> =
            given.iter().filter(|(_, _, rest)| *rest == Rest::Nothing).map(|(account, _, _)| *account).collect();
        let expected: BTreeSet<AccountId> = accounts.keys().map(|account| account_id(*account)).collect();
        match done {
            Ok(told) => {
                prop_assert!(!fails);
                prop_assert_eq!(&told, &whole);
                prop_assert_eq!(told, expected);
            }
            Err(ReadError::Fault(_, told)) => {
                prop_assert!(fails);
                prop_assert_eq!(&told, &whole);
                // The account that was under way when the page was lost is not whole, though all of it had come.
                prop_assert_eq!(told.len(), expected.len().saturating_sub(1));
            }
            Err(ReadError::Kept(error)) => return Err(TestCaseError::fail(error.to_string())),
        }
        let counts: BTreeMap<AccountId, usize> = given.iter().map(|(account, names, _)| (*account, names.len())).collect();
        prop_assert_eq!(counts.len(), given.len(), "an account was given twice");
        for (account, count) in &accounts {
            prop_assert_eq!(counts[&account_id(*account)], *count);
        }
    }
}

/// An aggregator that ignores the order would make an account look whole that is not.
#[test]
fn rows_that_are_not_in_order_are_a_fault_and_their_account_is_not_whole() {
    let rows = [repository(1, "a"), repository(2, "b"), repository(1, "c"), repository(3, "d")];
    let (given, done) = read(vec![rows.to_vec()], false);
    let Err(ReadError::Fault(fault, whole)) = done else { panic!("{done:?}") };
    assert!(fault.message.contains(&id(1)), "{}", fault.message);
    assert_eq!(whole, BTreeSet::new());
    assert_eq!(given.len(), 2);
}

#[rstest]
#[case::empty_pages(vec![vec![], vec![repository(1, "a")], vec![]], 1)]
#[case::nothing(vec![vec![]], 0)]
#[case::twice(vec![vec![repository(1, "a")], vec![repository(1, "a"), repository(1, "b")]], 2)]
fn odd_pages(#[case] pages: Vec<Vec<Value>>, #[case] count: usize) {
    let (given, done) = read(pages, false);
    done.unwrap();
    assert_eq!(given.iter().map(|(_, names, _)| names.len()).sum::<usize>(), count);
}

#[test]
fn a_row_that_cannot_be_understood_loses_what_follows_and_not_itself_alone() {
    let rows = vec![repository(1, "a"), repository(2, "b"), json!({"accountId": "x"}), repository(3, "c")];
    let (given, done) = read(vec![rows], false);
    let Err(ReadError::Fault(_, whole)) = done else { panic!("{done:?}") };
    assert_eq!(whole, [account_id(1)].into());
    assert_eq!(given.last().map(|(account, _, rest)| (*account, *rest)), Some((account_id(2), Rest::Lost)));
}

/// A registry of many repositories is given part by part; only the last part says that it is all.
#[rstest]
#[case::all(false, Rest::Nothing)]
#[case::a_page_is_lost(true, Rest::Lost)]
fn a_large_account_is_given_in_parts(#[case] fails: bool, #[case] last: Rest) {
    let rows: Vec<Value> = (0..2_500).map(|number| repository(1, &format!("app-{number}"))).collect();
    let (given, _) = read(rows.chunks(100).map(<[Value]>::to_vec).collect(), fails);
    let parts: Vec<_> = given.iter().map(|(_, names, rest)| (names.len(), *rest)).collect();
    assert_eq!(parts, [(1_000, Rest::Follows), (1_000, Rest::Follows), (500, last)]);
    let names: BTreeSet<&String> = given.iter().flat_map(|(_, names, _)| names).collect();
    assert_eq!(names.len(), 2_500);
}
