//! Every account and Region that is wanted is covered, or told.

use futures_util::FutureExt;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::config_source::aggregator::AggregatorSource;
use crate::config_source::fixtures::{Pages, account_id, id, recorder};
use crate::config_source::words::Words;

fn accounts(count: usize) -> BTreeMap<AccountId, Arc<Account>> {
    (0..count).map(account_id).map(|id| (id, Arc::new(Account::by_id(id)))).collect()
}

fn aggregator() -> Aggregator {
    Aggregator {
        name: "all".to_owned(),
        of_organization: true,
        sources: vec![AggregatorSource { accounts: None, regions: None }],
        resource_types: None,
    }
}

fn region(opt_status: &str) -> Vec<AccountRegion> {
    vec![AccountRegion { name: "eu-west-1".to_owned(), opt_status: opt_status.to_owned() }]
}

fn surveyed(select: &Pages, count: usize, own: &[AccountRegion], failing: &[FailingSource]) -> Survey {
    let (accounts, caller) = (accounts(count), account_id(0));
    let wanted =
        Wanted { accounts: &accounts, regions: &Regions::All, own_regions: Some(own), caller_account_id: caller };
    let words = Words { aggregator: "the aggregator".to_owned(), hint: &|_| "allow it".to_owned() };
    survey(select, &aggregator(), &wanted, Ok(failing), &words).now_or_never().unwrap()
}

fn recording() -> Value {
    json!({"Recording": true, "RecordingGroup": {"AllSupported": true}})
}

fn shapes() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        recording(),
        json!({"Recording": false, "RecordingGroup": {"AllSupported": true}}),
        json!({"Recording": true, "RecordingGroup": {"AllSupported": false, "ResourceTypes": []}}),
        json!({"Recording": true}),
        json!({}),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// A lost account that nobody is told of would be a false pass.
    #[test]
    fn an_account_is_covered_only_where_its_recorder_says_so_and_told_everywhere_else(
        recorders in prop::collection::btree_map(0_usize..12, shapes(), 0..12),
        fails in any::<bool>(),
        opt_in in any::<bool>(),
        failing in prop::collection::btree_set(0_usize..12, 0..4),
    ) {
        let rows: Vec<Value> = recorders.iter().map(|(account, shape)| recorder(*account, shape)).collect();
        let select = Pages::default().with("ConfigurationRecorder", vec![rows], fails);
        let failing_sources: Vec<FailingSource> = failing
            .iter()
            .map(|account| FailingSource {
                account_id: Some(account_id(*account)),
                region: Some("eu-west-1".to_owned()),
                status: "FAILED".to_owned(),
                last_update: None,
                error_code: None,
                error_message: None,
            })
            .collect();
        let own = region(if opt_in { "DISABLED" } else { "ENABLED_BY_DEFAULT" });
        let survey = surveyed(&select, 12, &own, &failing_sources);
        let told_for_all =
            survey.not_covered.iter().any(|entry| entry.account_id.is_none() && entry.cause.is_gap());
        for account in 0..12 {
            let proved = recorders.get(&account) == Some(&recording()) && !failing.contains(&account);
            let target = survey.targets.get(&account_id(account)).and_then(|regions| regions.get("eu-west-1"));
            let covered = target == Some(&None);
            prop_assert_eq!(covered, proved, "account {}: {:?}", account, survey);
            let told = covered
                || matches!(target, Some(Some(gap)) if gap.cause.is_gap())
                || survey.not_covered.iter().any(|entry| entry.account_id == Some(id(account)))
                || (told_for_all && opt_in);
            prop_assert!(told, "account {account}: {survey:?}");
        }
    }
}

#[test]
fn an_account_with_two_recorders_is_recorded_by_the_better_one() {
    let of_a_service = json!({"Recording": true, "RecordingGroup": {"AllSupported": false, "ResourceTypes": []}});
    let rows = vec![recorder(0, &recording()), recorder(0, &of_a_service)];
    let select = Pages::default().with("ConfigurationRecorder", vec![rows], false);
    let survey = surveyed(&select, 1, &region("ENABLED_BY_DEFAULT"), &[]);
    assert_eq!(survey.targets[&account_id(0)]["eu-west-1"], None);
}

#[test]
fn the_organizations_own_failing_source_leaves_everything_in_doubt() {
    let rows = vec![recorder(0, &recording())];
    let select = Pages::default().with("ConfigurationRecorder", vec![rows], false);
    let failing = FailingSource {
        account_id: None,
        region: Some("eu-west-1".to_owned()),
        status: "OUTDATED".to_owned(),
        last_update: None,
        error_code: None,
        error_message: None,
    };
    let survey = surveyed(&select, 1, &region("ENABLED_BY_DEFAULT"), &[failing]);
    let places: Vec<_> =
        survey.not_covered.iter().map(|entry| (&entry.account_id, &entry.region, entry.cause)).collect();
    assert_eq!(places, [(&None, &None, Cause::Outdated)]);
}
