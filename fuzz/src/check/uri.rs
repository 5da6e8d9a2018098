//! URIs: there is no wrong one, and the pairs that are read are those that are there.

use otc_protocol::raptor::Uri;

/// Checks one input.
///
/// # Panics
///
/// When something reads wrongly.
pub fn check(input: &[u8]) {
    let Ok(input) = std::str::from_utf8(input) else { return };
    let uri = Uri::parse(input);
    assert!(uri.params.len() <= 16);
    for (name, _) in &uri.params {
        assert!(uri.param(name).is_some());
    }
    let pairs: String = uri.params.iter().map(|(name, value)| format!("/{name}/{value}")).collect();
    // One empty segment at the end means nothing; with one, a value that is empty still counts.
    let again = format!("/v2{pairs}/");
    assert!(Uri::parse(&again).params.iter().eq(uri.params.iter()), "{again}");
}
