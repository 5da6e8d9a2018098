/**
 * @file opentok.h
 * The whole interface. A program needs no other include.
 *
 * **Life.** otc_init() first, then sessions, then otc_session_delete() for each, then otc_destroy().
 *
 * **Threads.** Every function may be called from any thread at any time, and inside any callback. None waits for the
 * network, except that otc_destroy() takes up to 2 s to end what is left, and otc_session_delete() waits for a
 * running callback of that session.
 *
 * **Callbacks.** They come on threads of the library that do nothing else: one at a time for each session, in the
 * order in which things happened, for different sessions possibly at the same time. A slow one delays later callbacks
 * of its session and nothing else. Whatever a callback receives, apart from the session and user_data, dies when it
 * returns: copy what is needed longer. A C++ exception must not leave a callback, and longjmp() must not jump out of
 * one.
 *
 * **Strings** are UTF-8 and end with NUL. They, and everything else that is passed in, are copied before the function
 * returns, so temporaries are fine. A string that a getter returns belongs to the object it was asked of and lives as
 * long.
 *
 * **Handles.** otc_session and otc_session_settings pointers are checked: one that was deleted, or never made, gives
 * OTC_INVALID_PARAM, NULL or 0, and does nothing. Connections and streams are plain memory; there the usual care
 * applies.
 *
 * **NULL** is never a crash. For the object that a function works on it gives OTC_INVALID_PARAM, NULL or 0; other
 * arguments say what it means for them.
 *
 * **Status.** 0 is success; other values are in enum otc_error_code and enum otc_session_error_code.
 *
 * **Processes.** A child made by fork() must not use the library, unless it calls exec first: every call in it fails.
 * exit() may be called at any time, inside callbacks too. Unloading the shared library is not supported: it stays
 * mapped after dlclose().
 */
#ifndef OTC_HEADER_OPENTOK_H
#define OTC_HEADER_OPENTOK_H

#include "opentok/config.h"
#include "opentok/base.h"
#include "opentok/error.h"
#include "opentok/capabilities.h"
#include "opentok/connection.h"
#include "opentok/stream.h"
#include "opentok/video_frame.h"
#include "opentok/video_capturer.h"
#include "opentok/audio_device.h"
#include "opentok/audio_data.h"
#include "opentok/camera_capture_resolution.h"
#include "opentok/media_transformer.h"
#include "opentok/media_utils.h"
#include "opentok/publisher.h"
#include "opentok/subscriber.h"
#include "opentok/session.h"
#include "opentok/otc_x.h"

#endif
