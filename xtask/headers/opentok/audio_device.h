/**
 * @file audio_device.h
 * Audio devices of the program's own, which this library does not use.
 */
#ifndef OTC_HEADER_AUDIO_DEVICE_H
#define OTC_HEADER_AUDIO_DEVICE_H

#include <stddef.h>
#include <stdlib.h>

#include "config.h"
#include "base.h"

OTC_BEGIN_DECL

/** A microphone and a loudspeaker. Opaque; this library never makes one. */
typedef struct otc_audio_device otc_audio_device;

//! generate media/audio_device.rs

OTC_END_DECL

#endif
