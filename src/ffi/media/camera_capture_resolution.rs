//! `camera_capture_resolution.h`: sizes of the video of a camera.

/// A size of video.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum otc_camera_capture_resolution {
    /// 320 by 240 pixels.
    OTC_CAMERA_CAPTURE_RESOLUTION_LOW = 0,
    /// 640 by 480 pixels.
    OTC_CAMERA_CAPTURE_RESOLUTION_MEDIUM = 1,
    /// 1280 by 720 pixels.
    OTC_CAMERA_CAPTURE_RESOLUTION_HIGH = 2,
    /// 1920 by 1080 pixels.
    OTC_CAMERA_CAPTURE_RESOLUTION_1080P = 3,
}
