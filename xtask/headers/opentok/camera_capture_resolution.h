/**
 * @file camera_capture_resolution.h
 * Sizes of the video of a camera.
 */
#ifndef OTC_HEADER_CAMERA_CAPTURE_RESOLUTION_H
#define OTC_HEADER_CAMERA_CAPTURE_RESOLUTION_H

#include "config.h"

OTC_BEGIN_DECL

//! generate media/camera_capture_resolution.rs
//! types otc_camera_capture_resolution

OTC_END_DECL

#endif
