//! `media_transformer.h`: changing audio and video on its way, refused.

use std::ffi::{c_char, c_void};
use std::sync::Once;

use super::super::base::otc_status;
use super::super::guard::guard;
use super::super::status;
use super::audio_data::otc_audio_data as AudioData;
use super::{TransformerType, media, otc_audio_transformer, otc_video_frame, otc_video_transformer};

/// Whose transformer it is. The numbers are assumed.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum otc_media_transformer_type {
    /// One that comes with the mirrored library.
    OTC_MEDIA_TRANSFORMER_TYPE_VONAGE = 0,
    /// One of the program.
    OTC_MEDIA_TRANSFORMER_TYPE_CUSTOM = 1,
}

/// Changes a picture. Never called.
pub type video_transform_callback =
    Option<unsafe extern "C" fn(user_data: *mut c_void, frame: *mut otc_video_frame)>;

/// Changes a piece of audio. Never called.
pub type audio_transform_callback =
    Option<unsafe extern "C" fn(user_data: *mut c_void, data: *mut AudioData)>;

/// Would make something that changes video: media, refused. The parameters are assumed.
///
/// - When, threads: any; does not block.
/// - Ownership: nothing is kept.
/// - Returns: NULL.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_transformer_create(
    r#type: TransformerType,
    name: *const c_char,
    properties: *const c_char,
    callback: video_transform_callback,
    user_data: *mut c_void,
) -> *mut otc_video_transformer {
    static TOLD: Once = Once::new();
    let _ = (r#type, name, properties, callback, user_data);
    guard(std::ptr::null_mut(), || {
        media::tell(&TOLD, "otc_video_transformer_create");
        std::ptr::null_mut()
    })
}

/// Would end something that changes video: media, refused. The parameters are assumed.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_transformer_delete(transformer: *mut otc_video_transformer) -> otc_status {
    static TOLD: Once = Once::new();
    guard(status::FATAL, || media::refuse(&TOLD, "otc_video_transformer_delete", transformer.is_null()))
}

/// Would make something that changes audio: media, refused. The parameters are assumed.
///
/// - When, threads: any; does not block.
/// - Ownership: nothing is kept.
/// - Returns: NULL.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_audio_transformer_create(
    r#type: TransformerType,
    name: *const c_char,
    properties: *const c_char,
    callback: audio_transform_callback,
    user_data: *mut c_void,
) -> *mut otc_audio_transformer {
    static TOLD: Once = Once::new();
    let _ = (r#type, name, properties, callback, user_data);
    guard(std::ptr::null_mut(), || {
        media::tell(&TOLD, "otc_audio_transformer_create");
        std::ptr::null_mut()
    })
}

/// Would end something that changes audio: media, refused. The parameters are assumed.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_audio_transformer_delete(transformer: *mut otc_audio_transformer) -> otc_status {
    static TOLD: Once = Once::new();
    guard(status::FATAL, || media::refuse(&TOLD, "otc_audio_transformer_delete", transformer.is_null()))
}
