//! The REST interface: credentials, forms, bodies, limits.

use otc_protocol::session_id;
use serde_json::json;

use crate::support::{KEY, SECRET, exchange_text, jwt, request, rest_jwt, session, start};

#[tokio::test]
async fn sessions_are_created_as_server_sdks_read_them() {
    let relay = start(|_| ());
    let credential = rest_jwt();
    let headers = [("X-OPENTOK-AUTH", &*credential), ("Accept", "application/json")];
    let answer = request(&relay, "POST", "/session/create", &headers, "p2p.preference=enabled").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let body = answer.json();
    assert_eq!(body.as_array().map(Vec::len), Some(1));
    assert_eq!(body[0]["partner_id"], json!(KEY));
    assert_eq!(body[0]["project_id"], json!(KEY));
    let id = session_id::decode(body[0]["session_id"].as_str().unwrap()).unwrap();
    assert_eq!(id.partner, KEY);

    // The body is a form whatever its type is said to be, and may be absent.
    for extra in [("Content-Type", "application/json"), ("headers", "[object Object]")] {
        let headers = [headers[0], headers[1], extra];
        let form = "archiveMode=manual&location=null&p2p.preference=disabled";
        assert_eq!(request(&relay, "POST", "/session/create", &headers, form).await.status, 200);
    }
    assert_eq!(request(&relay, "POST", "/session/create", &headers, "").await.status, 200);
    let answer = request(&relay, "POST", "/session/create", &headers, "archiveMode=sometimes").await;
    assert_eq!((answer.status, answer.json()["code"].clone()), (400, json!(400)));
}

#[tokio::test]
async fn sessions_are_created_in_xml_for_sdks_that_do_not_ask_for_json() {
    let relay = start(|_| ());
    let credential = rest_jwt();
    for accept in [&[][..], &[("Accept", "*/*")]] {
        let headers: Vec<_> =
            [("X-OPENTOK-AUTH", &*credential)].into_iter().chain(accept.iter().copied()).collect();
        let answer = request(&relay, "POST", "/session/create", &headers, "").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/xml")));
        let id = answer.body.split("<session_id>").nth(1).and_then(|rest| rest.split('<').next()).unwrap();
        assert_eq!(session_id::decode(id).unwrap().partner, KEY);
        assert!(answer.body.contains("<partner_id>100</partner_id><create_dt>"), "{}", answer.body);
    }
    let answer = request(&relay, "POST", "/session/create", &[], "").await;
    assert_eq!((answer.status, answer.header("content-type")), (403, Some("text/xml")));
    assert!(answer.body.contains("<errorPayload><code>-1</code><message>"), "{}", answer.body);
}

#[tokio::test]
async fn credentials_are_judged_before_anything_else() {
    let relay = start(|_| ());
    let (good, session) = (rest_jwt(), session(1));
    let participant = jwt(&session);
    let bearer = format!("Bearer {good}");
    let pair = format!("{KEY}:{SECRET}");
    let path = format!("/v2/project/{KEY}/session/{session}/connection");
    for (what, header, project, status) in [
        ("a good one", ("X-OPENTOK-AUTH", &*good), KEY, 200),
        ("the old form", ("X-TB-PARTNER-AUTH", &*pair), KEY, 200),
        ("the old form, wrong", ("X-TB-PARTNER-AUTH", "100:guess"), KEY, 403),
        ("none", ("X-Other", "x"), KEY, 403),
        ("nonsense", ("X-OPENTOK-AUTH", "nonsense"), KEY, 403),
        ("a participant's token", ("X-OPENTOK-AUTH", &*participant), KEY, 403),
        ("a project's under an application's scheme", ("Authorization", &*bearer), KEY, 403),
        ("another project's path", ("X-OPENTOK-AUTH", &*good), "200", 403),
    ] {
        let path = path.replace("project/100", &format!("project/{project}"));
        let answer = request(&relay, "GET", &path, &[header], "").await;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
        if status != 200 {
            assert_eq!(answer.json()["code"], json!(-1), "{what}: as the service says it");
            assert_eq!(answer.json()["description"], answer.json()["message"], "{what}");
            assert!(!answer.json()["message"].as_str().unwrap().is_empty(), "{what}");
        }
    }
}

#[tokio::test]
async fn sessions_and_bodies_are_checked() {
    let relay = start(|config| config.set("http.max_body", "64KiB").unwrap());
    let credential = rest_jwt();
    let headers = [("X-OPENTOK-AUTH", &*credential), ("Content-Type", "application/json")];
    let call = |method, session: &str, rest: &str, body: String| {
        let path = format!("/v2/project/{KEY}/session/{session}/{rest}");
        let (relay, headers) = (&relay, &headers);
        async move { request(relay, method, &path, headers, &body).await }
    };
    let empty = session(1);
    let foreign = session_id::mint("200", 0, &[1; 18]);
    assert_eq!(call("POST", "nonsense", "signal", "{}".into()).await.status, 400);
    assert_eq!(call("POST", &foreign, "signal", "{}".into()).await.status, 404);
    assert_eq!(call("POST", &empty, "signal", "{}".into()).await.status, 404, "nobody is there");
    assert_eq!(call("POST", &empty, "connection/x/signal", "{}".into()).await.status, 404);
    assert_eq!(call("DELETE", &empty, "connection/x", String::new()).await.status, 404);
    assert_eq!(call("GET", &empty, "stream/x", String::new()).await.status, 404);
    assert_eq!(call("POST", &empty, "stream/x/mute", String::new()).await.status, 404);
    assert_eq!(call("GET", &empty, "signal", String::new()).await.status, 405);

    let signal = |kind: String, data: String| json!({"type": kind, "data": data}).to_string();
    for (what, body, status) in [
        ("not JSON", "{".to_owned(), 400),
        ("not an object", "[]".to_owned(), 400),
        ("type of a wrong kind", json!({"type": 1}).to_string(), 400),
        ("data of a wrong kind", json!({"data": {}}).to_string(), 400),
        ("bad character in type", signal("a b".into(), String::new()), 400),
        ("type of 128", signal("t".repeat(128), String::new()), 404),
        ("type of 129", signal("t".repeat(129), String::new()), 413),
        ("data of 8192", signal(String::new(), "d".repeat(8192)), 404),
        ("data of 8193", signal(String::new(), "d".repeat(8193)), 413),
        ("data of 8192 bytes in four-byte characters", signal(String::new(), "\u{1f600}".repeat(2048)), 404),
        ("one character more", signal(String::new(), "\u{1f600}".repeat(2049)), 413),
        ("escaped data of 8192", format!("{{\"data\":\"{}\"}}", "\\u0041".repeat(8192)), 404),
        ("a body beyond the limit", signal(String::new(), "d".repeat(100_000)), 413),
    ] {
        let answer = call("POST", &empty, "signal", body).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
        assert_eq!(answer.json()["code"], json!(status), "{what}: never an empty body");
    }
}

#[tokio::test]
async fn failures_come_in_xml_for_those_who_accept_nothing_else() {
    let relay = start(|config| config.set("http.max_body", "1KiB").unwrap());
    let (credential, session) = (rest_jwt(), session(1));
    let path = format!("/v2/project/{KEY}/session/{session}/signal");
    let long = "x".repeat(2000);
    for (accept, xml) in [
        ("text/xml", true),
        ("application/xml;q=0.9, */*", true),
        ("text/xml, application/json", false),
        ("*/*", false),
        ("text/html", false),
    ] {
        for (credential, body, status) in
            [(&*credential, "{}", 404), (&credential, "{", 400), (&credential, &long, 413), ("x", "{}", 403)]
        {
            let headers = [("X-OPENTOK-AUTH", credential), ("Accept", accept)];
            let answer = request(&relay, "POST", &path, &headers, body).await;
            let code = if status == 403 { -1 } else { i32::from(answer.status) };
            assert_eq!(answer.status, status, "{accept}: {}", answer.body);
            if xml {
                let expected = format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<errorPayload><code>{code}</code><message>"
                );
                assert_eq!(answer.header("content-type"), Some("text/xml"), "{accept}");
                assert!(answer.body.starts_with(&expected), "{accept}: {}", answer.body);
                assert!(answer.body.ends_with("</message></errorPayload>"), "{accept}: {}", answer.body);
            } else {
                assert_eq!(answer.header("content-type"), Some("application/json"), "{accept}");
                assert_eq!(answer.json()["code"], json!(code), "{accept}");
            }
        }
    }
}

#[tokio::test]
async fn lists_of_an_empty_session_are_empty() {
    let relay = start(|_| ());
    let (credential, session) = (rest_jwt(), session(1));
    let headers = [("X-OPENTOK-AUTH", &*credential)];
    let path = |rest| format!("/v2/project/{KEY}/session/{session}/{rest}");
    let answer = request(&relay, "GET", &path("connection"), &headers, "").await;
    assert_eq!(answer.json(), json!({"count": 0, "projectId": KEY, "sessionId": session, "items": []}));
    let answer = request(&relay, "GET", &path("stream"), &headers, "").await;
    assert_eq!((answer.status, answer.json()), (200, json!({"count": 0, "items": []})));
}

#[tokio::test]
async fn too_many_calls_are_answered_429() {
    let relay = start(|config| {
        config.set("http.rest_burst", "2").unwrap();
        config.set("http.rest_per_second", "1").unwrap();
    });
    let (credential, session) = (rest_jwt(), session(1));
    let path = format!("/v2/project/{KEY}/session/{session}/stream");
    let mut statuses = Vec::new();
    while !statuses.contains(&429) && statuses.len() < 1000 {
        let answer = request(&relay, "GET", &path, &[("X-OPENTOK-AUTH", &credential)], "").await;
        assert!(answer.status == 200 || answer.header("retry-after") == Some("1"));
        statuses.push(answer.status);
    }
    assert_eq!(statuses[..2], [200, 200]);
    assert_eq!(statuses.last(), Some(&429));
}

#[tokio::test]
async fn a_refused_call_is_read_to_its_end() {
    let relay = start(|_| ());
    let (credential, session) = (rest_jwt(), session(1));
    let signal = format!("/v2/project/{KEY}/session/{session}/signal");
    // More than what comes at once, less than what is given up on. Whoever is hung up on while it writes may not see
    // its answer; whoever is not can go on with the same connection.
    let body = "x".repeat(300_000);
    for (what, path, credential, status) in [
        ("wrong credentials", &*signal, "nonsense", 403),
        ("wrong credentials", "/session/create", "nonsense", 403),
        ("no such session", &format!("/v2/project/{KEY}/session/nonsense/signal"), &credential, 400),
        ("no such path", &format!("/v2/project/{KEY}/archive"), &credential, 404),
        ("a wrong method", &format!("/v2/project/{KEY}/session/{session}/stream"), &credential, 405),
        ("too long a body", &*signal, &credential, 413),
        ("too long a form", "/session/create", &credential, 413),
    ] {
        let head = |rest| {
            format!("POST {path} HTTP/1.1\r\nHost: relay\r\nX-OPENTOK-AUTH: {credential}\r\n{rest}\r\n")
        };
        let first = head(format!("Content-Length: {}\r\n", body.len())) + &body;
        let second = head("Content-Length: 0\r\nConnection: close\r\n".to_owned());
        let answers = exchange_text(&relay, (first + &second).as_bytes()).await;
        let statuses: Vec<&str> = answers.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
        assert_eq!(statuses.len(), 2, "{what}: {answers}");
        assert_eq!(statuses[0], status.to_string(), "{what}");
    }
}

#[tokio::test]
async fn creating_sessions_counts_among_the_calls_of_a_project() {
    let relay = start(|config| {
        config.set("http.rest_burst", "2").unwrap();
        config.set("http.rest_per_second", "1").unwrap();
    });
    let credential = rest_jwt();
    let headers = [("X-OPENTOK-AUTH", &*credential), ("Accept", "application/json")];
    let mut statuses = Vec::new();
    while !statuses.contains(&429) && statuses.len() < 1000 {
        let answer = request(&relay, "POST", "/session/create", &headers, "").await;
        assert!(answer.status == 200 || answer.header("retry-after") == Some("1"));
        statuses.push(answer.status);
    }
    assert_eq!((&statuses[..2], statuses.last()), (&[200, 200][..], Some(&429)));
}
