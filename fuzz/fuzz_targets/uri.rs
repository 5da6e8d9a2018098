//! URIs: there is no wrong one, and the pairs that are read are those that are there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use otc_protocol::raptor::Uri;

fuzz_target!(|input: &str| {
    let uri = Uri::parse(input);
    assert!(uri.params.len() <= 16);
    for (name, _) in &uri.params {
        assert!(uri.param(name).is_some());
    }
    let pairs: String = uri.params.iter().map(|(name, value)| format!("/{name}/{value}")).collect();
    // One empty segment at the end means nothing; with one, a value that is empty still counts.
    let again = format!("/v2{pairs}/");
    assert!(Uri::parse(&again).params.iter().eq(uri.params.iter()), "{again}");
});
