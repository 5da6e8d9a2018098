//! Media functions: refused whatever they are given, without looking at it.

use std::ptr::{null, null_mut};

use otc::ffi::media::audio_device::*;
use otc::ffi::media::media_transformer::*;
use otc::ffi::media::media_utils::*;
use otc::ffi::media::publisher::*;
use otc::ffi::media::publisher_settings::*;
use otc::ffi::media::subscriber::*;
use otc::ffi::media::video_capturer::*;

use crate::null_table::{Table, check};

/// A pointer that must not be followed.
fn some<T>() -> *const T {
    std::ptr::without_provenance(0x10)
}

/// A pointer that must not be followed.
fn some_mut<T>() -> *mut T {
    std::ptr::without_provenance_mut(0x10)
}

const PUBLISHER_REPORT: otc_publisher_rtc_stats_report_cb = otc_publisher_rtc_stats_report_cb {
    user_data: null_mut(),
    on_rtc_stats_report: None,
    reserved: null_mut(),
};
const SUBSCRIBER_REPORT: otc_subscriber_rtc_stats_report_cb = otc_subscriber_rtc_stats_report_cb {
    user_data: null_mut(),
    on_rtc_stats_report: None,
    reserved: null_mut(),
};

/// Every media function but those of frames and sessions, in any state.
pub(crate) fn media(table: &mut Table) {
    check!(table, otc_audio_device_read_render_data(null_mut(), 0), 0);
    check!(table, otc_audio_device_read_render_data(some_mut(), 0), 0);
    check!(table, otc_audio_device_write_capture_data(null(), 0), 1);
    check!(table, otc_audio_device_write_capture_data(null(), 0), 1);
    check!(table, otc_audio_device_write_capture_data(some(), 0), 2);
    check!(table, otc_audio_transformer_create(0, null(), null(), None, null_mut()), null_mut());
    check!(table, otc_audio_transformer_create(0, some(), some(), None, some_mut()), null_mut());
    check!(table, otc_audio_transformer_delete(null_mut()), 1);
    check!(table, otc_audio_transformer_delete(null_mut()), 1);
    check!(table, otc_audio_transformer_delete(some_mut()), 2);
    check!(table, otc_media_utils_codecs_delete(null_mut()), 1);
    check!(table, otc_media_utils_codecs_delete(null_mut()), 1);
    check!(table, otc_media_utils_codecs_delete(some_mut()), 2);
    check!(table, otc_media_utils_get_supported_codecs(null_mut()), 1);
    check!(table, otc_media_utils_get_supported_codecs(null_mut()), 1);
    check!(table, otc_media_utils_get_supported_codecs(some_mut()), 2);
    check!(table, otc_publisher_delete(null_mut()), 1);
    check!(table, otc_publisher_delete(null_mut()), 1);
    check!(table, otc_publisher_delete(some_mut()), 2);
    check!(table, otc_publisher_get_audio_fallback_enabled(null()), 0);
    check!(table, otc_publisher_get_audio_fallback_enabled(some()), 0);
    check!(table, otc_publisher_get_name(null()), null());
    check!(table, otc_publisher_get_name(some()), null());
    check!(table, otc_publisher_get_publish_audio(null()), 0);
    check!(table, otc_publisher_get_publish_audio(some()), 0);
    check!(table, otc_publisher_get_publish_video(null()), 0);
    check!(table, otc_publisher_get_publish_video(some()), 0);
    check!(table, otc_publisher_get_publisher_id(null()), null());
    check!(table, otc_publisher_get_publisher_id(some()), null());
    check!(table, otc_publisher_get_rtc_stats_report(null()), 1);
    check!(table, otc_publisher_get_rtc_stats_report(null()), 1);
    check!(table, otc_publisher_get_rtc_stats_report(some()), 2);
    check!(table, otc_publisher_get_session(null()), null_mut());
    check!(table, otc_publisher_get_session(some()), null_mut());
    check!(table, otc_publisher_get_stream(null_mut()), null_mut());
    check!(table, otc_publisher_get_stream(some_mut()), null_mut());
    check!(table, otc_publisher_get_user_data(null()), null_mut());
    check!(table, otc_publisher_get_user_data(some()), null_mut());
    check!(table, otc_publisher_get_video_type(null()), 0);
    check!(table, otc_publisher_get_video_type(some()), 0);
    check!(table, otc_publisher_new(null(), null(), null()), null_mut());
    check!(table, otc_publisher_new(some(), some(), some()), null_mut());
    check!(table, otc_publisher_new_with_settings(null(), null_mut()), null_mut());
    check!(table, otc_publisher_new_with_settings(some(), some_mut()), null_mut());
    check!(table, otc_publisher_set_audio_fallback_enabled(null_mut(), 0), 1);
    check!(table, otc_publisher_set_audio_fallback_enabled(null_mut(), 0), 1);
    check!(table, otc_publisher_set_audio_fallback_enabled(some_mut(), 0), 2);
    check!(table, otc_publisher_set_audio_transformers(null_mut(), null_mut(), 0), 1);
    check!(table, otc_publisher_set_audio_transformers(null_mut(), some_mut(), 0), 1);
    check!(table, otc_publisher_set_audio_transformers(some_mut(), null_mut(), 0), 2);
    check!(table, otc_publisher_set_max_audio_bitrate(null_mut(), 0), 1);
    check!(table, otc_publisher_set_max_audio_bitrate(null_mut(), 0), 1);
    check!(table, otc_publisher_set_max_audio_bitrate(some_mut(), 0), 2);
    check!(table, otc_publisher_set_publish_audio(null_mut(), 0), 1);
    check!(table, otc_publisher_set_publish_audio(null_mut(), 0), 1);
    check!(table, otc_publisher_set_publish_audio(some_mut(), 0), 2);
    check!(table, otc_publisher_set_publish_captions(null_mut(), 0), 1);
    check!(table, otc_publisher_set_publish_captions(null_mut(), 0), 1);
    check!(table, otc_publisher_set_publish_captions(some_mut(), 0), 2);
    check!(table, otc_publisher_set_publish_video(null_mut(), 0), 1);
    check!(table, otc_publisher_set_publish_video(null_mut(), 0), 1);
    check!(table, otc_publisher_set_publish_video(some_mut(), 0), 2);
    check!(table, otc_publisher_set_rtc_stats_report_cb(null_mut(), PUBLISHER_REPORT), 1);
    check!(table, otc_publisher_set_rtc_stats_report_cb(null_mut(), PUBLISHER_REPORT), 1);
    check!(table, otc_publisher_set_rtc_stats_report_cb(some_mut(), PUBLISHER_REPORT), 2);
    check!(table, otc_publisher_set_video_transformers(null_mut(), null_mut(), 0), 1);
    check!(table, otc_publisher_set_video_transformers(null_mut(), some_mut(), 0), 1);
    check!(table, otc_publisher_set_video_transformers(some_mut(), null_mut(), 0), 2);
    check!(table, otc_publisher_set_video_type(null_mut(), 0), 1);
    check!(table, otc_publisher_set_video_type(null_mut(), 0), 1);
    check!(table, otc_publisher_set_video_type(some_mut(), 0), 2);
    check!(table, otc_publisher_settings_delete(null_mut()), 1);
    check!(table, otc_publisher_settings_delete(null_mut()), 1);
    check!(table, otc_publisher_settings_delete(some_mut()), 2);
    check!(table, otc_publisher_settings_new(), null_mut());
    check!(table, otc_publisher_settings_set_audio_track(null_mut(), 0), 1);
    check!(table, otc_publisher_settings_set_audio_track(null_mut(), 0), 1);
    check!(table, otc_publisher_settings_set_audio_track(some_mut(), 0), 2);
    check!(table, otc_publisher_settings_set_auto_gain_control(null_mut(), 0), 1);
    check!(table, otc_publisher_settings_set_auto_gain_control(null_mut(), 0), 1);
    check!(table, otc_publisher_settings_set_auto_gain_control(some_mut(), 0), 2);
    check!(table, otc_publisher_settings_set_default_camera_capture_resolution(null_mut(), 0), 1);
    check!(table, otc_publisher_settings_set_default_camera_capture_resolution(null_mut(), 0), 1);
    check!(table, otc_publisher_settings_set_default_camera_capture_resolution(some_mut(), 0), 2);
    check!(table, otc_publisher_settings_set_echo_cancellation(null_mut(), 0), 1);
    check!(table, otc_publisher_settings_set_echo_cancellation(null_mut(), 0), 1);
    check!(table, otc_publisher_settings_set_echo_cancellation(some_mut(), 0), 2);
    check!(table, otc_publisher_settings_set_name(null_mut(), null()), 1);
    check!(table, otc_publisher_settings_set_name(null_mut(), some()), 1);
    check!(table, otc_publisher_settings_set_name(some_mut(), null()), 2);
    check!(table, otc_publisher_settings_set_noise_suppression(null_mut(), 0), 1);
    check!(table, otc_publisher_settings_set_noise_suppression(null_mut(), 0), 1);
    check!(table, otc_publisher_settings_set_noise_suppression(some_mut(), 0), 2);
    check!(table, otc_publisher_settings_set_opus_dtx(null_mut(), 0), 1);
    check!(table, otc_publisher_settings_set_opus_dtx(null_mut(), 0), 1);
    check!(table, otc_publisher_settings_set_opus_dtx(some_mut(), 0), 2);
    check!(table, otc_publisher_settings_set_scalable_screenshare(null_mut(), 0), 1);
    check!(table, otc_publisher_settings_set_scalable_screenshare(null_mut(), 0), 1);
    check!(table, otc_publisher_settings_set_scalable_screenshare(some_mut(), 0), 2);
    check!(table, otc_publisher_settings_set_sender_stats_track(null_mut(), 0), 1);
    check!(table, otc_publisher_settings_set_sender_stats_track(null_mut(), 0), 1);
    check!(table, otc_publisher_settings_set_sender_stats_track(some_mut(), 0), 2);
    check!(table, otc_publisher_settings_set_stereo(null_mut(), 0), 1);
    check!(table, otc_publisher_settings_set_stereo(null_mut(), 0), 1);
    check!(table, otc_publisher_settings_set_stereo(some_mut(), 0), 2);
    check!(table, otc_publisher_settings_set_video_capturer(null_mut(), null()), 1);
    check!(table, otc_publisher_settings_set_video_capturer(null_mut(), some()), 1);
    check!(table, otc_publisher_settings_set_video_capturer(some_mut(), null()), 2);
    check!(table, otc_publisher_settings_set_video_track(null_mut(), 0), 1);
    check!(table, otc_publisher_settings_set_video_track(null_mut(), 0), 1);
    check!(table, otc_publisher_settings_set_video_track(some_mut(), 0), 2);
    check!(table, otc_set_audio_device(null()), 1);
    check!(table, otc_set_audio_device(null()), 1);
    check!(table, otc_set_audio_device(some()), 2);
    check!(table, otc_subscriber_delete(null_mut()), 1);
    check!(table, otc_subscriber_delete(null_mut()), 1);
    check!(table, otc_subscriber_delete(some_mut()), 2);
    check!(table, otc_subscriber_get_audio_volume(null(), null_mut()), 1);
    check!(table, otc_subscriber_get_audio_volume(null(), some_mut()), 1);
    check!(table, otc_subscriber_get_audio_volume(some(), null_mut()), 2);
    check!(table, otc_subscriber_get_preferred_framerate(null(), null_mut()), 1);
    check!(table, otc_subscriber_get_preferred_framerate(null(), some_mut()), 1);
    check!(table, otc_subscriber_get_preferred_framerate(some(), null_mut()), 2);
    check!(table, otc_subscriber_get_preferred_resolution(null(), null_mut(), null_mut()), 1);
    check!(table, otc_subscriber_get_preferred_resolution(null(), some_mut(), some_mut()), 1);
    check!(table, otc_subscriber_get_preferred_resolution(some(), null_mut(), null_mut()), 2);
    check!(table, otc_subscriber_get_rtc_stats_report(null()), 1);
    check!(table, otc_subscriber_get_rtc_stats_report(null()), 1);
    check!(table, otc_subscriber_get_rtc_stats_report(some()), 2);
    check!(table, otc_subscriber_get_session(null()), null_mut());
    check!(table, otc_subscriber_get_session(some()), null_mut());
    check!(table, otc_subscriber_get_stream(null()), null_mut());
    check!(table, otc_subscriber_get_stream(some()), null_mut());
    check!(table, otc_subscriber_get_subscribe_to_audio(null()), 0);
    check!(table, otc_subscriber_get_subscribe_to_audio(some()), 0);
    check!(table, otc_subscriber_get_subscribe_to_captions(null()), 0);
    check!(table, otc_subscriber_get_subscribe_to_captions(some()), 0);
    check!(table, otc_subscriber_get_subscribe_to_video(null()), 0);
    check!(table, otc_subscriber_get_subscribe_to_video(some()), 0);
    check!(table, otc_subscriber_get_subscriber_id(null()), null());
    check!(table, otc_subscriber_get_subscriber_id(some()), null());
    check!(table, otc_subscriber_get_user_data(null()), null_mut());
    check!(table, otc_subscriber_get_user_data(some()), null_mut());
    check!(table, otc_subscriber_new(null(), null()), null_mut());
    check!(table, otc_subscriber_new(some(), some()), null_mut());
    check!(table, otc_subscriber_set_audio_volume(null_mut(), 0.0), 1);
    check!(table, otc_subscriber_set_audio_volume(null_mut(), 0.0), 1);
    check!(table, otc_subscriber_set_audio_volume(some_mut(), 0.0), 2);
    check!(table, otc_subscriber_set_preferred_framerate(null_mut(), 0.0), 1);
    check!(table, otc_subscriber_set_preferred_framerate(null_mut(), 0.0), 1);
    check!(table, otc_subscriber_set_preferred_framerate(some_mut(), 0.0), 2);
    check!(table, otc_subscriber_set_preferred_resolution(null_mut(), 0, 0), 1);
    check!(table, otc_subscriber_set_preferred_resolution(null_mut(), 0, 0), 1);
    check!(table, otc_subscriber_set_preferred_resolution(some_mut(), 0, 0), 2);
    check!(table, otc_subscriber_set_rtc_stats_report_cb(null_mut(), SUBSCRIBER_REPORT), 1);
    check!(table, otc_subscriber_set_rtc_stats_report_cb(null_mut(), SUBSCRIBER_REPORT), 1);
    check!(table, otc_subscriber_set_rtc_stats_report_cb(some_mut(), SUBSCRIBER_REPORT), 2);
    check!(table, otc_subscriber_set_subscribe_to_audio(null_mut(), 0), 1);
    check!(table, otc_subscriber_set_subscribe_to_audio(null_mut(), 0), 1);
    check!(table, otc_subscriber_set_subscribe_to_audio(some_mut(), 0), 2);
    check!(table, otc_subscriber_set_subscribe_to_captions(null_mut(), 0), 1);
    check!(table, otc_subscriber_set_subscribe_to_captions(null_mut(), 0), 1);
    check!(table, otc_subscriber_set_subscribe_to_captions(some_mut(), 0), 2);
    check!(table, otc_subscriber_set_subscribe_to_video(null_mut(), 0), 1);
    check!(table, otc_subscriber_set_subscribe_to_video(null_mut(), 0), 1);
    check!(table, otc_subscriber_set_subscribe_to_video(some_mut(), 0), 2);
    check!(table, otc_video_capturer_get_content_hint(null()), 0);
    check!(table, otc_video_capturer_get_content_hint(some()), 0);
    check!(table, otc_video_capturer_provide_frame(null(), 0, null()), 1);
    check!(table, otc_video_capturer_provide_frame(null(), 0, some()), 1);
    check!(table, otc_video_capturer_provide_frame(some(), 0, null()), 2);
    check!(table, otc_video_capturer_set_content_hint(null_mut(), 0), 1);
    check!(table, otc_video_capturer_set_content_hint(null_mut(), 0), 1);
    check!(table, otc_video_capturer_set_content_hint(some_mut(), 0), 2);
    check!(table, otc_video_transformer_create(0, null(), null(), None, null_mut()), null_mut());
    check!(table, otc_video_transformer_create(0, some(), some(), None, some_mut()), null_mut());
    check!(table, otc_video_transformer_delete(null_mut()), 1);
    check!(table, otc_video_transformer_delete(null_mut()), 1);
    check!(table, otc_video_transformer_delete(some_mut()), 2);
}
