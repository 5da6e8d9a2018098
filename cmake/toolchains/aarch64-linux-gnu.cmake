# Builds for 64-bit Arm with Debian's cross compiler, and runs what it built with qemu:
#
#   cmake -S . -B build-arm64 -DCMAKE_TOOLCHAIN_FILE=cmake/toolchains/aarch64-linux-gnu.cmake
#
# Cargo needs Rust's standard library for aarch64-unknown-linux-gnu (`rustup target add aarch64-unknown-linux-gnu`).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)

find_program(CMAKE_C_COMPILER NAMES aarch64-linux-gnu-gcc REQUIRED)
find_program(CMAKE_CXX_COMPILER NAMES aarch64-linux-gnu-g++)
find_program(otc_qemu NAMES qemu-aarch64-static qemu-aarch64)
if(otc_qemu)
  set(CMAKE_CROSSCOMPILING_EMULATOR "${otc_qemu};-L;/usr/aarch64-linux-gnu")
endif()

set(OTC_CARGO_TARGET aarch64-unknown-linux-gnu CACHE STRING "")

set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
