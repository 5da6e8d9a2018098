//! Where a session connects, from settings and environment.
#![forbid(unsafe_code)]

use super::*;

fn settings(api_url: Option<&str>, proxy_url: Option<&str>) -> SessionSettings {
    let (api_url, proxy_url) = (api_url.map(str::to_owned), proxy_url.map(str::to_owned));
    SessionSettings { api_url, proxy_url, ..SessionSettings::default() }
}

fn environment(api_url: Option<&str>, ca_file: Option<&str>) -> Environment {
    let (api_url, ca_file) = (api_url.map(OsString::from), ca_file.map(OsString::from));
    Environment { api_url, ca_file, ..Environment::default() }
}

fn api(route: &Route) -> String {
    route.api.as_ref().expect("an address").shown()
}

#[test]
fn the_setting_goes_before_the_environment_and_that_before_the_default() {
    let set = environment(Some("https://environment"), None);
    let unset = environment(None, None);
    let chosen = settings(Some("https://setting/base"), None);
    let silent = settings(None, None);
    let table = [
        (&chosen, &set, "https://setting/base", false),
        (&chosen, &unset, "https://setting/base", false),
        (&silent, &set, "https://environment/", false),
        (&silent, &unset, "http://127.0.0.1:8080/", true),
    ];
    for (settings, environment, expected, is_default) in table {
        let route = settings.route(environment).expect("a route");
        assert_eq!((api(&route).as_str(), route.api_is_default), (expected, is_default));
    }
}

#[test]
fn own_certificates_come_from_the_setting_or_the_environment() {
    let set = environment(None, Some("/environment.pem"));
    let mut settings = settings(None, None);
    assert_eq!(settings.route(&set).expect("a route").ca_file, Some(PathBuf::from("/environment.pem")));
    settings.ca_file = Some(PathBuf::from("/setting.pem"));
    assert_eq!(settings.route(&set).expect("a route").ca_file, Some(PathBuf::from("/setting.pem")));
}

#[test]
fn a_bad_setting_names_its_key_its_value_and_what_is_allowed() {
    let form = "http://host[:port][/path] or https://host[:port][/path]";
    let table = [
        ("ftp://x", form.to_owned(), "ftp://x"),
        ("", form.to_owned(), ""),
        ("http://user:secret@x", "a URL without a user name".to_owned(), "http://...@x"),
        ("http://x?token=secret", "a URL without a query".to_owned(), "http://x"),
    ];
    for (url, allowed, shown) in table {
        for (key, error) in [("api_url", check_api_url(url)), ("proxy_url", check_proxy_url(url))] {
            let error = error.expect_err(url);
            assert_eq!(error.to_string(), format!("{key} is \"{shown}\"; allowed is {allowed}"));
        }
    }
    let error = settings(Some("ftp://x"), None).route(&Environment::default()).expect_err("a bad API URL");
    assert_eq!(error.key, "api_url");
    let error = settings(None, Some("ftp://x")).route(&Environment::default()).expect_err("a bad proxy URL");
    assert_eq!(error.key, "proxy_url");
    assert_eq!(check_ca_file(Path::new("")).expect_err("no path").key, "ca_file");
    assert_eq!(check_ca_file(Path::new("/any")), Ok(()));
}

#[test]
fn a_bad_environment_variable_is_told_when_connecting() {
    let route = settings(None, None).route(&environment(Some("relay.example"), None)).expect("a route");
    let failure = route.api.expect_err("no address");
    assert_eq!(failure.hop, Hop::Setting);
    assert_eq!(
        failure.to_string(),
        "cannot use OTC_API_URL \"relay.example\": allowed is http://host[:port][/path] or https://host[:port][/path]"
    );
}

/// The proxies that these variables make.
fn proxies(variables: &'static [(&'static str, &'static str)]) -> FromEnvironment {
    let value = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into());
    ProxyVariables::of(value).read()
}

#[test]
fn proxies_of_the_environment_go_by_the_scheme_and_small_letters_first() {
    type Variables = &'static [(&'static str, &'static str)];
    let table: [(Variables, Option<&str>, Option<&str>); 9] = [
        (&[], None, None),
        (&[("http_proxy", "http://a:1")], Some("http://a:1"), None),
        (&[("https_proxy", "http://a:1")], None, Some("http://a:1")),
        (&[("HTTP_PROXY", "a:1"), ("HTTPS_PROXY", "b:2")], Some("http://a:1"), Some("http://b:2")),
        (&[("all_proxy", "socks5://a")], Some("socks5://a:1080"), Some("socks5://a:1080")),
        (&[("ALL_PROXY", "c"), ("https_proxy", "b")], Some("http://c:1080"), Some("http://b:1080")),
        (
            &[("http_proxy", "a"), ("HTTP_PROXY", "b"), ("all_proxy", "c")],
            Some("http://a:1080"),
            Some("http://c:1080"),
        ),
        // What a web server makes of a header of a stranger.
        (
            &[("REQUEST_METHOD", "GET"), ("HTTP_PROXY", "evil"), ("HTTPS_PROXY", "b")],
            None,
            Some("http://b:1080"),
        ),
        (
            &[("REQUEST_METHOD", "GET"), ("http_proxy", "a")],
            if cfg!(windows) { None } else { Some("http://a:1080") },
            None,
        ),
    ];
    for (variables, plain, secure) in table {
        let found = proxies(variables);
        let shown = |proxy: &Option<Result<Proxy, TransportError>>| {
            proxy.as_ref().map(|proxy| proxy.as_ref().expect("a proxy").shown().to_owned())
        };
        let found = (shown(&found.plain), shown(&found.secure));
        assert_eq!((found.0.as_deref(), found.1.as_deref()), (plain, secure), "{variables:?}");
    }
}

#[test]
fn a_bad_proxy_variable_is_told_with_its_name_and_without_its_password() {
    let found = proxies(&[("https_proxy", "ftp://me:secret@proxy.example:1")]);
    let error = found.secure.expect("set").expect_err("no proxy").to_string();
    assert!(
        error.starts_with("cannot use https_proxy \"ftp://...@proxy.example:1\": allowed is http://"),
        "{error}"
    );
    let everywhere = proxies(&[("all_proxy", "http://me:sec#ret@proxy.example/path")]);
    for proxy in [everywhere.plain, everywhere.secure] {
        let error = proxy.expect("set").expect_err("no proxy").to_string();
        assert!(error.contains("all_proxy") && !error.contains("ret@"), "{error}");
    }
}

#[test]
fn entries_of_no_proxy_that_mean_nothing_are_told_where_a_proxy_is_used() {
    let senseless = |variables: &[(&str, &str)]| {
        let variables: Vec<(String, String)> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let read = |name: &'static str| {
            variables.iter().find(|(key, _)| key == name).map(|(_, value)| OsString::from(value))
        };
        ProxyVariables::of(read).senseless().map(|error| error.to_string())
    };
    let proxy = ("all_proxy", "http://proxy");
    assert_eq!(senseless(&[proxy, ("no_proxy", "a.example, *:80 10.0.0.0/8 ::ffff:10.0.0.1")]), None);
    assert_eq!(senseless(&[("no_proxy", "host:port")]), None, "without a proxy nothing goes wrong");
    let told =
        senseless(&[proxy, ("NO_PROXY", "a.example,me:secret,10.0.0.0/99")]).expect("two mean nothing");
    assert!(told.starts_with("NO_PROXY is \"...,10.0.0.0/99\"; allowed is *, a name"), "{told}");
}

#[test]
fn what_the_program_chose_goes_before_the_environment() {
    let read = |name: &'static str| (name == "all_proxy").then(|| "http://environment:1".into());
    let environment = Environment { proxies: ProxyVariables::of(read), ..Environment::default() };
    let mut settings = settings(None, None);
    assert!(matches!(settings.route(&environment).expect("a route").proxies, Proxies::Environment(_)));
    settings.forward_proxy = Some(ForwardProxy::parse("direct").expect("direct"));
    assert_eq!(settings.route(&environment).expect("a route").proxies, Proxies::Chosen(None));
    settings.forward_proxy = Some(ForwardProxy::parse("socks5://me:secret@program").expect("a proxy"));
    let Proxies::Chosen(Some(proxy)) = settings.route(&environment).expect("a route").proxies else {
        panic!("no proxy was chosen")
    };
    assert_eq!(proxy.shown(), "socks5://program:1080");
    assert!(!format!("{settings:?}{proxy:?}{environment:?}").contains("secret"));
    let error = ForwardProxy::parse("direct://").expect_err("no proxy");
    assert!(error.to_string().starts_with("forward_proxy is \"direct://\"; allowed is http://"), "{error}");
}
