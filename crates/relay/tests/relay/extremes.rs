//! Values that nobody needs: each is refused, or a relay that runs with it serves a client.

use std::sync::{Arc, Mutex};

use otc_protocol::token::Role;
use otc_relay::config::Setting;
use otc_relay::{Config, Relay, bind};

use crate::client::Client;
use crate::support::{KEY, SECRET, session, soon, token};

/// For each kind of setting what is nothing, least, most, and beyond; whatever the kind, each is tried with all of them.
const VALUES: [&str; 33] = [
    "",
    "0",
    "0s",
    "1",
    "3",
    "16",
    "36",
    "256",
    "10000",
    "1000000",
    "10000000",
    "1ms",
    "99ms",
    "100ms",
    "24h",
    "86400.001s",
    "100000000000h",
    "5000000000000000h",
    "1e9",
    "-1",
    "-0",
    "0.5",
    "nan",
    "inf",
    "18446744073709551615",
    "18446744073709551616",
    "1KiB",
    "4KiB",
    "64KiB",
    "1MiB",
    "16GiB",
    "17179869184GiB",
    "true",
];

/// The messages of panics on threads of relays.
fn panics() -> Arc<Mutex<Vec<String>>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (all, before) = (Arc::clone(&seen), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().name().is_some_and(|name| name.starts_with("otc-relay")) {
            all.lock().expect("nobody panics here").push(panic.to_string());
        }
        before(panic);
    }));
    seen
}

/// Runs a relay, unless it is refused, and has a client come in, be heard, and be lost.
async fn try_out(config: Config) -> Result<(), String> {
    let listener = bind("127.0.0.1:0").expect("a free port");
    let relay = Relay::start(listener, config).map_err(|error| error.to_string())?;
    let mut client = Client::open_at(relay.address(), &session(1), "a").await;
    client.hello(&token(&session(1), Role::Publisher, ""), Some("otc-0.1.0")).await;
    client.signal(None, "x").await;
    // With some it is let in, and with some it is told why not.
    if client.next().await.is_ok() {
        client.cut();
        soon("it is missed", async {
            while relay.stats().await.iter().all(|stats| stats.links_lost == 0) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
    Ok(())
}

#[tokio::test]
async fn whatever_a_setting_is_set_to_it_is_refused_or_clients_are_served() {
    let panics = panics();
    let mut served = 0;
    for setting in Setting::all() {
        for value in VALUES {
            let mut config = Config::default();
            config.keys.set_project(KEY, &[SECRET]).unwrap();
            config.shards = 1;
            let outcome = match config.set(setting.key, value) {
                Err(error) => Err(error.to_string()),
                // What it is then can be shown, and means the same.
                Ok(()) => {
                    let mut again = Config::default();
                    if !setting.secret {
                        again.set(setting.key, &setting.get(&config)).unwrap();
                        assert_eq!(setting.get(&again), setting.get(&config), "{} = {value}", setting.key);
                    }
                    try_out(config).await
                }
            };
            match outcome {
                Ok(()) => served += 1,
                Err(error) => {
                    // Two that do not go together are named by either.
                    let section = setting.key.split_once('.').map_or(setting.key, |(section, _)| section);
                    assert!(error.contains(section), "{} = {value}: {error}", setting.key);
                    assert!(error.contains("allowed is"), "{} = {value}: {error}", setting.key);
                }
            }
            let panics = panics.lock().unwrap();
            assert!(panics.is_empty(), "{} = {value}: {panics:?}", setting.key);
        }
    }
    assert!(served > Setting::all().len(), "each has values that it takes");
}

#[test]
fn a_duration_is_refused_with_its_key_its_value_and_what_is_allowed() {
    for setting in Setting::all().iter().filter(|setting| setting.allowed.contains("duration")) {
        for value in ["100000000000h", "86401s", "25h", "99ms", "-1s"] {
            let error = Config::default().set(setting.key, value).unwrap_err().to_string();
            let start = format!("{} = \"{value}\": allowed is ", setting.key);
            assert!(error.starts_with(&start) && error.contains("100ms to 24h"), "{error}");
        }
        let zero = Config::default().set(setting.key, "0");
        assert_eq!(zero.is_ok(), ["drain", "tls.watch"].contains(&setting.key), "{}", setting.key);
        Config::default().set(setting.key, "24h").unwrap();
    }
}
