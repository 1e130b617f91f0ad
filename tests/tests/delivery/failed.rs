//! A scan that fails on one machine, of whose run others have what was read.

use std::process::Output;

use integration_tests::{Generate, Organization};

use crate::resume::{Bench, Machine, binary};

/// The size of files is limited: the journal cannot be written on in the middle of a record.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_machine_whose_disk_is_full_has_read_is_gone_on_with_elsewhere() {
    let generate = Generate { accounts: 12, regions: 3, repositories: 10, ..Generate::default() };
    let bench = Bench::with("full-disk", Organization::generated(generate)).await;
    let (here, there) = (Machine::new(), Machine::new());
    let script = format!("trap '' XFSZ; ulimit -f 64; exec {} \"$@\"", binary().display());
    let mut limited = bench.command("sh", &here, &[]);
    let arguments: Vec<_> = limited.get_args().map(ToOwned::to_owned).collect();
    limited = {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &script, "scan"]).args(arguments).env_clear();
        command.envs(limited.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
    };
    let Output { status, stderr, .. } = limited.output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("what was read cannot be written"), "{stderr}");
    let manifests = bench.keys_with("/manifest.json").await;
    assert!(manifests.len() == 1 && manifests[0].contains("/.unfinished/"), "{manifests:?}");
    assert_eq!(bench.keys_with("continue-").await, Vec::<String>::new(), "nobody asked for that");

    let all = 12 * 3;
    let id = manifests[0].rsplit('/').nth(1).unwrap();
    let targets = bench.manifest(id).await["targets"].as_u64().unwrap();
    assert!((1..all).contains(&targets), "{targets}");
    bench.simulator.reset();
    let finished = bench.scan(&there, &["--resume"]);
    assert_eq!(finished.id(), id, "{}", finished.stderr);
    assert_eq!(bench.lists(), all - targets, "only the rest");
    assert_eq!(finished.told["coverage"]["targets_scanned"], all);
}
