//! `media_utils.h`: which codecs there are, refused.

use std::sync::Once;

use super::super::base::otc_status;
use super::super::guard::guard;
use super::super::status;
use super::media;

/// A codec of video.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum otc_video_codec_type {
    /// VP8.
    OTC_VIDEO_CODEC_VP8 = 1,
    /// H.264.
    OTC_VIDEO_CODEC_H264 = 2,
}

/// Codecs of a media engine.
#[repr(C)]
#[derive(Debug)]
pub struct otc_media_utils_codecs {
    /// Number of codecs to send with.
    pub number_encoder_video_codecs: usize,
    /// Codecs to send with.
    pub encoder_video_codecs: *mut otc_video_codec_type,
    /// Number of codecs to receive with.
    pub number_decoder_video_codecs: usize,
    /// Codecs to receive with.
    pub decoder_video_codecs: *mut otc_video_codec_type,
}

/// Would tell which codecs the media engine knows: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_media_utils_get_supported_codecs(
    supported_codecs: *mut *mut otc_media_utils_codecs,
) -> otc_status {
    static TOLD: Once = Once::new();
    guard(status::FATAL, || {
        media::refuse(&TOLD, "otc_media_utils_get_supported_codecs", supported_codecs.is_null())
    })
}

/// Would end a list of codecs: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_media_utils_codecs_delete(
    supported_codecs: *mut otc_media_utils_codecs,
) -> otc_status {
    static TOLD: Once = Once::new();
    guard(status::FATAL, || media::refuse(&TOLD, "otc_media_utils_codecs_delete", supported_codecs.is_null()))
}
