/**
 * @file media_utils.h
 * Which codecs the media engine knows; this library has none.
 */
#ifndef OTC_HEADER_MEDIA_UTILS_H
#define OTC_HEADER_MEDIA_UTILS_H

#include <stddef.h>

#include "config.h"
#include "base.h"

OTC_BEGIN_DECL

OTC_END_DECL

#endif
