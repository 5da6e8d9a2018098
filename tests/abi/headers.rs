//! What the headers declare, measured by C and C++ compilers.

use std::fmt::Write as _;

use crate::description::Description;
use crate::toolchain::{check, compilers};

/// One assertion for C and C++ alike.
const ASSERT: &str = "#include <stddef.h>
#include <opentok.h>
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#ifdef __cplusplus
#define MUST(condition) static_assert(condition, #condition)
#else
#define MUST(condition) typedef char JOIN(must_, __LINE__)[(condition) ? 1 : -1]
#endif
";

fn compile_everywhere(name: &str, source: &str) {
    let refused: Vec<_> = compilers().into_iter().filter_map(|it| check(it, name, source).err()).collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn structs_have_the_documented_layout() {
    let description = Description::read();
    let mut source = ASSERT.to_owned();
    for (name, layout) in &description.structs {
        writeln!(source, "MUST(sizeof(struct {name}) == {});", layout.size).expect("text grows");
        for (field, offset) in &layout.fields {
            writeln!(source, "MUST(offsetof(struct {name}, {field}) == {offset});").expect("text grows");
        }
    }
    for (name, size) in &description.struct_sizes {
        writeln!(source, "MUST(sizeof(struct {name}) == {size});").expect("text grows");
    }
    compile_everywhere("structs", &source);
}

#[test]
fn enums_have_the_documented_values() {
    let description = Description::read();
    let mut source = ASSERT.to_owned();
    for (name, values) in &description.enums {
        writeln!(source, "MUST(sizeof(enum {name}) == {});", description.enum_size).expect("text grows");
        for (constant, value) in values {
            writeln!(source, "MUST((int){constant} == {value});").expect("text grows");
        }
    }
    compile_everywhere("enums", &source);
}

#[test]
fn functions_have_the_documented_types() {
    // Declaring a function again is an error unless the types agree.
    let mut source = "#define OTC_X_NO_SIZED_CALLS\n#include <opentok.h>\nOTC_BEGIN_DECL\n".to_owned();
    for signature in Description::read().signatures() {
        writeln!(source, "{signature};").expect("text grows");
    }
    source += "OTC_END_DECL\n";
    compile_everywhere("functions", &source);
}

#[test]
fn macros_of_the_mirrored_headers_are_there() {
    let source = "
#include <opentok.h>
#if !defined(OTC_DECL) || !defined(OTC_DEF) || !defined(OTC_BEGIN_DECL) || !defined(OTC_END_DECL)
#error a macro for declarations is missing
#endif
#if !defined(LIBOPENTOK_LIBRARY_EXPORTED) || IS_MAC_OS != 0 || IS_LINUX != 0
#error a macro about the platform is missing
#endif
#if ENCRYPTION_SECRET_MINIMUM_LENGTH != 8 || ENCRYPTION_SECRET_MAXIMUM_LENGTH != 256
#error the lengths of secrets differ
#endif
#if OTC_VIDEO_FRAME_METADATA_MAX_SIZE != 32
#error the size of metadata differs
#endif
OTC_BEGIN_DECL
OTC_DECL(otc_status) of_the_program(void);
OTC_END_DECL
OTC_DEF(otc_status) of_the_program(void) { return OTC_SUCCESS; }
";
    compile_everywhere("macros", source);
}

#[test]
fn both_names_of_the_signal_option_are_the_one_member() {
    let source = "
#include <opentok.h>
int both(void);
int both(void) {
  struct otc_signal_options options;
  options.retryAfterReconnect = 1;
  return options.retry_after_reconnect;
}
";
    compile_everywhere("options", source);
}

#[test]
fn generic_guard_names_are_left_to_the_program() {
    let names = [
        "OPENTOK_H",
        "BASE_H",
        "CONFIG_H",
        "CAPABILITIES_H",
        "CONNECTION_H",
        "ERROR_H",
        "STREAM_H",
        "SESSION_H",
        "PUBLISHER_H",
        "SUBSCRIBER_H",
        "AUDIO_DEVICE_H",
        "VIDEO_CAPTURER_H",
        "VIDEO_FRAME_H",
        "MEDIA_UTILS_H",
    ];
    let mut source = String::new();
    for name in names {
        writeln!(source, "#define {name}").expect("text grows");
    }
    source += "#include <opentok.h>\notc_session* one(void);\notc_session* one(void) { return 0; }\n";
    compile_everywhere("guards", &source);
}

#[test]
fn system_headers_that_programs_rely_on_come_along() {
    let source = "
#include <opentok.h>
int64_t wait_a_little(void);
#if defined(_WIN32)
int64_t wait_a_little(void) { return (int64_t)abs(-1); }
#else
int64_t wait_a_little(void) {
  struct timeval now;
  now.tv_sec = 0;
  gettimeofday(&now, 0);
  (void)getpid();
  return (int64_t)now.tv_sec + (int64_t)abs(-1) + (int64_t)sizeof(size_t);
}
#endif
";
    compile_everywhere("system", source);
}

#[test]
fn session_calls_carry_the_size_of_the_callbacks_struct() {
    // Variadic, so that commas inside a compound literal or a template do no harm; the address stays that of the plain
    // one.
    let source = "
#include <opentok/session.h>
typedef otc_session* (*maker)(const char*, const char*, const struct otc_session_callbacks*);
maker plain(void);
maker plain(void) { return otc_session_new; }
otc_session* sized(const struct otc_session_callbacks* callbacks);
otc_session* sized(const struct otc_session_callbacks* callbacks) {
  return (otc_session_new)(\"k\", \"s\", callbacks) ? otc_session_new(\"k\", \"s\", callbacks)
                                                : otc_session_new_with_settings(\"k\", \"s\", callbacks, 0);
}
";
    compile_everywhere("sized", source);
}
