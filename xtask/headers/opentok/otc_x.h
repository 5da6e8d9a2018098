/**
 * @file otc_x.h
 * What this library offers beyond the interface that it mirrors.
 *
 * Names start with otc_x_ or OTC_X_. Nothing here changes what a function of the other headers does. Each struct
 * starts with struct_size: set it to sizeof of that struct, so that a program and a library of different versions
 * understand each other. In such a struct 0 stands for the default, and all times are in milliseconds.
 */
#ifndef OTC_HEADER_OTC_X_H
#define OTC_HEADER_OTC_X_H

#include <stddef.h>

#include "config.h"
#include "base.h"
#include "session.h"

OTC_BEGIN_DECL

//! generate x.rs

OTC_END_DECL

#endif
