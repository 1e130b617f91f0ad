//! What is known of a key, from AWS Config and from KMS.

use std::slice::from_ref;
use std::sync::Mutex;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use ecr_encryption_core::{KeyManager, KeyOrigin, KeyState};
use ecr_encryption_rule::aws::fault::FaultKind;
use ecr_encryption_rule::lookup::{RepositoryDescription, RepositoryPage, TagsByArn};
use futures_util::FutureExt;
use rstest::rstest;

use super::*;
use crate::config_source::fixtures::{Pages, id, key, key_arn};

const KEY: &str = "11111111-0000-4000-8000-000000000001";

/// KMS, which describes the keys that it is told to and denies all others.
#[derive(Default)]
struct Kms {
    describes: Vec<String>,
    asked: Mutex<Vec<String>>,
}

fn no_such_call() -> AwsFault {
    AwsFault::other("ecr:DescribeRepositories", "not asked here")
}

impl Lookup for Kms {
    async fn repositories(&self, _: &Access, _: Option<String>) -> Result<RepositoryPage, AwsFault> {
        Err(no_such_call())
    }

    async fn repository(&self, _: &Access, _: &str) -> Result<RepositoryDescription, AwsFault> {
        Err(no_such_call())
    }

    async fn key(&self, _: &Access, name: &str) -> Result<KeyFacts, AwsFault> {
        self.asked.lock().unwrap().push(name.to_owned());
        if !self.describes.iter().any(|known| known == name) {
            let code = Some("AccessDeniedException".to_owned());
            return Err(AwsFault { kind: FaultKind::Denied, code, ..AwsFault::other("kms:DescribeKey", "no") });
        }
        Ok(KeyFacts {
            arn: name.to_owned(),
            manager: KeyManager::Customer,
            origin: KeyOrigin::AwsKms,
            state: KeyState::Enabled,
            recorded_at: None,
        })
    }

    async fn tags_page(&self, _: &Access, _: &str, _: Option<String>) -> Result<(TagsByArn, Option<String>), AwsFault> {
        Err(no_such_call())
    }
}

fn used(owner: usize, name: &str) -> KeyId {
    KeyId { owner: id(owner), region: "eu-west-1".to_owned(), name: name.to_owned() }
}

/// Account 1 is the caller's.
fn ask(select: &Pages, kms: &Kms, keys: &[KeyId], prove_state: bool) -> BTreeMap<KeyId, KeyAnswer> {
    let credentials = AccountCredentials::of_caller(SharedCredentialsProvider::new(Credentials::for_tests()));
    let account_id = id(1);
    let reader = KeyReader {
        select,
        lookup: kms,
        credentials: &credentials,
        account_id: &account_id,
        partition: "aws",
        prove_state,
    };
    reader.answers(keys.iter().cloned().collect()).now_or_never().unwrap().into_iter().collect()
}

fn recorded() -> Pages {
    Pages::default().with("AWS::KMS::Key", vec![vec![key(2, KEY, "CUSTOMER")]], false)
}

fn is_recorded(answer: &KeyAnswer) -> bool {
    matches!(answer, KeyAnswer::Described(facts) if facts.recorded_at.is_some())
}

#[test]
fn a_recorded_key_is_not_asked_of_kms() {
    let kms = Kms::default();
    let named = used(2, &key_arn(2, KEY));
    assert!(is_recorded(&ask(&recorded(), &kms, from_ref(&named), false)[&named]));
    assert_eq!(*kms.asked.lock().unwrap(), Vec::<String>::new());
}

#[rstest]
#[case::by_id(KEY, true)]
#[case::another_id("22222222-0000-4000-8000-000000000002", false)]
#[case::alias("alias/app", false)]
fn keys_are_found_by_every_name_that_has_an_id(#[case] name: &str, #[case] found: bool) {
    let named = used(2, name);
    let answers = ask(&recorded(), &Kms::default(), from_ref(&named), false);
    assert_eq!(is_recorded(&answers[&named]), found, "{answers:?}");
}

/// The replica of another account has the same id, and may be of another kind.
#[test]
fn a_key_of_another_account_with_the_same_id_is_another_key() {
    let other = used(3, &key_arn(3, KEY));
    let answers = ask(&recorded(), &Kms::default(), from_ref(&other), false);
    assert_eq!(answers[&other], KeyAnswer::Denied("AccessDeniedException".to_owned()));
}

/// To KMS a name without an account is one of the caller's own keys.
#[test]
fn another_accounts_names_are_asked_for_as_arns() {
    let kms = Kms::default();
    ask(&Pages::default(), &kms, &[used(2, KEY), used(2, "alias/app"), used(1, "alias/app")], false);
    let mut asked = kms.asked.lock().unwrap().clone();
    asked.sort();
    let alias = format!("arn:aws:kms:eu-west-1:{}:alias/app", id(2));
    // The last is for the lower bound of the caller's own key.
    let expected = [AWS_MANAGED.to_owned(), "alias/app".to_owned(), alias, key_arn(2, KEY)];
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(asked, expected);
}

/// Without a proof that a key is not the AWS-managed one there is no bound above it.
#[test]
fn the_aws_managed_key_of_another_account_counts_as_not_readable() {
    let named = used(2, &key_arn(2, KEY));
    let answers = ask(&Pages::default(), &Kms::default(), &[named], false);
    let managed = &answers[&KeyId::aws_managed(&id(2), "eu-west-1")];
    assert!(matches!(managed, KeyAnswer::Denied(_)), "{managed:?}");
}

#[test]
fn from_a_query_that_failed_no_bound_follows() {
    let select = Pages::default().with("AWS::KMS::Key", Vec::new(), true);
    let named = used(2, &key_arn(2, KEY));
    assert!(matches!(ask(&select, &Kms::default(), from_ref(&named), false)[&named], KeyAnswer::Failed(_)));
    // What KMS tells stands.
    let kms = Kms { describes: vec![key_arn(2, KEY)], ..Kms::default() };
    assert!(matches!(ask(&select, &kms, from_ref(&named), false)[&named], KeyAnswer::Described(_)));
}

#[rstest]
#[case::kms_tells(true)]
#[case::kms_denies(false)]
fn where_the_state_must_be_proved_kms_goes_first(#[case] tells: bool) {
    let named = used(2, &key_arn(2, KEY));
    let describes = if tells { vec![key_arn(2, KEY)] } else { Vec::new() };
    let answers = ask(&recorded(), &Kms { describes, ..Kms::default() }, from_ref(&named), true);
    assert_eq!(is_recorded(&answers[&named]), !tells);
}

#[test]
fn many_keys_are_asked_for_together() {
    let ids: Vec<String> = (0..200).map(|number| format!("{number:08x}-0000-4000-8000-000000000001")).collect();
    let keys: Vec<KeyId> = ids.iter().map(|key_id| used(2, &key_arn(2, key_id))).collect();
    let rows = ids.iter().map(|key_id| key(2, key_id, "CUSTOMER")).collect();
    let select = Pages::default().with("AWS::KMS::Key", vec![rows], false);
    let answers = ask(&select, &Kms::default(), &keys, false);
    assert!(answers.values().all(is_recorded) && answers.len() == 200);
    assert_eq!(select.asked.lock().unwrap().len(), 3);
}
