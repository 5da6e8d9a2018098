//! Where a session connects, from settings and environment.
#![forbid(unsafe_code)]

use super::*;

fn settings(api_url: Option<&str>, proxy_url: Option<&str>) -> SessionSettings {
    let (api_url, proxy_url) = (api_url.map(str::to_owned), proxy_url.map(str::to_owned));
    SessionSettings { api_url, proxy_url, ..SessionSettings::default() }
}

fn environment(api_url: Option<&str>, ca_file: Option<&str>) -> Environment {
    Environment { api_url: api_url.map(OsString::from), ca_file: ca_file.map(OsString::from) }
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
