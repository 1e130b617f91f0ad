//! Every repository is compared once.

use std::cell::RefCell;

use ecr_encryption_core::{EncryptionConfiguration, EncryptionType, RepositoryEncryption, Tags};
use ecr_encryption_rule::lookup::RepositoryDescription;
use proptest::prelude::*;

use super::*;
use crate::config_source::row::RecordedRepository;
use crate::coverage::Cause;
use crate::report::samples;

fn target(account: usize) -> Target {
    Target { account_id: AccountId::parse(&format!("{account:012}")).unwrap(), region: "eu-west-1".to_owned() }
}

fn record(name: &str, encryption_type: &str) -> RecordedRepository {
    let encryption_type = EncryptionType::from(encryption_type);
    recorded(name, RepositoryEncryption::Known(EncryptionConfiguration { encryption_type, kms_key: None }))
}

fn recorded(name: &str, encryption: RepositoryEncryption) -> RecordedRepository {
    let described =
        RepositoryDescription { name: name.to_owned(), arn: String::new(), uri: None, created_at: None, encryption };
    RecordedRepository { described, tags: Tags::NotRead, recorded_at: "2026-11-01T10:00:00Z".parse().unwrap() }
}

fn finding(account: usize, name: &str, encryption_type: &str) -> Finding {
    Finding {
        account_id: target(account).account_id.to_string(),
        region: "eu-west-1".to_owned(),
        repository_name: name.to_owned(),
        encryption_type: Some(encryption_type.to_owned()),
        kms_key: None,
        ..samples::compliant()
    }
}

type Sides = BTreeMap<(usize, String), (Option<&'static str>, Option<&'static str>)>;

fn compare(sides: &Sides, coverage: &Coverage) -> (Comparison, Vec<Difference>) {
    let folder = tempfile::tempdir().unwrap();
    let shelf = Shelf::create(folder.path()).unwrap();
    let mut recorded: BTreeMap<usize, Vec<RecordedRepository>> = BTreeMap::new();
    for ((account, name), (_, config)) in sides {
        if let Some(config) = config {
            recorded.entry(*account).or_default().push(record(name, config));
        }
    }
    for (account, repositories) in recorded {
        // In parts, as those of a large registry come.
        for part in repositories.chunks(2) {
            shelf.put(target(account), part).unwrap();
        }
    }
    let differences = RefCell::new(Vec::new());
    let take = |difference: &Difference| {
        differences.borrow_mut().push(difference.clone());
        Ok(())
    };
    let mut comparer = Comparer::new(shelf, ["eu-west-1".to_owned()].into(), Comparison::default());
    for ((account, name), (ecr, _)) in sides {
        if let Some(ecr) = ecr {
            comparer.finding(&finding(*account, name, ecr), take).unwrap();
        }
    }
    let counted = comparer.finish(coverage, |_| true, take).unwrap();
    (counted, differences.into_inner())
}

/// Whether a repository counts, by its account and its two sides.
type Wanted<'a> = dyn Fn(usize, Option<&str>, Option<&str>) -> bool + 'a;

fn encryption() -> impl Strategy<Value = Option<&'static str>> {
    prop::sample::select(vec![None, Some("AES256"), Some("KMS")])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_repository_is_counted_once(
        sides in prop::collection::btree_map((0_usize..4, "[a-c]{1,2}"), (encryption(), encryption()), 0..20),
        lost in prop::option::of(0_usize..4),
        disabled in any::<bool>(),
    ) {
        let gap = |account| NotCovered {
            account_id: Some(target(account).account_id.to_string()),
            account_name: None,
            region: Some("eu-west-1".to_owned()),
            cause: if disabled { Cause::RegionDisabled } else { Cause::Failed },
            error_code: None,
            message: String::new(),
            hint: String::new(),
        };
        let coverage = Coverage { not_covered: lost.map(gap).into_iter().collect(), ..Coverage::default() };
        let (counted, differences) = compare(&sides, &coverage);
        let count = |is: &Wanted<'_>| {
            sides.iter().filter(|((account, _), (ecr, config))| is(*account, *ecr, *config)).count() as u64
        };
        prop_assert_eq!(counted.compared, count(&|_, ecr, config| ecr.is_some() && config.is_some()));
        prop_assert_eq!(counted.not_recorded, count(&|_, ecr, config| ecr.is_some() && config.is_none()));
        prop_assert_eq!(counted.stale, count(&|_, ecr, config| ecr.is_some() && config.is_some() && ecr != config));
        prop_assert_eq!(counted.missing, count(&|account, ecr, config| {
            ecr.is_none() && config.is_some() && Some(account) != lost
        }));
        prop_assert_eq!(differences.len() as u64, counted.not_recorded + counted.stale + counted.missing);
    }
}

#[test]
fn a_region_whose_records_were_not_read_has_no_differences() {
    let folder = tempfile::tempdir().unwrap();
    let mut comparer = Comparer::new(Shelf::create(folder.path()).unwrap(), BTreeSet::new(), Comparison::default());
    comparer.finding(&finding(1, "app", "KMS"), |_| panic!("a difference")).unwrap();
    let counted = comparer.finish(&Coverage::default(), |_| true, |_| panic!("a difference")).unwrap();
    assert_eq!(counted, Comparison::default());
}

#[test]
fn an_item_that_does_not_tell_the_encryption_is_stale() {
    let read = recorded("app", RepositoryEncryption::NotRecorded);
    let folder = tempfile::tempdir().unwrap();
    let shelf = Shelf::create(folder.path()).unwrap();
    shelf.put(target(1), &[read]).unwrap();
    let mut comparer = Comparer::new(shelf, ["eu-west-1".to_owned()].into(), Comparison::default());
    let mut fields = Vec::new();
    let take = |difference: &Difference| {
        fields.clone_from(&difference.fields);
        Ok(())
    };
    comparer.finding(&finding(1, "app", "KMS"), take).unwrap();
    assert_eq!(fields, ["encryption_type"]);
}
