//! Session ids: the fields that are read are those that are there.
#![no_main]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use otc_protocol::session_id;

fuzz_target!(|input: &str| {
    let Ok(id) = session_id::decode(input) else { return };
    assert!(!id.partner.is_empty());
    let mut fields =
        vec![id.version.clone(), id.partner.clone(), id.location.clone(), id.create_time.clone()];
    fields.extend(id.rest.iter().cloned());
    let again = format!("{}{}", id.prefix, URL_SAFE_NO_PAD.encode(fields.join("~")));
    assert_eq!(session_id::decode(&again), Ok(id));
});
