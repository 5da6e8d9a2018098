/**
 * @file subscriber.h
 * Receiving audio and video, which this library does not do: see otc_subscriber_new().
 */
#ifndef OTC_HEADER_SUBSCRIBER_H
#define OTC_HEADER_SUBSCRIBER_H

#include <stddef.h>

#include "config.h"
#include "base.h"
#include "error.h"
#include "stream.h"
#include "video_frame.h"

OTC_BEGIN_DECL

#ifndef OTC_SESSION_FWD_DECL
#define OTC_SESSION_FWD_DECL
typedef struct otc_session otc_session;
#endif

/** What receives the audio and video of a stream. Opaque; this library never makes one. */
typedef struct otc_subscriber otc_subscriber;

//! generate media/subscriber.rs
//! types otc_subscriber_error_code otc_subscriber_callbacks

OTC_END_DECL

#endif
