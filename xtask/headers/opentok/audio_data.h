/**
 * @file audio_data.h
 * A piece of audio.
 */
#ifndef OTC_HEADER_AUDIO_DATA_H
#define OTC_HEADER_AUDIO_DATA_H

#include <stddef.h>

#include "config.h"

OTC_BEGIN_DECL

//! generate media/audio_data.rs
//! types otc_audio_data

OTC_END_DECL

#endif
