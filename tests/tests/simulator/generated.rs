//! Organizations that are computed from sizes and a seed.

use std::collections::BTreeSet;

use integration_tests::{Generate, Organization, World};
use serde_json::json;

use crate::client::{Client, strings};
use crate::world::start;

fn world(seed: u64, sizes: Generate) -> World {
    World::new(Organization { seed, ..Organization::generated(sizes) }).expect("a world")
}

fn contents(world: &World) -> Vec<String> {
    let mut contents = Vec::new();
    for account in world.accounts() {
        for (region, _) in world.regions(&account.id).iter().filter(|(_, status)| status.is_usable()) {
            contents.extend(world.repositories(&account.id, region).map(|repository| format!("{repository:?}")));
        }
    }
    contents
}

#[test]
fn the_same_seed_gives_the_same_world() {
    let sizes = || Generate { accounts: 5, regions: 3, repositories: 7, uneven: true, ..Generate::default() };
    let first = contents(&world(1, sizes()));
    assert_eq!(first, contents(&world(1, sizes())));
    assert_ne!(first, contents(&world(2, sizes())));
    assert!((50..=160).contains(&first.len()), "{}", first.len());
}

#[test]
fn the_largest_world_costs_nothing_until_it_is_read() {
    let world = world(1, Generate { accounts: 50_000, repositories: 100_000, ..Generate::default() });
    let last = world.account(49_999).expect("the last account").id.clone();
    assert_eq!(world.account_by_id(&last).expect("by id").name, "account-49999");
    assert_eq!(world.account(50_000), None);
    let repository = world.repositories_from(&last, "us-west-2", 99_999).next().expect("the last repository");
    assert_eq!(world.repository(&last, "us-west-2", &repository.name).as_deref(), Some(&*repository));
    assert_eq!(world.repository(&last, "us-west-2", "team-1/service-100000"), None);
    assert_eq!(world.repository_count(&last, "af-south-1"), 0);
}

#[test]
fn a_world_has_a_mix_of_everything() {
    let sizes = Generate { accounts: 40, regions: 2, repositories: 50, keys: 3, ..Generate::default() };
    let world = world(1, sizes);
    let (mut types, mut origins, mut states) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let (mut foreign, mut missing) = (0, 0);
    for account in world.accounts() {
        for (region, _) in world.regions(&account.id).iter().filter(|(_, status)| status.is_usable()) {
            for repository in world.repositories(&account.id, region) {
                types.insert(repository.encryption_type.clone().expect("a type"));
                let Some(arn) = &repository.kms_key else { continue };
                let mut parts = arn.split([':', '/']).skip(4);
                let (owner, id) = (parts.next().expect("an account"), parts.nth(1).expect("an id"));
                foreign += usize::from(owner != account.id);
                match world.key(owner, region, id) {
                    None => missing += 1,
                    Some(key) => {
                        assert_eq!(key.arn(), *arn);
                        origins.insert(key.origin.clone());
                        states.insert(key.state.clone());
                    }
                }
            }
        }
    }
    assert_eq!(types, ["AES256", "KMS", "KMS_DSSE"].map(str::to_owned).into());
    assert_eq!(origins.len(), 4, "{origins:?}");
    assert_eq!(states.len(), 4, "{states:?}");
    assert!((20..400).contains(&foreign) && (10..200).contains(&missing), "{foreign} {missing}");
}

#[test]
fn the_units_hold_every_account_once() {
    let world = world(1, Generate { accounts: 100, organizational_units: 21, ..Generate::default() });
    let units = world.organizational_units().iter().map(|unit| Some(unit.id.as_str()));
    let mut ids: Vec<String> = std::iter::once(None)
        .chain(units)
        .flat_map(|unit| world.accounts_of(unit, 0, usize::MAX).into_iter().map(|account| account.id.clone()))
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 100);
    let deepest = world.lineage(Some("ou-root-00000020"));
    assert_eq!(deepest.len(), 3);
}

#[test]
fn shares_of_accounts_are_suspended_or_lack_the_role() {
    let sizes =
        Generate { accounts: 1000, suspended_per_mille: 100, without_role_per_mille: 100, ..Generate::default() };
    let world = world(1, sizes);
    let suspended = world.accounts().filter(|account| account.state.as_str() == "SUSPENDED").count();
    let without = world.accounts().filter(|account| account.roles.as_deref() == Some(&[])).count();
    assert!((60..140).contains(&suspended) && (60..140).contains(&without), "{suspended} {without}");
}

#[test]
fn what_is_answered_is_what_the_world_contains() {
    let simulator = start(Organization::generated(Generate { repositories: 20, ..Generate::default() }));
    let (account, region) = ("200000000004", "eu-west-1");
    let client = Client::new(&simulator).assume(account);
    let answer = client.ecr("DescribeRepositories", &json!({})).ok();
    let expected: Vec<String> =
        simulator.world().repositories(account, region).map(|repository| repository.arn()).collect();
    assert_eq!(strings(&answer["repositories"], "repositoryArn"), expected);
    for key in simulator.world().keys(account, region) {
        let metadata = client.describe_key(&key.arn()).ok()["KeyMetadata"].clone();
        assert_eq!((&metadata["Origin"], &metadata["KeyState"]), (&json!(key.origin), &json!(key.state)));
    }
}
