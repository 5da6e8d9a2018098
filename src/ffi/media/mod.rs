//! The media functions of the mirrored interface: exported so that programs link, and refused in words that a program
//! can act on. Only video frames, which are plain data, work.

pub mod audio_data;
pub mod audio_device;
pub mod camera_capture_resolution;
pub mod media_transformer;
pub mod media_utils;
pub mod publisher;
pub mod publisher_settings;
pub mod session;
pub mod subscriber;
pub mod video_capturer;
pub mod video_frame;
pub mod video_frame_access;

mod frame;
mod frame_arguments;

use std::ffi::c_int;
use std::sync::Once;

use super::base::otc_status;
use super::status;
use crate::ffi::media;

/// An `enum otc_publisher_video_type` of C: any number may come.
pub type PublisherVideoType = c_int;
/// An `enum otc_camera_capture_resolution` of C: any number may come.
pub type CaptureResolution = c_int;
/// A content hint of C: any number may come.
pub type ContentHint = c_int;
/// An `enum otc_media_transformer_type` of C: any number may come.
pub type TransformerType = c_int;

/// An `enum otc_video_frame_format` of C: any number may come.
pub type FrameFormat = c_int;
/// An `enum otc_video_frame_plane` of C: any number may come.
pub type FramePlane = c_int;

pub use frame::otc_video_frame;

/// Declares types of C that this library never makes.
macro_rules! never_made {
    ($($(#[$documentation:meta])* $name:ident)*) => {$(
        $(#[$documentation])*
        #[repr(C)]
        #[derive(Debug)]
        pub struct $name {
            _private: [u8; 0],
        }
    )*};
}

never_made! {
    /// Sends audio and video.
    otc_publisher
    /// What a publisher is made with.
    otc_publisher_settings
    /// Receives audio and video.
    otc_subscriber
    /// A source of video.
    otc_video_capturer
    /// A microphone and a loudspeaker.
    otc_audio_device
    /// Changes video.
    otc_video_transformer
    /// Changes audio.
    otc_audio_transformer
}

/// Notes in the log, the first time that this would be seen, that a function needs media.
fn tell(told: &Once, function: &str) {
    if crate::log::enabled(crate::log::Level::Warn) {
        told.call_once(|| {
            crate::log::warning!("{function} is refused: this library carries no audio and video")
        });
    }
}

/// The answer of every media function that returns a status.
fn refuse(told: &Once, function: &str, object_is_null: bool) -> otc_status {
    tell(told, function);
    if object_is_null { status::INVALID_PARAM } else { status::FATAL }
}
