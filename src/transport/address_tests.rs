//! Tables of URLs.
#![forbid(unsafe_code)]

use super::*;

fn http(url: &str) -> Address {
    Address::parse(url, Family::Http).unwrap_or_else(|allowed| panic!("{url}: {allowed}"))
}

#[test]
fn urls_are_taken_apart() {
    let table = [
        ("http://127.0.0.1:8080", false, "127.0.0.1", 8080, "/"),
        ("https://api.example", true, "api.example", 443, "/"),
        ("http://api.example/", false, "api.example", 80, "/"),
        ("https://api.example:8443/base/", true, "api.example", 8443, "/base/"),
        ("https://[::1]:9/x", true, "::1", 9, "/x"),
        ("http://[fe80::1]", false, "fe80::1", 80, "/"),
        ("http://host:/x", false, "host", 80, "/x"),
        ("http://host?x=1", false, "host", 80, "/?x=1"),
    ];
    for (url, secure, host, port, path) in table {
        let address = http(url);
        let parts = (address.secure(), address.host(), address.port(), address.path_and_query());
        assert_eq!(parts, (secure, host, port, path), "{url}");
    }
}

#[test]
fn urls_of_another_kind_are_refused() {
    let table = [
        "",
        "host",
        "host:80",
        "/path",
        "ftp://host",
        "ws://host",
        "http://",
        "http://:80",
        "http://host:0",
        "http://host:65536",
        "http://host:8o",
        "http://user@host",
        "http://user:pw@host/",
        "http://ho st",
        "http:/host",
        "http://[::1",
        "https://h\u{e9}.example",
    ];
    for url in table {
        assert!(Address::parse(url, Family::Http).is_err(), "{url}");
    }
    assert!(Address::parse("http://host", Family::WebSocket).is_err());
    assert!(Address::parse("wss://host/x", Family::WebSocket).is_ok_and(|address| address.secure()));
}

#[test]
fn a_path_is_put_below_that_of_the_api() {
    let table = [
        ("http://h", "http://h/session/1?x=y"),
        ("http://h/", "http://h/session/1?x=y"),
        ("https://h:1/a/b", "https://h:1/a/b/session/1?x=y"),
        ("https://h:1/a/b/", "https://h:1/a/b/session/1?x=y"),
    ];
    for (base, joined) in table {
        assert_eq!(http(base).join("/session/1?x=y").url(), joined);
    }
}

#[test]
fn an_ip_proxy_gets_the_url_without_its_scheme() {
    let table = [
        ("https://p:8080", "https://api.example/session/X", "https://p:8080/api.example/session/X"),
        ("https://p:8080/", "https://api.example/session/X", "https://p:8080/api.example/session/X"),
        ("http://p/in", "https://api.example/s?e=1", "http://p/in/api.example/s?e=1"),
        ("https://p:8080", "wss://host:1234/path?a=b", "wss://p:8080/host:1234/path?a=b"),
        ("http://p:8080", "wss://host/path", "ws://p:8080/host/path"),
        ("https://p", "ws://host", "wss://p/host/"),
        ("https://p", "ws://host?x=1", "wss://p/host/?x=1"),
    ];
    for (proxy, target, expected) in table {
        let family = if target.starts_with("ws") { Family::WebSocket } else { Family::Http };
        let target = Address::parse(target, family).expect("a URL");
        assert_eq!(target.through_ip_proxy(&http(proxy)).url(), expected);
    }
}

#[test]
fn what_is_shown_has_neither_query_nor_user_name() {
    assert_eq!(http("https://h:1/a?token=secret").shown(), "https://h:1/a");
    let table = [
        ("https://user:secret@h/a?token=secret", "https://...@h/a"),
        ("user:secret@h", "...@h"),
        ("h\nx", "h x"),
        ("ftp://h/#secret", "ftp://h/"),
        ("http://[::1]:80/a", "http://[::1]:80/a"),
        ("h:80/a", "h:80/a"),
        // The host was forgotten, the "@" escaped, slashes left out, or the password has them.
        ("http://alice:secret", "http://..."),
        ("http://alice:secret%40127.0.0.1:1", "http://..."),
        ("http:alice:secret:127.0.0.1:1", "..."),
        ("http:/alice:secret", "..."),
        ("socks5:alice:secret", "..."),
        ("alice:sec://ret@127.0.0.1:3128", "...@127.0.0.1:3128"),
        ("http://h/alice:secret", "http://..."),
    ];
    for (text, shown) in table {
        assert_eq!(shown_text(text), shown);
    }
    assert!(shown_text(&"x".repeat(10_000)).len() < 400);
    assert!(http(&format!("http://h/{}", "x".repeat(10_000))).shown().len() < 400);
}

#[test]
fn any_session_id_is_one_segment_of_a_path() {
    let table = [
        ("1_MX4xMDB-fg", "1_MX4xMDB-fg"),
        ("a/b?c#d", "a%2Fb%3Fc%23d"),
        ("\u{e9} %", "%C3%A9%20%25"),
        ("..", "%2E%2E"),
        ("a..", "a.."),
        ("", ""),
    ];
    for (id, segment) in table {
        assert_eq!(path_segment(id), segment);
    }
}
