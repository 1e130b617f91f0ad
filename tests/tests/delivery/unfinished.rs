//! What a bucket has of unfinished runs: whole, or not there; and who writes the report of one that several go on with.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use ecr_encryption_aggregator::history::manifest::ManifestFile;
use ecr_encryption_aggregator::store::s3::{S3Options, S3Store, StoreError};
use ecr_encryption_aggregator::unfinished::{Opening, UnfinishedManifest};
use rstest::rstest;
use serde_json::json;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::endpoint::{bucket, keys, moto, open};
use crate::fake_s3::{FakeS3, Fault, Head, error};
use crate::run::{Run, sha256};

const ID: &str = "019ab3c4-5d6e-7f80-9a1b-000000000001";

fn opening(run_id: &str) -> Opening {
    serde_json::from_value(json!({
        "form": 1, "run_id": run_id, "started_at": "2026-11-23T13:02:00Z", "tool_version": "0.1.0",
        "caller_account_id": "123456789012", "policy": {}, "flags": {},
    }))
    .unwrap()
}

/// A journal in pieces of these lengths.
struct Journal {
    path: PathBuf,
    manifest: UnfinishedManifest,
    _folder: TempDir,
}

impl Journal {
    fn new(targets: u64, lengths: &[usize]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut content, mut journal) = (Vec::new(), Vec::new());
        for (index, length) in lengths.iter().enumerate() {
            // Each run has its own.
            let piece = vec![u8::try_from(index).unwrap() + b'a' + u8::try_from(targets % 16).unwrap(); *length];
            let sha256 = sha256(&piece);
            journal.push(ManifestFile { name: format!("journal-{}", &sha256[..16]), bytes: *length as u64, sha256 });
            content.extend(piece);
        }
        fs::write(&path, content).unwrap();
        let interrupted_at = "2026-11-23T13:16:00Z".parse().unwrap();
        let manifest = UnfinishedManifest { opening: opening(ID), resumed: 0, interrupted_at, targets, journal };
        Self { path, manifest, _folder: folder }
    }

    async fn send(&self, store: &S3Store) -> Result<UnfinishedManifest, StoreError> {
        let mut offset = 0;
        for piece in &self.manifest.journal {
            store.put_journal_piece(ID, &self.path, offset, piece).await?;
            offset += piece.bytes;
        }
        store.put_unfinished(&self.manifest).await
    }
}

async fn fetched(store: &S3Store) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let run = store.unfinished(ID).await.unwrap().unwrap();
    store.fetch_journal(&run.manifest, &path).await.unwrap();
    fs::read(path).unwrap()
}

#[tokio::test]
async fn a_journal_comes_back_as_it_was() {
    let client = bucket("unfinished-runs", "eu-west-1").await;
    let store = open(moto(), "s3://unfinished-runs/ecr", S3Options::default()).await;
    assert_eq!(store.unfinished_ids().await.unwrap(), Vec::<String>::new());
    assert_eq!(store.unfinished(ID).await.unwrap(), None);
    // The second goes in parts.
    let journal = Journal::new(5, &[1_000, 17 << 20, 3]);
    assert_eq!(journal.send(&store).await.unwrap(), journal.manifest);
    assert_eq!(store.unfinished_ids().await.unwrap(), [ID]);
    assert!(fetched(&store).await == fs::read(&journal.path).unwrap());
    assert_eq!(store.put_continuation(ID, 1, "{}".to_owned()).await.unwrap(), None);
    let there = store.put_continuation(ID, 1, "[]".to_owned()).await.unwrap();
    assert_eq!(there.as_deref(), Some(&b"{}"[..]), "what is there stays");
    assert_eq!(keys(&client, "unfinished-runs").await.len(), 5);
    store.remove_unfinished(ID).await.unwrap();
    assert_eq!(keys(&client, "unfinished-runs").await, [""; 0]);
}

#[tokio::test]
async fn the_run_that_has_begun_last_comes_first() {
    bucket("unfinished-order", "eu-central-1").await;
    let store = open(moto(), "s3://unfinished-order", S3Options::default()).await;
    let ids = ["019ab3c4-0000-7000-8000-000000000001", "019ab3c5-0000-7000-8000-000000000000"];
    for id in ids {
        store.put_continuation(id, 1, "{}".to_owned()).await.unwrap();
    }
    assert_eq!(store.unfinished_ids().await.unwrap(), [ids[1], ids[0]]);
}

/// Whatever step fails: what was there before is still whole.
#[rstest]
#[case::piece(|head: &Head| head.is("PUT", "/journal-").then(|| error(403, "AccessDenied")))]
#[case::manifest(|head: &Head| head.is("PUT", "/manifest.json").then(|| error(403, "AccessDenied")))]
#[tokio::test]
async fn what_fails_spoils_nothing(#[case] rule: fn(&Head) -> Option<Fault>) {
    let is_on = Arc::new(AtomicBool::new(false));
    let on = Arc::clone(&is_on);
    let server = FakeS3::start(move |head| on.load(Ordering::Relaxed).then(|| rule(head)).flatten()).await;
    let store = open(&server.endpoint, "s3://bucket/x", S3Options::default()).await;
    let before = Journal::new(5, &[1_000]);
    before.send(&store).await.unwrap();
    is_on.store(true, Ordering::Relaxed);
    let mut after = Journal::new(5, &[1_000, 500]);
    after.manifest.targets = 6;
    after.send(&store).await.unwrap_err();
    assert_eq!(store.unfinished(ID).await.unwrap().unwrap().manifest, before.manifest);
    assert!(fetched(&store).await == fs::read(&before.path).unwrap());
    // And once nothing fails any more.
    is_on.store(false, Ordering::Relaxed);
    after.send(&store).await.unwrap();
    assert!(fetched(&store).await == fs::read(&after.path).unwrap());
}

/// Several have gone on with the run at once: what has read most stays, and is whole.
#[tokio::test]
async fn of_several_the_one_that_has_read_most_stays() {
    bucket("unfinished-at-once", "eu-central-1").await;
    let mut sending = JoinSet::new();
    for targets in 1..=5 {
        sending.spawn(async move {
            let store = open(moto(), "s3://unfinished-at-once", S3Options::default()).await;
            let journal = Journal::new(targets, &[usize::try_from(targets).unwrap() * 10, 7]);
            let there = journal.send(&store).await.unwrap();
            assert!(there.targets >= targets);
        });
    }
    sending.join_all().await;
    let store = open(moto(), "s3://unfinished-at-once", S3Options::default()).await;
    assert_eq!(store.unfinished(ID).await.unwrap().unwrap().manifest.targets, 5);
    assert_eq!(fetched(&store).await, fs::read(Journal::new(5, &[50, 7]).path).unwrap());
}

#[rstest]
#[case::no_json("{\"opening\"", "is no manifest of a run")]
#[case::other_form("{\"form\": 2}", "is no manifest of a run")]
#[tokio::test]
async fn a_manifest_that_cannot_be_read_is_told_and_makes_room(#[case] content: &str, #[case] told: &str) {
    let server = FakeS3::start(|_| None).await;
    let store = open(&server.endpoint, "s3://bucket", S3Options::default()).await;
    let key = format!("/bucket/.unfinished/{ID}/manifest.json");
    server.state().objects.insert(key, content.as_bytes().to_vec());
    let text = store.unfinished(ID).await.unwrap_err().to_string();
    assert!(text.contains(told), "{text}");
    let journal = Journal::new(1, &[10]);
    journal.send(&store).await.unwrap();
    assert_eq!(store.unfinished(ID).await.unwrap().unwrap().manifest, journal.manifest);
}

/// A bucket's content may be somebody else's work.
#[tokio::test]
async fn names_that_lead_elsewhere_are_refused() {
    let server = FakeS3::start(|_| None).await;
    let store = open(&server.endpoint, "s3://bucket", S3Options::default()).await;
    for (run_id, name) in [(ID, "../../latest.json"), ("019ab3c4-0000-7000-8000-000000000001", "journal-1")] {
        let mut manifest = Journal::new(1, &[10]).manifest;
        manifest.opening = opening(run_id);
        manifest.journal[0].name = name.to_owned();
        let content = serde_json::to_vec(&manifest).unwrap();
        server.state().objects.insert(format!("/bucket/.unfinished/{ID}/manifest.json"), content);
        let error = store.unfinished(ID).await.unwrap_err();
        assert!(matches!(error, StoreError::Name(_) | StoreError::Manifest { .. }), "{error}");
    }
    for id in ["..", "a/b", ".hidden"] {
        assert!(matches!(store.remove_unfinished(id).await, Err(StoreError::Name(_))));
        assert!(matches!(store.unfinished(id).await, Err(StoreError::Name(_))));
    }
}

#[tokio::test]
async fn one_at_a_time_writes_the_report_of_a_run() {
    let client = bucket("alone", "eu-central-1").await;
    let (inside, done) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let mut working = JoinSet::new();
    for _ in 0..4 {
        let (inside, done) = (Arc::clone(&inside), Arc::clone(&done));
        working.spawn(async move {
            let store = open(moto(), "s3://alone/x", S3Options::default()).await;
            let work = async {
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                tokio::time::sleep(std::time::Duration::from_millis(300)).await;
                inside.fetch_sub(1, Ordering::SeqCst);
                done.fetch_add(1, Ordering::SeqCst);
                Ok::<_, StoreError>(())
            };
            store.alone(ID, work).await.unwrap();
        });
    }
    working.join_all().await;
    assert_eq!(done.load(Ordering::SeqCst), 4);
    assert_eq!(keys(&client, "alone").await, [""; 0]);
}

/// Each of those who have gone on with a run has files of its own, of the same names.
#[tokio::test]
async fn reports_of_one_run_that_are_written_at_once_are_not_mixed() {
    let client = bucket("not-mixed", "eu-central-1").await;
    let mut publishing = JoinSet::new();
    for writer in 0..5_u8 {
        publishing.spawn(async move {
            let store = open(moto(), "s3://not-mixed/x", S3Options::default()).await;
            let content = vec![writer; 50_000];
            let names = ["a", "b", "c", "d", "e", "f"].map(|name| (name, content.as_slice()));
            let run = Run::new(23, &names).with_dataset(&content);
            let publication = run.publication();
            let publishing = Box::pin(store.publish(&publication));
            store.alone(&run.manifest.run_id, publishing).await.unwrap();
        });
    }
    publishing.join_all().await;
    let store = open(moto(), "s3://not-mixed/x", S3Options::default()).await;
    let run = store.runs().await.unwrap().kept.pop().unwrap();
    store.fetch(&run, &[], tempfile::tempdir().unwrap().path()).await.unwrap();
    assert_eq!(keys(&client, "not-mixed").await.len(), 9, "nothing else is left");
}

/// Who has given it up keeps nobody out, whatever its clock says; nor does what is no lock.
#[rstest]
#[case::given_up(json!({ "by": "another", "until": "2126-11-23T13:02:00Z", "released": true }).to_string())]
#[case::none("{".to_owned())]
#[case::empty(String::new())]
#[tokio::test]
async fn a_lock_that_was_left_keeps_nobody_out(#[case] content: String) {
    let server = FakeS3::start(|_| None).await;
    let store = open(&server.endpoint, "s3://bucket", S3Options::default()).await;
    server.state().objects.insert(format!("/bucket/.unfinished/{ID}/lock.json"), content.into_bytes());
    store.alone(ID, async { Ok::<_, StoreError>(()) }).await.unwrap();
    let state = server.state();
    let conditions: Vec<_> =
        state.heads.iter().filter(|head| head.is("PUT", "/lock.json")).map(|head| &head.headers).collect();
    assert!(conditions.len() == 1 && !conditions[0].contains_key("if-none-match"), "{conditions:?}");
    drop(state);
    assert_eq!(server.keys(), Vec::<String>::new());
}

/// By this machine's clock it is long over, and the one that holds it goes by another clock: it is watched, and not taken.
#[tokio::test]
async fn a_lock_that_seems_to_be_over_is_not_taken() {
    let server = FakeS3::start(|_| None).await;
    let store = open(&server.endpoint, "s3://bucket", S3Options::default()).await;
    let held_until = |until: jiff::Timestamp| {
        let content = json!({ "by": "another", "until": until.to_string() }).to_string();
        server.put(&format!("/bucket/.unfinished/{ID}/lock.json"), content.into_bytes());
    };
    let ago = |hours: i64| jiff::Timestamp::now() - jiff::SignedDuration::from_hours(hours);
    held_until(ago(1));
    let is_asked = |head: &&Head| head.is("GET", "/lock.json");
    let watched = async {
        while server.state().heads.iter().filter(is_asked).count() < 3 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let began = AtomicBool::new(false);
    let work = async {
        began.store(true, Ordering::Relaxed);
        Ok::<_, StoreError>(())
    };
    tokio::select! {
        done = store.alone(ID, work) => panic!("{done:?}"),
        () = watched => {}
    }
    assert!(!server.state().heads.iter().any(|head| head.is("PUT", "/lock.json")));
    assert!(!began.load(Ordering::Relaxed) && store.is_locked(ID).await.unwrap());
    // What is left of a run that nobody goes on with may be cleared away.
    held_until(ago(25));
    assert!(!store.is_locked(ID).await.unwrap());
}

/// The SDK asks again, and is refused by what it has written itself.
#[tokio::test]
async fn a_lock_whose_answer_was_lost_is_held() {
    let server = FakeS3::start(|head| (head.is("PUT", "/lock.json") && head.before == 0).then_some(Fault::Lost)).await;
    let store = open(&server.endpoint, "s3://bucket", S3Options::default()).await;
    store.alone(ID, async { Ok::<_, StoreError>(()) }).await.unwrap();
    assert_eq!(server.state().heads.iter().filter(|head| head.is("PUT", "/lock.json")).count(), 2);
    assert_eq!(server.keys(), Vec::<String>::new());
}

/// Somebody has taken it meanwhile: it is no longer this one's to give up.
#[tokio::test]
async fn a_lock_of_another_is_left_alone() {
    let server = FakeS3::start(|_| None).await;
    let store = open(&server.endpoint, "s3://bucket", S3Options::default()).await;
    let key = format!("/bucket/.unfinished/{ID}/lock.json");
    let work = async {
        server.state().objects.insert(key.clone(), b"{}".to_vec());
        Ok::<_, StoreError>(())
    };
    store.alone(ID, work).await.unwrap();
    assert_eq!(server.keys(), [key]);
}

/// Who may delete nothing lets others in all the same.
#[tokio::test]
async fn a_lock_that_cannot_be_deleted_is_given_up() {
    let server = FakeS3::start(|head| (head.method == "DELETE").then(|| error(403, "AccessDenied"))).await;
    let store = open(&server.endpoint, "s3://bucket", S3Options::default()).await;
    for _ in 0..2 {
        store.alone(ID, async { Ok::<_, StoreError>(()) }).await.unwrap();
    }
}
