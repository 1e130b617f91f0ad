//! What holds whatever two runs have found.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];
const NAMES: [&str; 3] = ["a", "b", "b/c"];

/// What may be in a place, and whether it is the one that was there before.
fn kept() -> impl Strategy<Value = Kept> {
    let status = prop_oneof![3 => Just(None), 4 => prop_oneof![Just(C), Just(N), Just(U), Just(E)].prop_map(Some)];
    let one = (status, any::<bool>(), 0..3_u8, prop_oneof![4 => Just(false), 1 => Just(true)]);
    let places = REGIONS.len() * NAMES.len() * 2;
    let account = (prop::collection::vec(one, places), prop::collection::btree_set(0..REGIONS.len(), 0..=2));
    prop::collection::vec(account, 4).prop_map(|accounts| {
        let mut run = Kept::default();
        for (number, (findings, whole)) in (1..).zip(accounts) {
            let types = [FindingType::Repository, FindingType::PullThroughCacheRule];
            let places = REGIONS.into_iter().flat_map(|region| {
                types.into_iter().flat_map(move |kind| NAMES.into_iter().map(move |name| (region, kind, name)))
            });
            for ((region, finding_type, name), (status, is_aged, key, is_anew)) in places.zip(findings) {
                let Some(status) = status else { continue };
                run.findings.push(Finding {
                    finding_type,
                    open_since: (is_open(status) && is_aged).then(|| at(OLDER)),
                    kms_key_arn: Some(format!("key/{key}")),
                    created_at: Some(at(if is_anew { OLD } else { OLDER })),
                    ..finding(number, region, name, status)
                });
            }
            if !whole.is_empty() {
                let regions: Vec<&str> = whole.into_iter().map(|index| REGIONS[index]).collect();
                run.targets.push(targets(number, &regions));
            }
        }
        run
    })
}

/// The same, without what only a comparison tells.
fn fresh(run: &Kept) -> Kept {
    let mut run = run.clone();
    run.findings.iter_mut().for_each(|finding| finding.open_since = None);
    run
}

fn open_in(run: &Kept) -> u64 {
    let unseen = run.changes.iter().filter(|change| change.change == ChangeKind::NoLongerSeen);
    let open = run.findings.iter().filter(|finding| is_open(finding.status)).count();
    (open + unseen.filter(|change| change.open_since.is_some()).count()) as u64
}

proptest! {
    #[test]
    fn a_run_has_not_changed_since_itself(run in kept()) {
        let mut again = run.clone();
        again.targets = (1..=4).map(|account| targets(account, &REGIONS)).collect();
        let totals = join(&run, &mut again);
        prop_assert_eq!(&again.changes, &Vec::new());
        prop_assert_eq!(totals.still_open, open_in(&run));
        let mut untold = fresh(&again);
        join(&run, &mut untold);
        for (before, after) in run.findings.iter().zip(&untold.findings) {
            prop_assert_eq!(after.open_since, is_open(before.status).then(|| before.open_since.unwrap_or(at(OLD))));
        }
    }

    /// Over three runs, so that what was lost is carried on: nothing that is open gets lost, whatever is seen.
    #[test]
    fn what_was_open_is_accounted_for(first in kept(), second in kept(), third in kept(), with_templates in any::<bool>()) {
        let mut runs = [first, fresh(&second), fresh(&third)];
        for index in 1..runs.len() {
            let (before, after) = runs.split_at_mut(index);
            let (old, new) = (&before[index - 1], &mut after[0]);
            let totals = join_with(old, new, with_templates, 4_096).unwrap();
            let count = |kind| new.changes.iter().filter(|change| change.change == kind).count() as u64;
            prop_assert_eq!(
                open_in(old),
                totals.still_open + totals.changed + totals.fixed + totals.exempted + totals.gone + totals.no_longer_seen_open
            );
            let open_now = new.findings.iter().filter(|finding| is_open(finding.status)).count() as u64;
            prop_assert_eq!(open_now, totals.still_open + totals.changed + totals.new);
            prop_assert_eq!(
                [totals.new, totals.changed, totals.fixed, totals.exempted, totals.gone, totals.no_longer_seen],
                [ChangeKind::New, ChangeKind::Changed, ChangeKind::Fixed, ChangeKind::Exempted, ChangeKind::Gone,
                    ChangeKind::NoLongerSeen].map(count)
            );
            prop_assert!(new.findings.iter().all(|finding| finding.open_since.is_some() == is_open(finding.status)));
            let oldest = new.findings.iter().filter_map(|finding| finding.open_since).min();
            prop_assert_eq!(totals.oldest_open_since, oldest);
        }
    }

    #[test]
    fn a_lost_region_fixes_nothing(old in kept(), new in kept(), with_templates in any::<bool>()) {
        let mut new = fresh(&new);
        join_with(&old, &mut new, with_templates, 4_096).unwrap();
        let seen: BTreeSet<_> = new.findings.iter().map(Place::from).collect();
        let whole = |change: &Change| {
            let targets = new.targets.iter().find(|targets| targets.account_id == change.account_id);
            targets.is_some_and(|targets| targets.regions.contains_key(&change.region))
                && (with_templates || change.finding_type == FindingType::Repository)
        };
        for change in &new.changes {
            let is_seen = seen.contains(&Place::from(change));
            match change.change {
                ChangeKind::Gone => prop_assert!(is_seen || whole(change)),
                ChangeKind::NoLongerSeen => prop_assert!(!is_seen && !whole(change)),
                _ => prop_assert!(is_seen),
            }
        }
        // Whatever was there and cannot have been seen is told of.
        let told: BTreeSet<_> = new.changes.iter().map(Place::from).collect();
        for finding in &old.findings {
            let lost = lost_line(finding);
            prop_assert!(seen.contains(&Place::from(finding)) || whole(&lost) || told.contains(&Place::from(finding)));
        }
    }

    #[test]
    fn changes_come_in_order_whatever_fits_the_memory(old in kept(), new in kept()) {
        let (mut one, mut other) = (fresh(&new), fresh(&new));
        let totals = join_with(&old, &mut one, true, 4_096).unwrap();
        prop_assert_eq!(join_with(&old, &mut other, true, 2).unwrap(), totals);
        prop_assert_eq!(&one.changes, &other.changes);
        for pair in one.changes.windows(2) {
            let anew = pair[0].change == ChangeKind::Gone && pair[1].change == ChangeKind::New;
            let (first, second) = (Place::from(&pair[0]), Place::from(&pair[1]));
            prop_assert!(first < second || (first == second && anew));
        }
    }
}

fn lost_line(finding: &Finding) -> Change {
    let mut lost = Kept::default();
    join(&Kept { findings: vec![finding.clone()], ..Kept::default() }, &mut lost);
    lost.changes.remove(0)
}
