# Builds the library, the relay that is installed with it, and what the tests start, with cargo, and offers the library to
# CMake.
#
#   otc::otc              the shared library
#   otc::static           the static library, with the system libraries it needs
#   OTC_RELAY_PROGRAM, OTC_FAULT_PROXY_PROGRAM, OTC_FORWARD_PROXY_PROGRAM
#                         what the tests start, built when OTC_BUILD_TESTS is on
#
# Cargo decides what has to be compiled, so it is asked on every build; files are replaced only when they differ, and what
# is linked to them is linked again only then.

find_program(OTC_CARGO cargo HINTS "$ENV{HOME}/.cargo/bin" DOC "cargo of a stable Rust toolchain" REQUIRED)

# Shared with cargo's own commands by default, so that nothing is compiled twice.
if(DEFINED ENV{CARGO_TARGET_DIR})
  get_filename_component(otc_default_target_dir "$ENV{CARGO_TARGET_DIR}" ABSOLUTE BASE_DIR "${PROJECT_SOURCE_DIR}")
else()
  set(otc_default_target_dir "${PROJECT_SOURCE_DIR}/target")
endif()
set(OTC_CARGO_TARGET_DIR "${otc_default_target_dir}" CACHE PATH "Where cargo puts what it builds")

# release is what is shipped; quick is like it, less optimised and built in a third of the time.
set(OTC_CARGO_PROFILE "" CACHE STRING
  "Cargo profile: dev, quick, release; by default dev for CMAKE_BUILD_TYPE=Debug and release for anything else")
set_property(CACHE OTC_CARGO_PROFILE PROPERTY STRINGS "" dev quick release)
if(OTC_CARGO_PROFILE)
  set(otc_cargo_profile "${OTC_CARGO_PROFILE}")
elseif(CMAKE_BUILD_TYPE STREQUAL "Debug")
  set(otc_cargo_profile dev)
else()
  set(otc_cargo_profile release)
endif()

# For another machine than this one: the toolchain files in cmake/toolchains set the first.
set(OTC_CARGO_TARGET "" CACHE STRING "Target triple that cargo builds for; by default this machine's")
set(OTC_CARGO_TOOLCHAIN "" CACHE STRING "Name of the rustup toolchain to build with; by default rustup's choice")
set(OTC_CARGO_ARGUMENTS "" CACHE STRING "More arguments for cargo build, as a list")
mark_as_advanced(OTC_CARGO_TARGET OTC_CARGO_TOOLCHAIN OTC_CARGO_ARGUMENTS)
set(otc_cargo_call "${OTC_CARGO}")
if(OTC_CARGO_TOOLCHAIN)
  list(APPEND otc_cargo_call "+${OTC_CARGO_TOOLCHAIN}")
endif()
set(otc_cargo_arguments --profile ${otc_cargo_profile} ${OTC_CARGO_ARGUMENTS})
set(otc_cargo_dir "${OTC_CARGO_TARGET_DIR}")
if(OTC_CARGO_TARGET)
  list(APPEND otc_cargo_arguments --target ${OTC_CARGO_TARGET})
  string(APPEND otc_cargo_dir "/${OTC_CARGO_TARGET}")
  if(CMAKE_CROSSCOMPILING)
    # Cargo links with the same compiler.
    string(TOUPPER "${OTC_CARGO_TARGET}" otc_linker_variable)
    string(REPLACE "-" "_" otc_linker_variable "CARGO_TARGET_${otc_linker_variable}_LINKER")
    list(PREPEND otc_cargo_call "${CMAKE_COMMAND}" -E env "${otc_linker_variable}=${CMAKE_C_COMPILER}")
  endif()
endif()
if(otc_cargo_profile STREQUAL "dev")
  string(APPEND otc_cargo_dir "/debug")
else()
  string(APPEND otc_cargo_dir "/${otc_cargo_profile}")
endif()

# With a prefix everything that programs and linkers see has another name: a library beside the vendor's in one process.
set(OTC_SYMBOL_PREFIX "" CACHE STRING "What to put before the name of each function and of the library, such as my_")
if(NOT OTC_SYMBOL_PREFIX MATCHES "^([A-Za-z_][A-Za-z0-9_]*)?$")
  message(FATAL_ERROR
    "OTC_SYMBOL_PREFIX is \"${OTC_SYMBOL_PREFIX}\"; allowed are letters, digits and _, and no digit at the start")
endif()
set(otc_name "${OTC_SYMBOL_PREFIX}otc")

set(otc_lib_dir "${PROJECT_BINARY_DIR}/lib")

# What cargo calls the files (otc_cargo_*), what they are called here, and the name of the file that programs are linked with.
# And what Rust's standard library needs of the system, as `cargo rustc -- --print native-static-libs` tells.
set(otc_cargo_link "")
set(otc_soname "")
if(WIN32)
  set(otc_cargo_shared otc.dll)
  set(otc_shared_file otc.dll)
  if(MSVC)
    set(otc_cargo_link otc.dll.lib)
    set(otc_link_file otc.dll.lib)
    set(otc_static_file otc.lib)
  else()
    set(otc_cargo_link libotc.dll.a)
    set(otc_link_file libotc.dll.a)
    set(otc_static_file libotc.a)
  endif()
  set(otc_system_libraries bcrypt advapi32 kernel32 ntdll userenv ws2_32 dbghelp)
elseif(APPLE)
  set(otc_cargo_shared libotc.dylib)
  set(otc_shared_file libotc.dylib)
  set(otc_link_file libotc.dylib)
  set(otc_static_file libotc.a)
  set(otc_system_libraries "-framework Security" "-framework CoreFoundation" iconv System m)
else()
  set(otc_cargo_shared libotc.so)
  set(otc_soname "lib${otc_name}.so.${PROJECT_VERSION_MAJOR}")
  set(otc_shared_file "lib${otc_name}.so.${PROJECT_VERSION}")
  set(otc_link_file "lib${otc_name}.so")
  set(otc_static_file "lib${otc_name}.a")
  set(otc_system_libraries gcc_s util rt pthread m dl c)
endif()
set(otc_shared "${otc_lib_dir}/${otc_shared_file}")
set(otc_static "${otc_lib_dir}/${otc_static_file}")

# One call, so that cargo works out the features of common dependencies once.
set(otc_cargo_packages -p otc)
if(OTC_INSTALL OR (OTC_BUILD_TESTS AND NOT OTC_TEST_PROGRAMS))
  list(APPEND otc_cargo_packages -p otc-relay)
endif()
if(OTC_INSTALL AND otc_cargo_profile STREQUAL "release" AND CMAKE_SYSTEM_NAME STREQUAL "Linux" AND NOT OTC_CARGO_TARGET)
  # The relay that is installed gives memory back after large sessions.
  list(APPEND otc_cargo_packages --features otc-relay/jemalloc)
endif()
if(OTC_INSTALL)
  list(APPEND otc_cargo_packages -p otc-compat)
endif()
if(OTC_BUILD_TESTS AND NOT OTC_TEST_PROGRAMS)
  list(APPEND otc_cargo_packages -p otc-testkit -p otc-forward-proxy)
  set(OTC_RELAY_PROGRAM "${otc_cargo_dir}/otc-relay${CMAKE_EXECUTABLE_SUFFIX}")
  set(OTC_FAULT_PROXY_PROGRAM "${otc_cargo_dir}/otc-fault-proxy${CMAKE_EXECUTABLE_SUFFIX}")
  set(OTC_FORWARD_PROXY_PROGRAM "${otc_cargo_dir}/otc-forward-proxy${CMAKE_EXECUTABLE_SUFFIX}")
endif()

# From what cargo built to what is linked and installed.
if(OTC_SYMBOL_PREFIX)
  if(NOT CMAKE_EXECUTABLE_FORMAT STREQUAL "ELF" OR NOT CMAKE_OBJCOPY)
    message(FATAL_ERROR "OTC_SYMBOL_PREFIX needs an ELF system (Linux) and objcopy of binutils")
  endif()
  set(otc_include_dir "${PROJECT_BINARY_DIR}/include")
  file(MAKE_DIRECTORY "${otc_include_dir}")
  set(otc_stage
    COMMAND "${CMAKE_COMMAND}" "-Dprefix=${OTC_SYMBOL_PREFIX}" "-Dsource=${PROJECT_SOURCE_DIR}"
      "-Darchive=${otc_cargo_dir}/libotc.a" "-Dshared=${otc_shared}" "-Dstatic=${otc_static}" "-Dsoname=${otc_soname}"
      "-Dinclude=${otc_include_dir}" "-Dlibraries=${otc_system_libraries}" "-Dcompiler=${CMAKE_C_COMPILER}"
      "-Dobjcopy=${CMAKE_OBJCOPY}" "-Dar=${CMAKE_AR}"
      -P "${CMAKE_CURRENT_LIST_DIR}/prefix.cmake")
else()
  set(otc_include_dir "${PROJECT_SOURCE_DIR}/include")
  set(otc_stage
    COMMAND "${CMAKE_COMMAND}" -E copy_if_different "${otc_cargo_dir}/${otc_cargo_shared}" "${otc_shared}"
    COMMAND "${CMAKE_COMMAND}" -E copy_if_different "${otc_cargo_dir}/${otc_static_file}" "${otc_static}")
endif()
if(otc_cargo_link)
  list(APPEND otc_stage
    COMMAND "${CMAKE_COMMAND}" -E copy_if_different "${otc_cargo_dir}/${otc_cargo_link}" "${otc_lib_dir}/${otc_link_file}")
elseif(otc_soname)
  # A program asks for the soname when it starts, and the linker for the plain name.
  list(APPEND otc_stage
    COMMAND "${CMAKE_COMMAND}" -E create_symlink "${otc_shared_file}" "${otc_lib_dir}/${otc_soname}"
    COMMAND "${CMAKE_COMMAND}" -E create_symlink "${otc_soname}" "${otc_lib_dir}/${otc_link_file}")
endif()

add_custom_target(otc_cargo ALL
  COMMAND ${otc_cargo_call} build --manifest-path "${PROJECT_SOURCE_DIR}/Cargo.toml" --locked ${otc_cargo_packages}
          ${otc_cargo_arguments} --target-dir "${OTC_CARGO_TARGET_DIR}"
  COMMAND "${CMAKE_COMMAND}" -E make_directory "${otc_lib_dir}"
  ${otc_stage}
  BYPRODUCTS "${otc_shared}" "${otc_static}"
  COMMENT "Building the library with cargo (${otc_cargo_profile})"
  USES_TERMINAL
  VERBATIM)

add_library(otc_shared_library SHARED IMPORTED GLOBAL)
set_target_properties(otc_shared_library PROPERTIES
  IMPORTED_LOCATION "${otc_shared}"
  INTERFACE_INCLUDE_DIRECTORIES "${otc_include_dir}")
if(otc_soname)
  set_target_properties(otc_shared_library PROPERTIES IMPORTED_SONAME "${otc_soname}")
endif()
if(WIN32)
  set_target_properties(otc_shared_library PROPERTIES IMPORTED_IMPLIB "${otc_lib_dir}/${otc_link_file}")
endif()
add_dependencies(otc_shared_library otc_cargo)
add_library(otc::otc ALIAS otc_shared_library)

add_library(otc_static_library STATIC IMPORTED GLOBAL)
set_target_properties(otc_static_library PROPERTIES
  IMPORTED_LOCATION "${otc_static}"
  INTERFACE_INCLUDE_DIRECTORIES "${otc_include_dir}"
  INTERFACE_LINK_LIBRARIES "${otc_system_libraries}")
add_dependencies(otc_static_library otc_cargo)
add_library(otc::static ALIAS otc_static_library)
