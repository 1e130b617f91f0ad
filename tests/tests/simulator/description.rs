//! The TOML description: what it refuses, and the demo organization.

use std::collections::BTreeSet;
use std::path::Path;

use integration_tests::{Organization, World};
use rstest::rstest;

const ACCOUNT: &str = "[[account]]\nid = '111111111111'\n";

#[rstest]
#[case::unknown_field("latensy_ms = 3\n", "line 1, column 1")]
#[case::unknown_nested_field("[[account]]\nid = '111111111111'\nnmae = 'x'\n", "line 3, column 1")]
#[case::wrong_effect("[[fault]]\neffect = 'explode'\n", "unknown variant `explode`")]
#[case::organization_id("id = 'o-1'\n", "organization id `o-1`")]
#[case::caller_without_account("", "caller's account `111111111111`: is not described")]
#[case::short_account("[[account]]\nid = '1'\n", "account `1`: must be twelve digits")]
#[case::unknown_unit("[[account]]\nid = '111111111111'\norganizational_unit = 'ou-x'\n", "`ou-x` is not described")]
#[case::unknown_parent(
    "[[organizational_unit]]\nid = 'ou-a'\nname = 'A'\nparent = 'ou-b'\n",
    "`ou-b` is not described above it"
)]
fn a_description_is_refused(#[case] text: &str, #[case] expected: &str) {
    let error = Organization::parse(text).expect_err("refused").to_string();
    // The management account is checked before the caller's, which is the same.
    let error = error.replace("management account", "caller's account");
    assert!(error.contains(expected), "{error}");
}

#[rstest]
#[case::unknown_account(
    "[[repository]]\naccount = '222222222222'\nregion = 'us-east-1'\nname = 'aa'\n",
    "its account `222222222222` is not described"
)]
#[case::unknown_key(
    "[[repository]]\naccount = '111111111111'\nregion = 'us-east-1'\nname = 'aa'\nencryption_type = 'KMS'\nkey = 'shop'\n",
    "its key `shop` is not described"
)]
#[case::key_without_type(
    "[[repository]]\naccount = '111111111111'\nregion = 'us-east-1'\nname = 'aa'\nkms_key = 'x'\n",
    "no `encryption_type`"
)]
#[case::alias(
    "[[key]]\nname = 'k'\naccount = '111111111111'\nregion = 'us-east-1'\naliases = ['shop']\n",
    "must begin with `alias/`"
)]
#[case::probability("[[fault]]\nprobability = 2.0\n", "must be 0 to 1")]
#[case::generated_and_listed("[generate]\naccounts = 2\n", "choose one")]
fn an_inventory_is_refused(#[case] text: &str, #[case] expected: &str) {
    let error = Organization::parse(&format!("{ACCOUNT}{text}")).expect_err("refused").to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn one_account_is_enough() {
    let organization = Organization::parse(ACCOUNT).expect("a description");
    let world = World::new(organization).expect("a world");
    let role = world.role("111111111111", "/EcrEncryptionAudit").expect("the default role");
    assert_eq!(role.max_session_seconds, 3600);
}

#[test]
fn the_demo_organization_shows_everything() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("organizations/demo.toml");
    let world = World::new(Organization::load(&path).expect("a description")).expect("a world");
    let states: BTreeSet<String> = world.accounts().map(|account| account.state.as_str().to_owned()).collect();
    assert_eq!(states, ["ACTIVE", "PENDING_CLOSURE", "SUSPENDED"].map(str::to_owned).into());
    let paths: BTreeSet<String> = world.accounts().map(|account| world.organizational_unit_path(&account)).collect();
    let expected = ["Root", "Root/Sandbox", "Root/Security", "Root/Workloads/Dev", "Root/Workloads/Prod"];
    assert_eq!(paths, expected.map(str::to_owned).into());
    let (mut types, mut repositories) = (BTreeSet::new(), 0);
    let (mut origins, mut key_states) = (BTreeSet::new(), BTreeSet::new());
    for account in world.accounts() {
        for (region, _) in world.regions(&account.id) {
            for repository in world.repositories(&account.id, &region) {
                repositories += 1;
                types.insert(repository.encryption_type.clone().unwrap_or_default());
            }
            for key in world.keys(&account.id, &region) {
                origins.insert(key.origin.clone());
                key_states.insert(key.state.clone());
            }
        }
    }
    // Every described repository is in a Region that its account knows.
    assert_eq!(repositories, world.organization().repositories.len());
    assert!((30..=40).contains(&repositories), "{repositories}");
    assert_eq!(types, ["AES256", "KMS", "KMS_DSSE", "KMS_TRIPLE"].map(str::to_owned).into());
    let expected = ["AWS_CLOUDHSM", "AWS_KMS", "EXTERNAL", "EXTERNAL_KEY_STORE", "QUANTUM_VAULT"];
    assert_eq!(origins, expected.map(str::to_owned).into());
    let expected = ["Disabled", "Enabled", "PendingDeletion", "PendingImport", "Unavailable"];
    assert_eq!(key_states, expected.map(str::to_owned).into());
}

#[test]
fn the_caller_of_a_generated_organization_is_in_it() {
    let caller = "management_account = '200000000000'\n[caller]\naccount = '200000000002'\n";
    let generate = |accounts| format!("{caller}[generate]\naccounts = {accounts}\n");
    assert!(Organization::parse(&generate(3)).is_ok());
    let error = Organization::parse(&generate(2)).expect_err("refused").to_string();
    assert!(error.starts_with("caller's account `200000000002`: is not described"), "{error}");
}
