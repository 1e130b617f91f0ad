//! An organization whose names try to get out of every format.

use integration_tests::{Account, Caller, Deny, DenyKind, Key, Organization, OrganizationalUnit, Repository};

const HOME: &str = "111111111111";
const REGION: &str = "eu-west-1";

/// Names of accounts, one of each that some format could trip over. Those of AWS are shorter; nothing here counts on that.
pub const HOSTILE_NAMES: [&str; 9] = [
    "</script><script>alert(1)</script>",
    "=cmd()|' /C calc'!A0",
    "\u{202e}gnp.exe \u{200f}א",
    "Team 🙂 `code` ``more`` @everyone #1",
    "[link](https://example.com) | ![x](y)",
    "]]> <!-- & \"quoted\" 'too'",
    "{0} %s \\n https://example.com www.example.com",
    "-1+1 </details>\\",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
];

/// Accounts with these names, each with repositories of all sorts; a role that is missing; the policy is [`POLICY`].
pub fn organization() -> Organization {
    let account = |id: &str, name: &str| Account { id: id.to_owned(), name: name.to_owned(), ..Account::default() };
    let mut organization = Organization {
        management_account: HOME.to_owned(),
        caller: Caller { account: HOME.to_owned(), ..Caller::default() },
        regions: vec![REGION.to_owned(), "us-east-1".to_owned()],
        accounts: vec![account(HOME, "Home")],
        organizational_units: vec![OrganizationalUnit {
            id: "ou-abcd-hostile1".to_owned(),
            name: "</td>=cmd()🙂".to_owned(),
            parent: None,
        }],
        ..Organization::default()
    };
    for (index, name) in HOSTILE_NAMES.into_iter().enumerate() {
        let id = format!("2222222222{index:02}");
        organization
            .accounts
            .push(Account { organizational_unit: Some("ou-abcd-hostile1".to_owned()), ..account(&id, name) });
        organization.repositories.push(repository(&id, "plain", Some("AES256"), None));
        // The longest name that ECR takes.
        organization.repositories.push(repository(&id, &format!("a/{}", "b".repeat(254)), Some("AES256"), None));
    }
    let shop = "222222222200";
    organization.keys = vec![key("open", shop, "Enabled"), key("going", shop, "PendingDeletion")];
    organization.repositories.extend([
        repository(shop, "compliant", None, Some("open")),
        repository(shop, "lost-soon", None, Some("going")),
        Repository {
            tags: [("exempt".to_owned(), "=until - the +team @moves".to_owned())].into(),
            ..repository(shop, "by-tag", Some("AES256"), None)
        },
        Repository {
            tags: [("exempt".to_owned(), "2099-12-31".to_owned())].into(),
            ..repository(shop, "by-tag-until", Some("AES256"), None)
        },
        repository(shop, "unknown", Some("QUANTUM"), None),
    ]);
    organization.repositories.push(Repository {
        region: "us-east-1".to_owned(),
        ..repository("444444444444", "behind-a-policy", Some("AES256"), None)
    });
    organization.accounts.push(Account { roles: Some(Vec::new()), ..account("333333333333", "No </role> @here") });
    organization.accounts.push(Account {
        deny: vec![Deny {
            action: "ecr:*".to_owned(),
            regions: vec!["us-east-1".to_owned()],
            kind: Some(DenyKind::Scp),
        }],
        ..account("444444444444", "Half")
    });
    organization
}

/// The same the day before: there was a repository that is gone since, `lost-soon` was not there yet, and of the account
/// `Half` everything could be read.
pub fn earlier() -> Organization {
    let mut organization = organization();
    organization.repositories.retain(|repository| repository.name != "lost-soon");
    organization.repositories.push(repository("222222222200", "gone", Some("AES256"), None));
    for account in &mut organization.accounts {
        account.deny.clear();
    }
    organization
}

/// What exempts `by-tag`.
pub const POLICY: &str = "exempt_tag_key = \"exempt\"\n";

fn repository(account: &str, name: &str, encryption_type: Option<&str>, key: Option<&str>) -> Repository {
    Repository {
        account: account.to_owned(),
        region: REGION.to_owned(),
        name: name.to_owned(),
        encryption_type: Some(encryption_type.unwrap_or("KMS").to_owned()),
        key: key.map(str::to_owned),
        ..Repository::default()
    }
}

fn key(name: &str, account: &str, state: &str) -> Key {
    Key {
        name: name.to_owned(),
        account: account.to_owned(),
        region: REGION.to_owned(),
        state: state.to_owned(),
        ..Key::default()
    }
}
