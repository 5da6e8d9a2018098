//! `session.h`: the calls behind the macros with which programs tell what headers they were built against.

use std::ffi::{c_char, c_int};

use super::callbacks::otc_session_callbacks;
use super::client;
use super::guard::guard;
use super::handle::{otc_session, otc_session_settings};
use super::layout::{self, Generation};
use super::string;

/// Makes a session as otc_session_new() does, for a program that tells which callbacks struct it has.
///
/// Programs do not call this: a macro of this header turns otc_session_new() into it.
///
/// - callbacks_size: sizeof(struct otc_session_callbacks) as the program knows it; members beyond it count as NULL.
/// - generation: OTC_X_GENERATION as the program knows it. A number that the library does not know gives NULL.
/// - Everything else: as for otc_session_new(), except that OTC_ABI_GENERATION has no say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_x_session_new_sized(
    callbacks_size: usize,
    generation: c_int,
    apikey: *const c_char,
    session_id: *const c_char,
    callbacks: *const otc_session_callbacks,
) -> *mut otc_session {
    let settings = std::ptr::null_mut();
    // SAFETY: passes on the caller's promises; NULL settings are allowed.
    unsafe {
        otc_x_session_new_with_settings_sized(
            callbacks_size,
            generation,
            apikey,
            session_id,
            callbacks,
            settings,
        )
    }
}

/// Makes a session as otc_session_new_with_settings() does, for a program that tells which callbacks struct it has.
///
/// Programs do not call this: a macro of this header turns otc_session_new_with_settings() into it.
///
/// - callbacks_size: sizeof(struct otc_session_callbacks) as the program knows it; members beyond it count as NULL.
/// - generation: OTC_X_GENERATION as the program knows it. A number that the library does not know gives NULL.
/// - Everything else: as for otc_session_new_with_settings(), except that OTC_ABI_GENERATION has no say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_x_session_new_with_settings_sized(
    callbacks_size: usize,
    generation: c_int,
    apikey: *const c_char,
    session_id: *const c_char,
    callbacks: *const otc_session_callbacks,
    settings: *mut otc_session_settings,
) -> *mut otc_session {
    guard(std::ptr::null_mut(), || {
        let Some(generation) = Generation::from_number(generation) else {
            crate::log::error!(
                "the program was built with newer headers than this library; generation {generation}"
            );
            return std::ptr::null_mut();
        };
        // SAFETY: the caller passes NULL or a callbacks struct of that size and generation.
        let callbacks = unsafe { layout::read_as(callbacks, generation, callbacks_size) };
        // SAFETY: the caller passes NULL or strings that end with NUL.
        let (apikey, session_id) = unsafe { (string::bytes(apikey), string::bytes(session_id)) };
        client::create(apikey, session_id, callbacks, settings)
    })
}
