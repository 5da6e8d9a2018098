/**
 * @file publisher.h
 * Sending audio and video, which this library does not do: see otc_publisher_new().
 */
#ifndef OTC_HEADER_PUBLISHER_H
#define OTC_HEADER_PUBLISHER_H

#include <stddef.h>

#include "config.h"
#include "base.h"
#include "stream.h"
#include "camera_capture_resolution.h"
#include "media_transformer.h"
#include "video_capturer.h"
#include "video_frame.h"

OTC_BEGIN_DECL

#ifndef OTC_SESSION_FWD_DECL
#define OTC_SESSION_FWD_DECL
typedef struct otc_session otc_session;
#endif

/** What sends audio and video to a session. Opaque; this library never makes one. */
typedef struct otc_publisher otc_publisher;

/** What a publisher is made with. Opaque; this library never makes one. */
typedef struct otc_publisher_settings otc_publisher_settings;

//! generate media/publisher.rs media/publisher_settings.rs
//! types otc_publisher_error_code otc_publisher_video_type otc_publisher_callbacks

OTC_END_DECL

#endif
