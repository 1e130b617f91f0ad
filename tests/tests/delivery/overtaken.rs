//! A run that was stopped, and gone on with after a later one was published: what it has read is older than what that one says.

use std::collections::BTreeMap;

use integration_tests::{Organization, SecurityHubPlace};
use rstest::rstest;
use serde_json::Value;

use crate::function::bench::{BANK, HOME, REGIONS, SHOP, organization};
use crate::resume::{Bench, Machine, binary, hang_in};
use crate::scan::webhook;

fn with_hub() -> Organization {
    let mut organization = organization();
    organization.security_hub.enabled = vec![SecurityHubPlace::default()];
    organization
}

fn findings(bench: &Bench) -> BTreeMap<String, Value> {
    let places = [HOME, SHOP, BANK].into_iter().flat_map(|account| REGIONS.map(|region| (account, region)));
    let all = places.flat_map(|(account, region)| bench.simulator.security_hub_findings(account, region));
    all.map(|finding| (finding["Id"].as_str().unwrap().to_owned(), finding)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_older_run_has_read_does_not_replace_what_a_later_one_has_brought() {
    let bench = Bench::with("overtaken-hub", with_hub()).await;
    let (address, got) = webhook(200).await;
    let (monday, tuesday) = (Machine::new(), Machine::new());
    bench.simulator.set_faults(vec![hang_in(BANK, REGIONS[1])]);
    let stopped = bench.stopped(&monday, &["--security-hub"], 6, 1);
    bench.simulator.set_faults(Vec::new());
    // What failed on Monday passes on Tuesday.
    let later = bench.scan(&tuesday, &["--security-hub", "--desired-level", "sse"]);
    assert_eq!((later.status, &later.told["security_hub"]["imported"]), (0, &7.into()), "{}", later.stderr);
    let before = findings(&bench);

    let to = format!("webhook:{address}");
    let older = bench.scan(&monday, &["--resume", "--security-hub", "--notify", &to, "--fail-on", "undelivered"]);
    assert_eq!((older.status, older.id()), (0, stopped.id()), "{}", older.stderr);
    assert_eq!(findings(&bench), before);
    let told = &older.told["security_hub"];
    assert!(told["overtaken_by"].as_str().unwrap().ends_with(later.id()), "{told}");
    assert_eq!((&told["targets"], &told["failures"], &told["left_out"]), (&0.into(), &0.into(), &0.into()));
    let digest: Value = serde_json::from_str(&got.lock().unwrap()[0]).unwrap();
    let overtaken = digest["overtaken"].as_str().unwrap();
    assert!(overtaken.contains(later.id()), "{digest}");
    assert!(digest["text"].as_str().unwrap().contains("It is not the newest run"), "{digest}");
    assert_eq!(digest["failures"], serde_json::json!([]));
}

/// A later run that brings nothing to Security Hub leaves an older one all to bring; of one that brings less, nobody knows
/// whether it brings what matters, and people are told.
#[rstest]
#[case::nothing("overtaken-by-nothing", &[], 0, false, 7)]
#[case::less("overtaken-by-less", &["--security-hub", "--accounts", SHOP], 4, true, 0)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_run_of_less_does_not_stand_for_an_older_one(
    #[case] bucket: &'static str,
    #[case] later: &[&str],
    #[case] status: i32,
    #[case] is_overtaken: bool,
    #[case] imported: u64,
) {
    let bench = Bench::with(bucket, with_hub()).await;
    let (monday, tuesday) = (Machine::new(), Machine::new());
    bench.simulator.set_faults(vec![hang_in(BANK, REGIONS[1])]);
    bench.stopped(&monday, &["--security-hub"], 6, 1);
    bench.simulator.set_faults(Vec::new());
    bench.scan(&tuesday, later);

    let older = bench.scan(&monday, &["--resume", "--security-hub", "--fail-on", "undelivered"]);
    let told = &older.told["security_hub"];
    assert_eq!(older.status, status, "{}", older.stderr);
    assert_eq!((told["overtaken_by"].is_string(), &told["imported"]), (is_overtaken, &imported.into()), "{told}");
    assert_eq!(told["left_out"].as_u64().unwrap() > 0, is_overtaken, "{told}");
}

/// Only a folder whose run was killed between its publication and its end has both: what is left in it is older.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_folder_too_an_older_run_is_not_the_newest() {
    let bench = Bench::with("overtaken-folder", with_hub()).await;
    let (monday, tuesday) = (Machine::new(), Machine::new());
    let output = monday.0.path().join("reports");
    let to_folder = ["--output", output.to_str().unwrap()];
    let scan = |machine: &Machine, arguments: &[&str]| {
        let arguments = [&to_folder[..], arguments].concat();
        let output = bench.command(binary(), machine, &arguments).output().unwrap();
        let told = serde_json::from_slice::<Value>(&output.stdout);
        told.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
    };
    bench.simulator.set_faults(vec![hang_in(BANK, REGIONS[1])]);
    let stopped = bench.stopped(&monday, &["--security-hub", to_folder[0], to_folder[1]], 6, 1);
    bench.simulator.set_faults(Vec::new());
    let unfinished = output.join(format!(".unfinished-{}", stopped.id()));
    let aside = monday.0.path().join("aside");
    std::fs::rename(&unfinished, &aside).unwrap();
    let later = scan(&tuesday, &["--security-hub", "--desired-level", "sse"]);
    std::fs::rename(&aside, &unfinished).unwrap();
    let before = findings(&bench);

    let older = scan(&monday, &["--resume", "--security-hub"]);
    assert_eq!(older["run"]["id"], stopped.id());
    assert_eq!(findings(&bench), before);
    assert!(older["security_hub"]["overtaken_by"].as_str().unwrap().ends_with(later["run"]["id"].as_str().unwrap()));
    assert!(older["overtaken"].as_str().unwrap().contains("a later one"), "{older}");
    let latest: Value =
        serde_json::from_slice(&std::fs::read(output.join("latest").join("summary.json")).unwrap()).unwrap();
    assert_eq!(latest["run"]["id"], later["run"]["id"]);
}
