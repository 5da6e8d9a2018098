//! `video_capturer.h`: sources of video of the program's own, refused.

use std::ffi::{c_int, c_void};
use std::sync::Once;

use super::super::base::{otc_bool, otc_status};
use super::super::guard::guard;
use super::super::status;
use super::{ContentHint, media, otc_video_capturer, otc_video_frame};

/// How a source of video works.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct otc_video_capturer_settings {
    /// Format of the pictures, a value of enum otc_video_frame_format.
    pub format: c_int,
    /// Pixels.
    pub width: c_int,
    /// Pixels.
    pub height: c_int,
    /// Pictures a second.
    pub fps: c_int,
    /// Delay in milliseconds.
    pub expected_delay: c_int,
    /// Whether pictures are mirrored where they are shown to the publisher.
    pub mirror_on_local_render: otc_bool,
}

/// What a publisher would ask of a source of video of the program. No member is ever called.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct otc_video_capturer_callbacks {
    /// Make the source ready.
    pub init:
        Option<unsafe extern "C" fn(capturer: *const otc_video_capturer, user_data: *mut c_void) -> otc_bool>,
    /// The source is not needed any more.
    pub destroy:
        Option<unsafe extern "C" fn(capturer: *const otc_video_capturer, user_data: *mut c_void) -> otc_bool>,
    /// Begin to capture.
    pub start:
        Option<unsafe extern "C" fn(capturer: *const otc_video_capturer, user_data: *mut c_void) -> otc_bool>,
    /// Cease to capture.
    pub stop:
        Option<unsafe extern "C" fn(capturer: *const otc_video_capturer, user_data: *mut c_void) -> otc_bool>,
    /// How it captures.
    pub get_capture_settings: Option<
        unsafe extern "C" fn(
            capturer: *const otc_video_capturer,
            user_data: *mut c_void,
            settings: *mut otc_video_capturer_settings,
        ) -> otc_bool,
    >,
    /// Handed to each callback.
    pub user_data: *mut c_void,
    /// Must be NULL.
    pub reserved: *mut c_void,
}

/// Would hand over a picture that was captured: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_capturer_provide_frame(
    capturer: *const otc_video_capturer,
    rotation: c_int,
    frame: *const otc_video_frame,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = (rotation, frame);
    guard(status::FATAL, || media::refuse(&TOLD, "otc_video_capturer_provide_frame", capturer.is_null()))
}

/// Would tell what kind of pictures come: media, refused. The parameters are assumed.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_capturer_set_content_hint(
    capturer: *mut otc_video_capturer,
    content_hint: ContentHint,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = content_hint;
    guard(status::FATAL, || media::refuse(&TOLD, "otc_video_capturer_set_content_hint", capturer.is_null()))
}

/// Would tell what kind of pictures was announced: media, refused. The parameters are assumed.
///
/// - When, threads: any; does not block.
/// - NULL: no difference.
/// - Returns: 0.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_capturer_get_content_hint(capturer: *const otc_video_capturer) -> c_int {
    static TOLD: Once = Once::new();
    let _ = capturer;
    guard(0, || {
        media::tell(&TOLD, "otc_video_capturer_get_content_hint");
        0
    })
}
