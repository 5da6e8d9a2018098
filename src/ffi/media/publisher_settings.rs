//! `publisher.h`, settings of publishers, refused.

use std::ffi::c_char;
use std::sync::Once;

use super::super::base::{otc_bool, otc_status};
use super::super::guard::guard;
use super::super::status;
use super::video_capturer::otc_video_capturer_callbacks as CapturerCallbacks;
use super::{CaptureResolution, media, otc_publisher_settings};

/// Would make settings for a publisher: media, refused.
///
/// - When, threads: any; does not block.
/// - Ownership: nothing is kept.
/// - Returns: NULL.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_settings_new() -> *mut otc_publisher_settings {
    static TOLD: Once = Once::new();
    guard(std::ptr::null_mut(), || {
        media::tell(&TOLD, "otc_publisher_settings_new");
        std::ptr::null_mut()
    })
}

/// Would end settings of a publisher: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_settings_delete(settings: *mut otc_publisher_settings) -> otc_status {
    static TOLD: Once = Once::new();
    guard(status::FATAL, || media::refuse(&TOLD, "otc_publisher_settings_delete", settings.is_null()))
}

/// Would name the stream of a publisher: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_settings_set_name(
    settings: *mut otc_publisher_settings,
    name: *const c_char,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = name;
    guard(status::FATAL, || media::refuse(&TOLD, "otc_publisher_settings_set_name", settings.is_null()))
}

/// Would choose the source of video of a publisher: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_settings_set_video_capturer(
    settings: *mut otc_publisher_settings,
    capturer: *const CapturerCallbacks,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = capturer;
    guard(status::FATAL, || {
        media::refuse(&TOLD, "otc_publisher_settings_set_video_capturer", settings.is_null())
    })
}

/// Would choose whether a publisher has an audio track: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_settings_set_audio_track(
    settings: *mut otc_publisher_settings,
    enabled: otc_bool,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = enabled;
    guard(status::FATAL, || {
        media::refuse(&TOLD, "otc_publisher_settings_set_audio_track", settings.is_null())
    })
}

/// Would choose whether a publisher has a video track: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_settings_set_video_track(
    settings: *mut otc_publisher_settings,
    enabled: otc_bool,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = enabled;
    guard(status::FATAL, || {
        media::refuse(&TOLD, "otc_publisher_settings_set_video_track", settings.is_null())
    })
}

/// Would choose whether a publisher sends two channels of audio: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_settings_set_stereo(
    settings: *mut otc_publisher_settings,
    enabled: otc_bool,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = enabled;
    guard(status::FATAL, || media::refuse(&TOLD, "otc_publisher_settings_set_stereo", settings.is_null()))
}

/// Would choose whether silence is sent with fewer packets: media, refused. The parameters are assumed.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_settings_set_opus_dtx(
    settings: *mut otc_publisher_settings,
    enable: otc_bool,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = enable;
    guard(status::FATAL, || media::refuse(&TOLD, "otc_publisher_settings_set_opus_dtx", settings.is_null()))
}

/// Would choose whether loudness is evened out: media, refused. The parameters are assumed.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_settings_set_auto_gain_control(
    settings: *mut otc_publisher_settings,
    enable: otc_bool,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = enable;
    guard(status::FATAL, || {
        media::refuse(&TOLD, "otc_publisher_settings_set_auto_gain_control", settings.is_null())
    })
}

/// Would choose whether noise is removed: media, refused. The parameters are assumed.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_settings_set_noise_suppression(
    settings: *mut otc_publisher_settings,
    enable: otc_bool,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = enable;
    guard(status::FATAL, || {
        media::refuse(&TOLD, "otc_publisher_settings_set_noise_suppression", settings.is_null())
    })
}

/// Would choose whether echo is removed: media, refused. The parameters are assumed.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_settings_set_echo_cancellation(
    settings: *mut otc_publisher_settings,
    enable: otc_bool,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = enable;
    guard(status::FATAL, || {
        media::refuse(&TOLD, "otc_publisher_settings_set_echo_cancellation", settings.is_null())
    })
}

/// Would choose whether a shared screen is sent in several sizes: media, refused. The parameters are assumed.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_settings_set_scalable_screenshare(
    settings: *mut otc_publisher_settings,
    enable: otc_bool,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = enable;
    guard(status::FATAL, || {
        media::refuse(&TOLD, "otc_publisher_settings_set_scalable_screenshare", settings.is_null())
    })
}

/// Would choose whether statistics of the sender are sent along: media, refused. The parameters are assumed.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_settings_set_sender_stats_track(
    settings: *mut otc_publisher_settings,
    enable: otc_bool,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = enable;
    guard(status::FATAL, || {
        media::refuse(&TOLD, "otc_publisher_settings_set_sender_stats_track", settings.is_null())
    })
}

/// Would choose the size of the video of the default camera: media, refused. The parameters are assumed.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_settings_set_default_camera_capture_resolution(
    settings: *mut otc_publisher_settings,
    resolution: CaptureResolution,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = resolution;
    guard(status::FATAL, || {
        media::refuse(
            &TOLD,
            "otc_publisher_settings_set_default_camera_capture_resolution",
            settings.is_null(),
        )
    })
}
