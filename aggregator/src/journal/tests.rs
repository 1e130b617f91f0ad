use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use ecr_encryption_core::{KeyFacts, KeyManager, KeyOrigin, KeyState, RepositoryEncryption, Status, Tags};
use ecr_encryption_rule::lookup::RepositoryDescription;
use proptest::prelude::*;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::coverage::DisabledRegion;

const ONE: &str = "111111111111";
const TWO: &str = "222222222222";

fn id(text: &str) -> AccountId {
    AccountId::parse(text).unwrap()
}

fn opening() -> Opening {
    Opening {
        form: 1,
        run_id: "a-run".to_owned(),
        started_at: Timestamp::UNIX_EPOCH,
        tool_version: "1".to_owned(),
        caller_account_id: ONE.to_owned(),
        policy: json!({}),
        flags: serde_json::Map::new(),
    }
}

fn repository(name: &str) -> Item {
    let described = RepositoryDescription {
        name: name.to_owned(),
        arn: format!("arn:aws:ecr:eu-west-1:{ONE}:repository/{name}"),
        uri: None,
        created_at: None,
        encryption: RepositoryEncryption::NotReported,
    };
    Item::repository(described, Tags::NotRead)
}

fn repositories(names: &[&str]) -> Vec<Item> {
    names.iter().map(|name| repository(name)).collect()
}

fn block(account_id: &str, region: &str, complete: bool) -> Block {
    Block { complete, ..Block::new(id(account_id), region, Timestamp::UNIX_EPOCH) }
}

fn key(name: &str) -> KeyId {
    KeyId { owner: ONE.to_owned(), region: "eu-west-1".to_owned(), name: name.to_owned() }
}

fn described(name: &str) -> StoredAnswer {
    StoredAnswer::Described(KeyFacts {
        arn: name.to_owned(),
        manager: KeyManager::Customer,
        origin: KeyOrigin::AwsKms,
        state: KeyState::Enabled,
        recorded_at: None,
    })
}

fn plan(regions: &[&str]) -> Plan {
    let disabled = DisabledRegion { region: "af-south-1".to_owned(), opt_status: "DISABLED".to_owned() };
    Plan { regions: regions.iter().map(|&name| name.to_owned()).collect(), disabled: vec![disabled], ..Plan::default() }
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("journal.jsonl")
    }

    fn create(&self) -> Journal {
        Journal::create(&self.path(), opening()).unwrap()
    }

    fn reopen(&self) -> (Journal, Recovered) {
        {
            let (journal, mut recovered) = Journal::reopen(&self.path()).unwrap().unwrap();
            recovered.resumed_at.push(journal.resume().unwrap());
            (journal, recovered)
        }
    }
}

/// `account region name`, as the report has them.
fn joined(journal: &Journal) -> Vec<String> {
    let mut rows = Vec::new();
    journal
        .join(&journal.accounts(), |step| {
            if let Step::Item(one) = step {
                rows.push(format!("{} {} {}", one.account_id, one.region, one.item.place().1));
            }
            Ok(())
        })
        .unwrap();
    rows
}

#[test]
fn what_came_in_any_order_is_given_in_the_order_of_the_report() {
    let folder = Folder::new();
    let journal = folder.create();
    journal.add(block(TWO, "us-east-1", true), &repositories(&["z"])).unwrap();
    journal.add(block(ONE, "us-east-1", true), &repositories(&["b", "c"])).unwrap();
    journal.add(block(TWO, "eu-west-1", true), &[]).unwrap();
    journal.add(block(ONE, "eu-west-1", true), &repositories(&["a"])).unwrap();
    let rows = joined(&journal);
    assert_eq!(
        rows,
        [
            format!("{ONE} eu-west-1 a"),
            format!("{ONE} us-east-1 b"),
            format!("{ONE} us-east-1 c"),
            format!("{TWO} us-east-1 z")
        ]
    );
    let mut only_two = Vec::new();
    journal
        .join(&[id(TWO)].into(), |step| {
            if let Step::Item(one) = step {
                only_two.push(one.item);
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(only_two, repositories(&["z"]));
}

#[test]
fn the_pages_of_a_target_are_merged_and_a_repository_on_two_is_given_once() {
    let folder = Folder::new();
    let journal = folder.create();
    journal.add(block(ONE, "eu-west-1", false), &repositories(&["b", "d", "f"])).unwrap();
    journal.add(block(TWO, "eu-west-1", true), &repositories(&["x"])).unwrap();
    journal.add(block(ONE, "eu-west-1", false), &repositories(&["a", "d", "g"])).unwrap();
    journal.add(block(ONE, "eu-west-1", true), &repositories(&["c", "e", "f"])).unwrap();
    let names: String = joined(&journal).iter().filter_map(|row| row.chars().last()).collect();
    assert_eq!(names, "abcdefgx");
}

#[test]
fn a_later_session_knows_what_was_read_whole() {
    let folder = Folder::new();
    let journal = folder.create();
    journal.plan(id(ONE), &plan(&["eu-west-1", "us-east-1"])).unwrap();
    journal.plan(id(TWO), &plan(&["eu-west-1", "us-east-1"])).unwrap();
    journal.add(block(ONE, "eu-west-1", false), &repositories(&["a", "b"])).unwrap();
    let foreign = KeyId { owner: TWO.to_owned(), ..key("far") };
    let mut last = block(ONE, "eu-west-1", true);
    last.own_keys = vec![(key("hidden"), StoredAnswer::Denied("AccessDeniedException".to_owned()))];
    last.foreign_keys = vec![foreign.clone()];
    journal.add(last, &repositories(&["c"])).unwrap();
    journal.add(block(ONE, "us-east-1", true), &[]).unwrap();
    // The second page never came.
    journal.add(block(TWO, "us-east-1", false), &repositories(&["half"])).unwrap();
    drop(journal);

    let (journal, mut recovered) = folder.reopen();
    assert_eq!(recovered.opening, opening());
    assert_eq!(recovered.resumed_at.len(), 1);
    assert_eq!(recovered.keys.take_foreign(), [(foreign, [id(ONE)].into())].into());
    assert_eq!(recovered.keys.denied(), [(id(ONE), "eu-west-1".to_owned())]);
    assert_eq!(recovered.done.targets(), 2);
    let (known, done) = recovered.done.take(id(ONE)).unwrap();
    assert_eq!(*known, plan(&["eu-west-1", "us-east-1"]));
    let done: BTreeSet<(String, u64)> = done.into_iter().map(|(region, count)| (region.to_string(), count)).collect();
    assert_eq!(done, [("eu-west-1".to_owned(), 3), ("us-east-1".to_owned(), 0)].into());
    assert!(recovered.done.take(id(ONE)).is_none());
    assert!(recovered.done.take(id(TWO)).unwrap().1.is_empty());

    // What was read in part is read again, and found once.
    journal.add(block(TWO, "us-east-1", true), &repositories(&["half", "other"])).unwrap();
    let names: Vec<_> = joined(&journal).iter().map(|row| row.rsplit_once(' ').unwrap().1.to_owned()).collect();
    assert_eq!(names, ["a", "b", "c", "half", "other"]);
}

#[test]
fn what_an_earlier_session_read_in_part_and_this_one_not_at_all_is_no_finding() {
    let folder = Folder::new();
    folder.create().add(block(ONE, "eu-west-1", false), &repositories(&["a"])).unwrap();
    let (journal, _) = folder.reopen();
    assert_eq!(joined(&journal), Vec::<String>::new());
}

#[test]
fn what_this_session_read_in_part_is_given() {
    let folder = Folder::new();
    let journal = folder.create();
    journal.add(block(ONE, "eu-west-1", false), &repositories(&["a"])).unwrap();
    assert_eq!(joined(&journal), [format!("{ONE} eu-west-1 a")]);
}

#[test]
fn the_latest_answer_about_a_key_counts() {
    let folder = Folder::new();
    let journal = folder.create();
    let mut first = block(ONE, "eu-west-1", true);
    first.own_keys = vec![(key("k"), StoredAnswer::NotFound), (key("l"), StoredAnswer::NotFound)];
    journal.add(first, &repositories(&["a"])).unwrap();
    // After everything was read, without repositories.
    let mut second = block(ONE, "eu-west-1", false);
    second.own_keys = vec![(key("k"), described("k"))];
    journal.add(second, &[]).unwrap();
    let answers = journal.own_answers(id(ONE)).unwrap();
    assert_eq!(answers.get(&key("k")), Some(&KeyAnswer::from(described("k"))));
    assert_eq!(answers.get(&key("l")), Some(&KeyAnswer::NotFound));
    assert!(journal.own_answers(id(TWO)).unwrap().is_empty());
}

#[test]
fn most_accounts_share_a_plan_and_the_file_has_it_once() {
    let folder = Folder::new();
    let journal = folder.create();
    for number in 0..100 {
        journal.plan(id(&format!("{number:012}")), &plan(&["eu-west-1"])).unwrap();
    }
    journal.plan(id(ONE), &plan(&["us-east-1"])).unwrap();
    let text = fs::read_to_string(folder.path()).unwrap();
    assert_eq!(text.matches(r#""record":"plan""#).count(), 2);
    drop(journal);
    let (_, mut recovered) = folder.reopen();
    assert_eq!(recovered.done.take(id("000000000099")).unwrap().0.regions, ["eu-west-1"]);
    assert_eq!(recovered.done.take(id(ONE)).unwrap().0.regions, ["us-east-1"]);
}

#[test]
fn a_file_that_says_nothing_of_itself_is_no_journal() {
    let folder = Folder::new();
    for torn in ["", r#"00000000 {"record":"opening","#, "\n", "00000000 {}\n"] {
        fs::write(folder.path(), torn).unwrap();
        assert!(Journal::reopen(&folder.path()).unwrap().is_none(), "{torn}");
    }
    let later = "{\"record\":\"of a later version\"}\n";
    fs::write(folder.path(), format!("{:08x} {later}", crc32fast::hash(later.as_bytes()))).unwrap();
    Journal::reopen(&folder.path()).unwrap_err();
}

/// A small run, with what each of its targets has.
fn written(folder: &Folder) -> Vec<(String, Vec<&'static str>)> {
    let journal = folder.create();
    let mut targets = Vec::new();
    for (account_id, names) in [(ONE, vec!["a", "b"]), (TWO, vec!["c"])] {
        journal.plan(id(account_id), &plan(&["eu-west-1", "us-east-1"])).unwrap();
        for region in ["us-east-1", "eu-west-1"] {
            journal.add(block(account_id, region, true), &repositories(&names)).unwrap();
            targets.push((format!("{account_id} {region}"), names.clone()));
        }
    }
    targets.sort();
    targets
}

proptest! {
    /// Wherever a crash has cut the file off, or spoilt a byte: what is done is whole, what is not done is read again, and
    /// afterwards everything is there once.
    #[test]
    fn a_torn_journal_is_gone_on_with(cut in 0_usize..2_000, spoilt in proptest::option::of(0_usize..2_000)) {
        let folder = Folder::new();
        let targets = written(&folder);
        let mut bytes = fs::read(folder.path()).unwrap();
        let first = bytes.iter().position(|byte| *byte == b'\n').unwrap();
        bytes.truncate((first + 1 + cut).min(bytes.len()));
        if let Some(byte) = spoilt.and_then(|at| bytes.get_mut(first + 1 + at)) {
            *byte = b'#';
        }
        fs::write(folder.path(), &bytes).unwrap();
        let (journal, mut recovered) = folder.reopen();
        for (target, names) in &targets {
            let (account_id, region) = target.split_once(' ').unwrap();
            let done = recovered.done.take(id(account_id));
            let is_done = done.as_ref().is_some_and(|(_, done)| done.iter().any(|(known, _)| **known == *region));
            if !is_done {
                journal.add(block(account_id, region, true), &repositories(names)).unwrap();
            }
            // The account's other target needs it too.
            if let Some((plan, done)) = done {
                recovered.done.put_back(id(account_id), plan, done);
            }
        }
        let expected: Vec<String> = targets
            .iter()
            .flat_map(|(target, names)| names.iter().map(move |name| format!("{target} {name}")))
            .collect();
        prop_assert_eq!(joined(&journal), expected);
    }
}

/// Keys are asked for again by each session: what an earlier one was told after everything was read may be true no more, and
/// what another account has read now is judged by what its key is now.
#[test]
fn what_an_earlier_session_was_told_of_keys_counts_for_what_it_has_read_alone() {
    let folder = Folder::new();
    let journal = folder.create();
    let mut read = block(ONE, "eu-west-1", true);
    read.own_keys = vec![(key("in-use"), described("in-use"))];
    journal.add(read, &repositories(&["a"])).unwrap();
    let mut alias = block(ONE, "eu-west-1", false);
    alias.own_keys = vec![(key(ecr_encryption_rule::keys::AWS_MANAGED), StoredAnswer::NotFound)];
    journal.add(alias, &[]).unwrap();
    let names = |answers: HashMap<KeyId, KeyAnswer>| answers.into_keys().map(|key| key.name).collect::<BTreeSet<_>>();
    let both: BTreeSet<String> = ["alias/aws/ecr", "in-use"].map(str::to_owned).into();
    assert_eq!(names(journal.own_answers(id(ONE)).unwrap()), both);
    assert_eq!(names(journal.own_answers_of_session(id(ONE)).unwrap()), both);
    drop(journal);

    let (journal, _) = folder.reopen();
    assert_eq!(names(journal.own_answers(id(ONE)).unwrap()), ["in-use".to_owned()].into());
    assert!(journal.own_answers_of_session(id(ONE)).unwrap().is_empty());
}

#[test]
fn the_verdicts_of_all_pages_of_a_target_are_counted_once_it_is_whole() {
    let folder = Folder::new();
    let journal = folder.create();
    let page = |region: &str, complete: bool, count: u64| {
        let verdicts = [(Status::NonCompliant, count)].into();
        Block { verdicts, ..block(ONE, region, complete) }
    };
    journal.add(page("eu-west-1", false, 3), &repositories(&["a", "b", "c"])).unwrap();
    journal.add(page("us-east-1", false, 9), &repositories(&["half"])).unwrap();
    // The last one may hold no repositories.
    journal.add(page("eu-west-1", true, 0), &[]).unwrap();
    drop(journal);
    let (_, recovered) = folder.reopen();
    assert_eq!(recovered.verdicts.get(&Status::NonCompliant), Some(&3));
}

/// What tells whether a session has got on.
#[test]
fn the_extent_counts_what_this_session_has_read_whole() {
    let folder = Folder::new();
    let journal = folder.create();
    journal.add(block(ONE, "us-east-1", true), &repositories(&["a"])).unwrap();
    journal.add(block(ONE, "eu-west-1", false), &repositories(&["b"])).unwrap();
    let extent = journal.extent();
    assert_eq!(extent, Extent { bytes: fs::metadata(folder.path()).unwrap().len(), targets: 1, resumed: 0 });
    drop(journal);
    // A torn end is no part of it.
    fs::OpenOptions::new().append(true).open(folder.path()).unwrap().write_all(b"1234").unwrap();
    let (journal, recovered) = Journal::reopen(&folder.path()).unwrap().unwrap();
    assert_eq!((journal.extent().bytes, recovered.done.targets()), (extent.bytes, 1));
    journal.resume().unwrap();
    assert_eq!((journal.extent().targets, journal.extent().resumed), (0, 1));
    journal.add(block(ONE, "eu-west-1", true), &repositories(&["b"])).unwrap();
    assert_eq!(journal.extent().targets, 1);
    assert_eq!(journal.extent().bytes, fs::metadata(folder.path()).unwrap().len());
}

#[test]
fn how_a_run_was_begun_is_told_by_its_first_record() {
    let folder = Folder::new();
    drop(folder.create());
    assert_eq!(Journal::opening(&folder.path()).unwrap(), Some(opening()));
    fs::write(folder.path(), "12345678 {\"record\"").unwrap();
    assert_eq!(Journal::opening(&folder.path()).unwrap(), None);
}
