//! Diagnoses for the tests of what shows them.

use std::sync::Arc;

use super::book::{Book, Place};
use super::check::Check;
use super::diagnosis::{Diagnosis, Preflight};
use super::mend;
use super::problem::Problem;
use crate::account::{Account, AccountId};

/// A diagnosis of three accounts, of which `tell` has found something.
pub fn diagnosis(tell: impl FnOnce(&Book, &[Account])) -> Diagnosis {
    let book = Book::default();
    let accounts = [("111111111111", "Management"), ("222222222222", "Shop\u{1b}[2J"), ("333333333333", "Bank")];
    let accounts = accounts
        .map(|(id, name)| Account { name: Some(Arc::from(name)), ..Account::by_id(AccountId::parse(id).unwrap()) });
    for account in &accounts {
        book.found(account);
        book.checked(account);
    }
    book.tell(Check::Caller, Place::default(), []);
    book.tell(Check::Organization, Place::default(), []);
    tell(&book, &accounts);
    let at = |text: &str| text.parse().unwrap();
    Diagnosis {
        preflight: Preflight {
            started_at: at("2026-11-23T22:30:00Z"),
            finished_at: at("2026-11-23T22:31:00Z"),
            tool_version: "0.1.0".to_owned(),
            caller_account_id: "111111111111".to_owned(),
            caller_arn: "arn:aws:iam::111111111111:user/admin".to_owned(),
            region: "eu-central-1".to_owned(),
            home_account_id: "111111111111".to_owned(),
            organization_id: Some("o-a1b2c3d4e5".to_owned()),
            management_account_id: Some("111111111111".to_owned()),
            role_name: "OrganizationAccountAccessRole".to_owned(),
            rule_regions: vec!["eu-central-1".to_owned(), "us-east-1".to_owned()],
            note: None,
            interruption: None,
        },
        found: book.close(),
        api_calls: [("sts".to_owned(), [("GetCallerIdentity".to_owned(), 1)].into())].into(),
        api_retries: 0,
        was_stopped: false,
    }
}

/// One with something of everything.
pub fn everything() -> Diagnosis {
    diagnosis(|book, accounts| {
        let [management, shop, bank] = accounts else { panic!("there are three") };
        book.tell(Check::TrustedAccess, Place::default(), []);
        let problem = Problem::missing("not enabled for config.amazonaws.com")
            .mend(mend::enable_service_access(Some("111111111111"), "config.amazonaws.com"));
        book.tell(Check::TrustedAccess, Place::default(), [problem]);
        let problem = Problem::to_come("there is no StackSet `EcrEncryptionMemberRole` in eu-central-1")
            .hint("if it is in another Region, say so: AWS_REGION; if it has another name: --stack-set")
            .mend(mend::deploy("EcrEncryptionAccess"));
        book.tell(Check::StackSet, Place::default(), [problem]);
        for (account, region, name) in [
            (management, "us-east-1", "default"),
            (shop, "eu-central-1", "default"),
            (shop, "us-east-1", "it's\u{1b}[2J"),
            (bank, "eu-central-1", "default"),
            (bank, "us-east-1", "default"),
        ] {
            let id = account.id.to_string();
            let problem = Problem::missing("the configuration recorder is stopped")
                .hint("or leave the account out: --exclude-accounts here, organization.excludedAccounts in the CDK app's configuration")
                .mend(mend::start_recorder(&id, region, name));
            book.tell(Check::Recorder, Place { account: Some(account), region: Some(region) }, [problem]);
        }
        book.tell(Check::Recorder, Place { account: Some(management), region: Some("eu-central-1") }, []);
        let problem = Problem::unknown("kms:DescribeKey failed (ThrottlingException)")
            .said("Rate exceeded\u{202e}".to_owned())
            .hint("run it again, or with a lower --max-rate");
        book.tell(Check::KmsRights, Place { account: Some(bank), region: Some("us-east-1") }, [problem]);
    })
}
