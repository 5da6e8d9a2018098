//! Each scenario in a few seconds against a relay in this process: what has to hold, holds. Nothing is timed.
#![cfg(target_os = "linux")]

use otc_load::{Place, Report, Scenario};
use otc_relay::{Config, Relay, bind};

const KEY: &str = "100";
const SECRET: &str = "a secret of the load tests";

/// Runs a scenario in its small size. `adjust` makes limits small enough to be met in that time.
fn small(scenario: Scenario, adjust: impl FnOnce(&mut Config)) {
    let mut config = Config { admin: Some("127.0.0.1:0".to_owned()), ..Config::default() };
    config.keys.set_project(KEY, &[SECRET]).expect("a usable project");
    for setting in scenario.settings() {
        let (key, value) = setting.split_once('=').expect("key=value");
        config.set(key, value).expect("a known setting");
    }
    adjust(&mut config);
    let relay = Relay::start(bind("127.0.0.1:0").expect("a free port"), config).expect("it starts");
    let place = Place {
        url: relay.url(),
        api_key: KEY.to_owned(),
        api_secret: SECRET.to_owned(),
        admin: relay.admin_address().map(|address| format!("http://{address}")),
        pid: None,
    };
    let mut report = Report::new(scenario.name(), true);
    let outcome = scenario.run(&place, scenario.small(), &mut report);
    outcome.unwrap_or_else(|error| panic!("{error}\n{}", report.to_text()));
    assert!(report.is_good(), "{}", report.to_text());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(relay.stop()).expect("it stops");
}

#[test]
fn idle_clients_stay_and_are_forgotten_when_they_leave() {
    small(Scenario::Idle, |_| {});
}

#[test]
fn in_a_big_session_each_is_told_of_each() {
    small(Scenario::Big, |_| {});
}

#[test]
fn signals_to_one_and_to_many_arrive_once_and_in_order() {
    small(Scenario::Fanout, |_| {});
}

#[test]
fn a_client_that_stops_reading_is_ended_and_the_others_lose_nothing() {
    small(Scenario::Slow, |config| config.limits.kept_bytes = 2 * 1024 * 1024);
}

#[test]
fn all_clients_cut_at_once_come_back_without_loss() {
    small(Scenario::Storm, |_| {});
}

#[test]
fn two_echoing_programs_are_paused_and_the_others_lose_nothing() {
    small(Scenario::Echo, |config| {
        config.limits.request_burst = 50;
        config.limits.requests_per_second = 100;
    });
}
