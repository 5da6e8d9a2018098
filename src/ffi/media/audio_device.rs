//! `audio_device.h`: audio devices of the program's own, refused.

use std::ffi::{c_int, c_void};
use std::sync::Once;

use super::super::base::{otc_bool, otc_status};
use super::super::guard::guard;
use super::super::status;
use super::{media, otc_audio_device};

/// How an audio device works.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct otc_audio_device_settings {
    /// Samples a second.
    pub sampling_rate: c_int,
    /// Channels.
    pub number_of_channels: c_int,
}

/// What the media engine would ask of an audio device of the program. No member is ever called.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct otc_audio_device_callbacks {
    /// Make the device ready.
    pub init: Option<
        unsafe extern "C" fn(audio_device: *const otc_audio_device, user_data: *mut c_void) -> otc_bool,
    >,
    /// The device is not needed any more.
    pub destroy: Option<
        unsafe extern "C" fn(audio_device: *const otc_audio_device, user_data: *mut c_void) -> otc_bool,
    >,
    /// Make recording ready.
    pub init_capturer: Option<
        unsafe extern "C" fn(audio_device: *const otc_audio_device, user_data: *mut c_void) -> otc_bool,
    >,
    /// Recording is not needed any more.
    pub destroy_capturer: Option<
        unsafe extern "C" fn(audio_device: *const otc_audio_device, user_data: *mut c_void) -> otc_bool,
    >,
    /// Begin to record.
    pub start_capturer: Option<
        unsafe extern "C" fn(audio_device: *const otc_audio_device, user_data: *mut c_void) -> otc_bool,
    >,
    /// Cease to record.
    pub stop_capturer: Option<
        unsafe extern "C" fn(audio_device: *const otc_audio_device, user_data: *mut c_void) -> otc_bool,
    >,
    /// Whether recording is ready.
    pub is_capturer_initialized: Option<
        unsafe extern "C" fn(audio_device: *const otc_audio_device, user_data: *mut c_void) -> otc_bool,
    >,
    /// Whether it records.
    pub is_capturer_started: Option<
        unsafe extern "C" fn(audio_device: *const otc_audio_device, user_data: *mut c_void) -> otc_bool,
    >,
    /// Delay of recording in milliseconds.
    pub get_estimated_capture_delay:
        Option<unsafe extern "C" fn(audio_device: *const otc_audio_device, user_data: *mut c_void) -> c_int>,
    /// How it records.
    pub get_capture_settings: Option<
        unsafe extern "C" fn(
            audio_device: *const otc_audio_device,
            user_data: *mut c_void,
            settings: *mut otc_audio_device_settings,
        ) -> otc_bool,
    >,
    /// Make playing ready.
    pub init_renderer: Option<
        unsafe extern "C" fn(audio_device: *const otc_audio_device, user_data: *mut c_void) -> otc_bool,
    >,
    /// Playing is not needed any more.
    pub destroy_renderer: Option<
        unsafe extern "C" fn(audio_device: *const otc_audio_device, user_data: *mut c_void) -> otc_bool,
    >,
    /// Begin to play.
    pub start_renderer: Option<
        unsafe extern "C" fn(audio_device: *const otc_audio_device, user_data: *mut c_void) -> otc_bool,
    >,
    /// Cease to play.
    pub stop_renderer: Option<
        unsafe extern "C" fn(audio_device: *const otc_audio_device, user_data: *mut c_void) -> otc_bool,
    >,
    /// Whether playing is ready.
    pub is_renderer_initialized: Option<
        unsafe extern "C" fn(audio_device: *const otc_audio_device, user_data: *mut c_void) -> otc_bool,
    >,
    /// Whether it plays.
    pub is_renderer_started: Option<
        unsafe extern "C" fn(audio_device: *const otc_audio_device, user_data: *mut c_void) -> otc_bool,
    >,
    /// Delay of playing in milliseconds.
    pub get_estimated_render_delay:
        Option<unsafe extern "C" fn(audio_device: *const otc_audio_device, user_data: *mut c_void) -> c_int>,
    /// How it plays.
    pub get_render_settings: Option<
        unsafe extern "C" fn(
            audio_device: *const otc_audio_device,
            user_data: *mut c_void,
            settings: *mut otc_audio_device_settings,
        ) -> otc_bool,
    >,
    /// Handed to each callback.
    pub user_data: *mut c_void,
    /// Must be NULL.
    pub reserved: *mut c_void,
}

/// Would read audio that is to be played: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: no difference.
/// - Returns: 0.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_audio_device_read_render_data(
    buffer: *mut i16,
    number_of_samples: usize,
) -> usize {
    static TOLD: Once = Once::new();
    let _ = (buffer, number_of_samples);
    guard(0, || {
        media::tell(&TOLD, "otc_audio_device_read_render_data");
        0
    })
}

/// Would hand over audio that was recorded: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_audio_device_write_capture_data(
    buffer: *const i16,
    number_of_samples: usize,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = number_of_samples;
    guard(status::FATAL, || media::refuse(&TOLD, "otc_audio_device_write_capture_data", buffer.is_null()))
}

/// Would choose the audio device of the program: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_set_audio_device(callbacks: *const otc_audio_device_callbacks) -> otc_status {
    static TOLD: Once = Once::new();
    guard(status::FATAL, || media::refuse(&TOLD, "otc_set_audio_device", callbacks.is_null()))
}
