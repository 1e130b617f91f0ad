//! What the function logs, and what it doesn't.

use rstest::rstest;
use serde_json::Value;

use crate::event::{Event, item, pascal_case};
use crate::harness::{Bench, HOME, REGION, ROLE, SHOP, SHORT, error, key, organization, repository, under};

fn bench() -> Bench {
    bench_with("INFO")
}

/// `AWS_LAMBDA_LOG_LEVEL` is what Lambda sets where somebody chooses a level in the function's settings.
fn bench_with(log_level: &str) -> Bench {
    let mut organization = organization();
    organization.keys.push(key(HOME, "images"));
    organization.repositories =
        vec![under(HOME, "images/api", "images"), repository(HOME, "images/legacy"), repository(SHOP, "shop/legacy")];
    Bench::with(organization, |options| options.variable("AWS_LAMBDA_LOG_LEVEL", log_level))
}

#[test]
fn every_verdict_is_logged_with_where_what_and_how_long() {
    let bench = bench();
    for (event, account, name, level, status) in [
        (bench.change_of(HOME, "images/api"), HOME, "images/api", "awscmk", "COMPLIANT"),
        (bench.change_of(HOME, "images/legacy"), HOME, "images/legacy", "sse", "NON_COMPLIANT"),
        (bench.change_of(SHOP, "shop/legacy"), SHOP, "shop/legacy", "sse", "NON_COMPLIANT"),
    ] {
        let told = bench.invoke(&event.parameter("executionRoleName", ROLE));
        let line = told.log_of(name);
        assert_eq!(line["request_id"], told.invocation.request_id.as_str());
        assert_eq!(line["account_id"], account);
        assert_eq!(line["region"], REGION);
        assert_eq!(line["status"], status);
        assert!(line.to_string().contains(&format!("\"{level}\"")), "{line}");
        assert!(line["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{line}");
        assert!(line["duration_ms"].as_f64().is_some_and(|duration| duration >= 0.0), "{line}");
    }
}

#[test]
fn every_line_is_json() {
    let bench = bench();
    bench.simulator.set_faults(vec![error("kms:DescribeKey", "KMSInternalException")]);
    for event in [bench.change_of(HOME, "images/legacy"), Event::scheduled(), Event::new(Value::Null)] {
        let told = bench.invoke_within(&event, SHORT);
        let lines = told.invocation.log_lines.len();
        assert!(lines > 0);
        assert_eq!(told.invocation.json_lines().count(), lines, "{:#?}", told.invocation.log_lines);
    }
}

#[test]
fn a_failure_is_logged_once() {
    let bench = bench();
    let told = bench.invoke(&bench.change_of(SHOP, "shop/legacy"));
    let message = told.refused().to_owned();
    let about_it: Vec<&Value> =
        told.invocation.json_lines().filter(|line| line.to_string().contains("executionRoleName")).collect();
    assert_eq!(about_it.len(), 1, "{message}: {about_it:#?}");
    assert_eq!(about_it[0]["request_id"], told.invocation.request_id.as_str());
}

/// The line of `CloudWatch`'s embedded metric format.
fn metrics(told: &crate::harness::Told) -> &Value {
    let mut lines = told.invocation.json_lines().filter(|line| line["_aws"].is_object());
    let line = lines.next().unwrap_or_else(|| panic!("no metrics: {:#?}", told.invocation.log_lines));
    assert_eq!(lines.next(), None, "one line an invocation");
    line
}

#[test]
fn metrics_are_in_the_embedded_format() {
    let bench = bench();
    let first = bench.invoke(&Event::scheduled());
    let line = metrics(&first);
    let age = jiff::Timestamp::now().as_millisecond() - line["_aws"]["Timestamp"].as_i64().unwrap();
    assert!((0..60_000).contains(&age), "{age}");
    let directive = &line["_aws"]["CloudWatchMetrics"][0];
    assert!(directive["Namespace"].as_str().is_some_and(|namespace| !namespace.is_empty()));
    for dimension in directive["Dimensions"][0].as_array().unwrap() {
        assert!(line[dimension.as_str().unwrap()].is_string(), "{line}");
    }
    let names = directive["Metrics"].as_array().unwrap();
    assert!((4..=100).contains(&names.len()));
    for metric in names {
        let name = metric["Name"].as_str().unwrap();
        assert!(line[name].is_number(), "{name}: {line}");
    }
    // Cold starts, evaluations by status, look-up errors, duration.
    let value = |line: &Value, part: &str, other: &str| {
        let members = line.as_object().unwrap().iter();
        let mut found =
            members.filter(|(name, value)| value.is_number() && name.contains(part) && name.contains(other));
        found.next().unwrap_or_else(|| panic!("no metric {part}…{other}: {line}")).1.as_f64().unwrap()
    };
    assert!((value(line, "Cold", "") - 1.0).abs() < 0.01);
    assert!((value(line, "EvaluationsCompliant", "") - 1.0).abs() < 0.01);
    assert!((value(line, "NonCompliant", "") - 1.0).abs() < 0.01);
    assert!(value(line, "Lookup", "Error").abs() < 0.01);
    assert!(value(line, "Duration", "") > 0.0);
    let second = bench.invoke(&Event::scheduled());
    assert!(value(metrics(&second), "Cold", "").abs() < 0.01);
}

#[test]
fn a_failed_invocation_has_metrics_too() {
    let bench = bench();
    let told = bench.invoke(&bench.change_of(SHOP, "shop/legacy"));
    told.refused();
    metrics(&told);
}

/// Neither the event nor a credential is in the log, nor in an error, however much is logged.
#[rstest]
fn no_payload_and_no_secret(#[values("INFO", "DEBUG", "TRACE")] log_level: &str) {
    let bench = bench_with(log_level);
    let secret = "the-configuration-of-somebody";
    let mut configuration = pascal_case("images/legacy", Some("AES256"), None);
    configuration["RepositoryPolicyText"] = secret.into();
    let good = Event::change(item(HOME, "images/legacy", configuration.clone()));
    let member = Event::change(item(SHOP, "shop/legacy", configuration)).of(SHOP).parameter("executionRoleName", ROLE);
    let mut bad = good.clone();
    bad.invoking["messageType"] = "SomethingNew".into();
    let mut broken = good.json();
    broken["invokingEvent"] = format!("{{\"messageType\": 7, \"configurationItem\": \"{secret}\"}}").into();
    let caller = &bench.simulator.world().organization().caller;
    for event in [good.json(), member.json(), bad.json(), good.token("unknown-token").json(), broken] {
        let told = bench.invoke_json(&event);
        let lines: Vec<String> = told.invocation.log_lines.iter().map(ToString::to_string).collect();
        let mut text = lines.join("\n");
        text.push_str(told.invocation.error().map_or("", |(_, message)| message));
        let token = event["resultToken"].as_str().unwrap();
        for secret in
            [secret, token, &caller.secret_access_key, caller.session_token.as_deref().unwrap(), "IQoJb3JpZ2luX2Vj"]
        {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
}
