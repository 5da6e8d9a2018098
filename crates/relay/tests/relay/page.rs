//! The page of the admin listener, and what it is made of.

use otc_protocol::token::Role;
use otc_relay::Relay;
use otc_relay::config::Development;

use crate::client::Client;
use crate::support::{Answer, KEY, SECRET, request, request_at, session, start};

const TOKEN: &str = "the-admin-token-of-the-tests";
const BEARER: &str = "Bearer the-admin-token-of-the-tests";

/// Everything that the page consists of.
const FILES: [(&str, &str); 10] = [
    ("/", "text/html; charset=utf-8"),
    ("/page/style.css", "text/css; charset=utf-8"),
    ("/page/icon.svg", "image/svg+xml"),
    ("/page/main.js", "text/javascript; charset=utf-8"),
    ("/page/admin.js", "text/javascript; charset=utf-8"),
    ("/page/watch.js", "text/javascript; charset=utf-8"),
    ("/page/chart.js", "text/javascript; charset=utf-8"),
    ("/page/playground.js", "text/javascript; charset=utf-8"),
    ("/page/client.js", "text/javascript; charset=utf-8"),
    ("/page/frames.js", "text/javascript; charset=utf-8"),
];

fn guarded() -> Relay {
    start(|config| {
        config.set("admin", "127.0.0.1:0").unwrap();
        config.set("admin_token", TOKEN).unwrap();
        config.set("shards", "2").unwrap();
    })
}

fn development() -> Relay {
    start(|config| {
        config.set("admin", "127.0.0.1:0").unwrap();
        config.development = Some(Development::new(KEY, SECRET));
    })
}

async fn ask(relay: &Relay, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    request_at(relay.admin_address().expect("an admin listener"), method, path, headers, "").await
}

async fn get(relay: &Relay, path: &str) -> Answer {
    ask(relay, "GET", path, &[("Authorization", BEARER)]).await
}

#[tokio::test]
async fn the_page_is_open_and_brings_all_that_it_names() {
    let relay = guarded();
    for (path, content_type) in FILES {
        let answer = ask(&relay, "GET", path, &[]).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(content_type)), "{path}");
        assert!(!answer.body.contains(TOKEN) && !answer.body.is_empty());
        let head = ask(&relay, "HEAD", path, &[]).await;
        assert_eq!((head.status, head.header("content-type")), (200, Some(content_type)), "{path}");
        assert_eq!(
            (head.body.as_str(), head.header("content-length")),
            ("", answer.header("content-length"))
        );
        let post = ask(&relay, "POST", path, &[]).await;
        assert_eq!((post.status, post.header("allow")), (405, Some("GET, HEAD")), "{path}");

        let names = answer.body.split(['"', '\'']).filter_map(|text| text.strip_prefix("page/"));
        let imports = answer.body.split('"').filter_map(|text| text.strip_prefix("./"));
        for name in names.chain(imports).map(|name| format!("/page/{name}")) {
            assert!(FILES.iter().any(|(path, _)| *path == name), "{path} names {name}");
        }
        for root in ["\"/page", "\"/api", "`/api"] {
            assert!(!answer.body.contains(root), "{path}: a proxy may have the page below a path of its own");
        }
        // The name of a format is no address.
        let text = answer.body.replace("http://www.w3.org/2000/svg", "");
        assert!(!text.contains("http:") && !text.contains("https:"), "{path} names another host");
    }
    for path in ["/page/", "/page", "/page/main.rs", "/page/../status", "/index.html", "/api", "/favicon.ico"]
    {
        assert_eq!(ask(&relay, "GET", path, &[]).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_browser_may_load_and_ask_nothing_but_the_relay() {
    let relay = guarded();
    for path in ["/", "/page/main.js", "/api/overview", "/api/nothing"] {
        let answer = get(&relay, path).await;
        let policy = answer.header("content-security-policy").expect("a policy").to_owned();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{policy}");
        for rule in ["connect-src 'self';", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]
        {
            assert!(policy.contains(rule), "{policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    let relay = development();
    let policy = ask(&relay, "GET", "/", &[]).await;
    let policy = policy.header("content-security-policy").unwrap();
    let clients = format!("connect-src 'self' http://{0} ws://{0};", relay.address());
    assert!(policy.contains(&clients), "the playground's clients reach the relay: {policy}");
}

#[tokio::test]
async fn what_the_page_shows_takes_the_token() {
    let relay = guarded();
    for path in
        ["/api/overview", "/api/sessions", "/api/sessions/x", "/api/playground/session", "/api/nothing"]
    {
        for headers in [&[][..], &[("Authorization", "Bearer guess")], &[("Authorization", TOKEN)]] {
            let answer = ask(&relay, "GET", path, headers).await;
            assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer")), "{path}");
        }
    }
    assert_eq!(get(&relay, "/api/overview").await.status, 200);
    assert_eq!(get(&relay, "/api/nothing").await.status, 404);
    let in_the_query = format!("/api/overview?token={TOKEN}");
    assert_eq!(ask(&relay, "GET", &in_the_query, &[]).await.status, 401, "it is not taken from a URL");
    for path in ["/api/overview", "/api/sessions", "/api/sessions/x"] {
        let post = ask(&relay, "POST", path, &[("Authorization", BEARER)]).await;
        assert_eq!((post.status, post.header("allow")), (405, Some("GET, HEAD")), "{path}");
    }
    let head = ask(&relay, "HEAD", "/api/overview", &[("Authorization", BEARER)]).await;
    assert_eq!((head.status, head.header("content-type"), &*head.body), (200, Some("application/json"), ""));
    assert_eq!(request(&relay, "GET", "/api/overview", &[], "").await.status, 404, "nor is it public");
}

#[tokio::test]
async fn a_relay_that_serves_shows_nothing_without_a_token_even_on_loopback() {
    let relay = start(|config| config.set("admin", "127.0.0.1:0").unwrap());
    assert_eq!(ask(&relay, "GET", "/", &[]).await.status, 200);
    for path in ["/api/overview", "/api/sessions", "/api/playground/session"] {
        let answer = ask(&relay, "GET", path, &[]).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(answer.json()["message"].as_str().unwrap().contains("admin_token"), "{}", answer.body);
    }
    assert_eq!(ask(&relay, "GET", "/metrics", &[]).await.status, 200, "metrics are as open as before");
}

#[tokio::test]
async fn in_development_it_is_open_to_this_machine_and_to_no_page_from_elsewhere() {
    let relay = development();
    let port = relay.admin_address().unwrap().port();
    for host in [
        format!("127.0.0.1:{port}"),
        format!("localhost:{port}"),
        format!("[::1]:{port}"),
        "localhost".into(),
    ] {
        assert_eq!(ask(&relay, "GET", "/api/overview", &[("Host", &host)]).await.status, 200, "{host}");
    }
    for host in [
        format!("rebound.example:{port}"),
        "rebound.example".into(),
        "127.0.0.1.example".into(),
        "::1".into(),
    ] {
        let answer = ask(&relay, "GET", "/api/overview", &[("Host", &host)]).await;
        assert_eq!(answer.status, 403, "{host}");
        assert!(answer.json()["message"].as_str().unwrap().contains("127.0.0.1"), "{}", answer.body);
    }
    let guarded = start(|config| {
        config.set("admin", "127.0.0.1:0").unwrap();
        config.set("admin_token", TOKEN).unwrap();
        config.development = Some(Development::new(KEY, SECRET));
    });
    assert_eq!(
        ask(&guarded, "GET", "/api/overview", &[]).await.status,
        401,
        "a token that is set is asked for"
    );
}

#[tokio::test]
async fn sessions_and_who_is_in_them_are_listed_without_what_they_say() {
    let relay = guarded();
    let mut a = Client::enter(&relay, &session(1), "a", Role::Moderator).await;
    let b = Client::enter(&relay, &session(1), "b", Role::Subscriber).await;
    a.until("created", "b").await;
    let _c = Client::enter(&relay, &session(2), "c", Role::Publisher).await;
    a.signal(None, "said in confidence").await;
    assert_eq!(a.next_signal().await.0, "said in confidence");
    drop(b);

    let overview = get(&relay, "/api/overview").await.json();
    assert_eq!(overview["sessions"], 2);
    assert_eq!(overview["largest_session"], 2);
    assert_eq!((&overview["signals_in"], &overview["deliveries"]), (&1.into(), &2.into()));
    assert_eq!(
        (&overview["development"], &overview["limits"]["connections_per_session"]),
        (&false.into(), &3000.into())
    );
    assert!(overview["uptime_ms"].is_u64() && overview["rejected"]["token"] == 0, "{overview}");

    let path = format!("/api/sessions/{}", session(1));
    let answer = crate::support::soon("b is away", async {
        loop {
            let answer = get(&relay, &path).await;
            if answer.json()["list"][1]["here"] == false {
                break answer;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    let found = answer.json();
    assert_eq!((&found["id"], &found["project"]), (&session(1).into(), &KEY.into()));
    assert_eq!(
        (&found["clients"], &found["signals"], &found["muted"]),
        (&2.into(), &1.into(), &false.into())
    );
    let (first, second) = (&found["list"][0], &found["list"][1]);
    assert_eq!(
        (&first["id"], &first["role"], &first["here"]),
        (&"a".into(), &"moderator".into(), &true.into())
    );
    assert_eq!((&first["signals"], &first["resumable"]), (&1.into(), &true.into()));
    assert!(first["client"].as_str().unwrap().starts_with("otc-"), "{first}");
    assert_eq!(
        (&second["id"], &second["role"], &second["signals"]),
        (&"b".into(), &"subscriber".into(), &0.into())
    );
    assert!(second["kept_messages"].as_u64().unwrap() > 0, "what b missed waits for it: {second}");
    let entered = first["entered_at_ms"].as_u64().unwrap();
    assert!(
        found["opened_at_ms"].as_u64().unwrap() <= entered && entered <= found["now_ms"].as_u64().unwrap()
    );

    let list = get(&relay, "/api/sessions").await;
    for private in ["confidence", "name=a", SECRET, TOKEN, &format!("a.{}", session(1))] {
        assert!(!answer.body.contains(private) && !list.body.contains(private), "{private}");
    }
}

#[tokio::test]
async fn everything_that_is_counted_as_refused_is_explained_on_the_page() {
    let relay = guarded();
    let overview = get(&relay, "/api/overview").await.json();
    let words = get(&relay, "/page/watch.js").await.body;
    for kind in ["rejected", "limited"] {
        let names = overview[kind].as_object().unwrap();
        assert!(names.len() > 10, "{overview}");
        for name in names.keys() {
            assert!(words.contains(&format!("\n  {name}: \"")), "the page has no words for {name}");
        }
    }
}

#[tokio::test]
async fn lists_come_in_parts_in_a_wanted_order() {
    let relay = guarded();
    let mut clients = Vec::new();
    for number in 0..5 {
        clients.push(Client::enter(&relay, &session(number), "a", Role::Publisher).await);
    }
    for name in ["b", "c"] {
        clients.push(Client::enter(&relay, &session(3), name, Role::Publisher).await);
    }
    let ids = |answer: &Answer, list: &str| -> Vec<String> {
        let json = answer.json();
        json[list].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
    };
    let all = get(&relay, "/api/sessions").await;
    assert_eq!((all.json()["found"].as_u64(), ids(&all, "sessions").len()), (Some(5), 5));
    let mut parts = Vec::new();
    for offset in [0, 2, 4, 6] {
        let part = get(&relay, &format!("/api/sessions?offset={offset}&limit=2")).await;
        assert_eq!(part.json()["found"], 5);
        parts.extend(ids(&part, "sessions"));
    }
    assert_eq!(parts, ids(&all, "sessions"), "the parts are the whole");
    let largest = get(&relay, "/api/sessions?order=clients&limit=1").await;
    assert_eq!(ids(&largest, "sessions"), [session(3)]);
    let part_of_id = &session(2)[20..];
    let found = get(&relay, &format!("/api/sessions?search={part_of_id}")).await;
    assert_eq!((found.json()["found"].as_u64(), ids(&found, "sessions")), (Some(1), vec![session(2)]));

    let path = format!("/api/sessions/{}", session(3));
    let part = get(&relay, &format!("{path}?offset=1&limit=1")).await;
    assert_eq!((part.json()["clients"].as_u64(), ids(&part, "list")), (Some(3), vec!["b".to_owned()]));
    assert_eq!(get(&relay, "/api/sessions/1_nobody").await.status, 404);
    for wrong in ["limit=0", "limit=501", "limit=x", "offset=-1", "order=oldest"] {
        let answer = get(&relay, &format!("/api/sessions?{wrong}")).await;
        assert_eq!(answer.status, 400, "{wrong}");
        let name = wrong.split('=').next().unwrap();
        assert!(answer.json()["message"].as_str().unwrap().starts_with(name), "{}", answer.body);
    }
    assert_eq!(get(&relay, &format!("{path}?limit=0")).await.status, 400);
}

#[tokio::test]
async fn the_playground_makes_sessions_and_tokens_that_let_clients_in() {
    let relay = development();
    let made = ask(&relay, "POST", "/api/playground/session", &[]).await;
    assert_eq!((made.status, made.header("content-type")), (200, Some("application/json")));
    let made = made.json();
    assert_eq!((&made["api_url"], &made["api_key"]), (&relay.url().into(), &KEY.into()));
    let session = made["session"].as_str().unwrap();
    for (role, rights) in [("moderator", true), ("publisher", false), ("subscriber", false)] {
        let path = format!("/api/playground/token?session={session}&role={role}&name=Ann+B%C3%A9");
        let token = ask(&relay, "POST", &path, &[]).await.json()["token"].as_str().unwrap().to_owned();
        let claims =
            otc_protocol::token::verify_client(&token, session, Some(KEY), &keys(), crate::support::now_s())
                .expect("a good token");
        assert_eq!(
            (claims.connection_data.as_str(), claims.role.may_force_disconnect()),
            ("name=Ann Bé", rights)
        );
        let info =
            request(&relay, "GET", &format!("/session/{session}"), &[("X-OPENTOK-AUTH", &token)], "").await;
        assert_eq!(info.status, 200);
    }
    let long = format!("name={}", "x".repeat(41));
    for wrong in ["session=1_nonsense", "role=king", &long, "name=%00"] {
        let path = format!("/api/playground/token?session={session}&{wrong}");
        let path = if wrong.starts_with("session") { format!("/api/playground/token?{wrong}") } else { path };
        let answer = ask(&relay, "POST", &path, &[]).await;
        assert_eq!(answer.status, 400, "{wrong}");
        let name = wrong.split('=').next().unwrap();
        assert!(answer.json()["message"].as_str().unwrap().starts_with(name), "{}", answer.body);
    }
    assert_eq!(ask(&relay, "POST", "/api/playground/secret", &[]).await.status, 404);
    let read = ask(&relay, "GET", "/api/playground/session", &[]).await;
    assert_eq!((read.status, read.header("allow")), (405, Some("POST")));
}

#[tokio::test]
async fn the_playground_is_for_its_own_page_and_for_development_only() {
    let relay = development();
    let host = relay.admin_address().unwrap().to_string();
    let own = format!("http://{host}");
    let path = "/api/playground/session";
    assert_eq!(ask(&relay, "POST", path, &[("Origin", &own)]).await.status, 200);
    for origin in ["http://127.0.0.1:1", "https://elsewhere.example", "null"] {
        let answer = ask(&relay, "POST", path, &[("Origin", origin)]).await;
        assert_eq!(answer.status, 403, "{origin}");
        assert!(!answer.body.contains(KEY), "{origin}");
    }
    let relay = guarded();
    for path in ["/api/playground/session", "/api/playground/token"] {
        assert_eq!(ask(&relay, "POST", path, &[("Authorization", BEARER)]).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn clients_of_the_playground_are_sent_where_all_clients_are() {
    let everywhere = start(|config| {
        config.set("admin", "127.0.0.1:0").unwrap();
        config.set("public_url", "https://relay.example/below").unwrap();
        config.development = Some(Development::new(KEY, SECRET));
    });
    let made = ask(&everywhere, "POST", "/api/playground/session", &[]).await;
    assert_eq!(made.json()["api_url"], "https://relay.example/below");
    let policy = made.header("content-security-policy").unwrap();
    assert!(policy.contains("connect-src 'self' https://relay.example wss://relay.example;"), "{policy}");
}

fn keys() -> otc_relay::KeyRing {
    let mut keys = otc_relay::KeyRing::default();
    keys.set_project(KEY, &[SECRET]).unwrap();
    keys
}
