#!/usr/bin/env bash
# Lets bindgen read the headers: every function is there, the layouts that it works out are what rustc makes of them, and a
# Rust program that uses the bindings runs with the library.
#
#   scripts/check-bindgen.sh [LIBRARY]      default: the debug build that the C tests use
set -euo pipefail
cd "$(dirname "$0")/.."

library="$(readlink -f "${1:-target/cmake/lib/libotc.so}")"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT

bindgen include/opentok.h --allowlist-function 'otc_.*' --allowlist-type 'otc_.*' --allowlist-var '(OTC|ENCRYPTION|OT)_.*' \
  --output "$scratch/bindings.rs" -- -Iinclude
missing=0
while IFS= read -r name; do
  if ! grep -q "pub fn $name(" "$scratch/bindings.rs"; then
    echo "bindgen: $name is missing" >&2
    missing=1
  fi
done <tests/abi/exports.txt
[ "$missing" -eq 0 ]

cat >"$scratch/program.rs" <<'E2'
#![allow(non_camel_case_types, non_upper_case_globals, non_snake_case, dead_code, deref_nullptr)]
include!("bindings.rs");

#[test]
fn a_session_is_made_and_ends() {
    let text = std::ffi::CString::new("text").unwrap();
    let mut callbacks: otc_session_callbacks = unsafe { std::mem::zeroed() };
    callbacks.on_connected = None;
    unsafe {
        assert_eq!(otc_init(std::ptr::null_mut()), otc_constant_OTC_SUCCESS as otc_status);
        let session = otc_session_new(text.as_ptr(), text.as_ptr(), &callbacks);
        assert!(!session.is_null());
        assert_eq!(otc_session_send_signal(session, text.as_ptr(), text.as_ptr()), 1010);
        assert_eq!(otc_session_delete(session), 0);
        assert_eq!(otc_destroy(), 0);
    }
}
E2
mkdir "$scratch/lib"
ln -s "$library" "$scratch/lib/libotc.so"
ln -s "$library" "$scratch/lib/$(readelf -d "$library" | sed -n 's/.*soname: \[\(.*\)\]/\1/p')"
rustc --edition 2021 --test "$scratch/program.rs" -L "$scratch/lib" -l otc -o "$scratch/program"
LD_LIBRARY_PATH="$scratch/lib" "$scratch/program" --quiet >"$scratch/told" || {
  cat "$scratch/told" >&2
  exit 1
}
echo "bindgen: $(wc -l <tests/abi/exports.txt) functions, $(grep -c 'fn bindgen_test_layout' "$scratch/bindings.rs") layouts, a program that runs"
