//! What is called in member accounts: the CDK app's role there allows that, and nothing else.

use std::collections::BTreeSet;

use integration_tests::called_operations;

use crate::event::{Event, item, key_item, pascal_case};
use crate::harness::{Bench, HOME, ROLE, SHOP, key, organization, repository, under};

/// What every kind of event makes the rule call in a member account.
fn called(parameters: &[(&str, &str)]) -> BTreeSet<String> {
    let mut organization = organization();
    organization.keys = vec![key(SHOP, "shop")];
    organization.repositories = vec![repository(SHOP, "shop/legacy"), under(SHOP, "shop/app", "shop")];
    let bench = Bench::new(organization);
    let parameters = [&[("executionRoleName", ROLE)], parameters].concat();
    let oversized = item(SHOP, "shop/app", pascal_case("shop/app", None, None));
    for event in [
        bench.change_of(SHOP, "shop/app"),
        bench.change_of(SHOP, "shop/legacy"),
        Event::oversized(oversized),
        Event::change(key_item(&bench.key_arn("shop"), "Enabled")),
        Event::scheduled(),
    ] {
        bench.invoke(&event.of(SHOP).parameters(&parameters)).succeeded();
    }
    bench.simulator.counters().actions_in_members(HOME).unwrap()
}

#[test]
fn the_role_in_every_account_allows_what_the_rule_calls() {
    let plain = called(&[]);
    assert_eq!(plain, called_operations("rule").unwrap());
    let with_tag = called(&[("exemptTagKey", "encryption-exempt")]);
    assert!(plain.is_subset(&with_tag), "{with_tag:?}");
    assert_eq!(
        with_tag.difference(&plain).cloned().collect::<BTreeSet<_>>(),
        called_operations("rule with exemptTagKey").unwrap()
    );
}
