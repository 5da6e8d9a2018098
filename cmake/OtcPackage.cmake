# `cpack` makes one tarball of everything and, where Debian's tools are, a .deb of each component: the library under the name
# that holds its soname, so that two major versions fit beside each other, its -dev package, the relay, and the link for
# programs that ask for the vendor's library. `make package` calls it with the directories that each of the two kinds wants.

set(CPACK_PACKAGE_NAME "lib${otc_name}")
set(CPACK_PACKAGE_VENDOR "the libotc project")
set(CPACK_PACKAGE_CONTACT "libotc maintainers <maintainers@libotc.invalid>" CACHE STRING
  "Who answers for the packages, as NAME <ADDRESS>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE-MIT")
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_FILE_NAME "lib${otc_name}-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_COMPONENTS_GROUPING IGNORE)

set(CPACK_GENERATOR TGZ)
find_program(OTC_DPKG_SHLIBDEPS dpkg-shlibdeps DOC "finds what a .deb depends on")
mark_as_advanced(OTC_DPKG_SHLIBDEPS)
if(OTC_DPKG_SHLIBDEPS)
  list(APPEND CPACK_GENERATOR DEB)
endif()
# The tarball is without what has to be asked for; of that there is a .deb.
set(otc_components library development)
set(otc_debian_components library development)
if(NOT OTC_SYMBOL_PREFIX)
  list(APPEND otc_components relay)
  list(APPEND otc_debian_components relay opentok)
  if(OTC_BUILD_DOCS)
    list(APPEND otc_components doc)
    list(APPEND otc_debian_components doc)
  endif()
endif()
set(CPACK_COMPONENTS_ALL ${otc_components})
configure_file("${PROJECT_SOURCE_DIR}/packaging/generator.cmake.in" "${PROJECT_BINARY_DIR}/generator.cmake" @ONLY)
set(CPACK_PROJECT_CONFIG_FILE "${PROJECT_BINARY_DIR}/generator.cmake")

# Names of Debian packages have no underscore.
string(REPLACE "_" "-" otc_debian_name "lib${otc_name}")
string(TOLOWER "${otc_debian_name}" otc_debian_name)
set(otc_debian_library "${otc_debian_name}${PROJECT_VERSION_MAJOR}")
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME "${otc_debian_library}")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION "Real-time signaling for native programs
Text messages between the clients of a session, who is there, and
reconnection that loses, doubles and reorders nothing. The functions are
those of the native SDK for OpenTok and Vonage Video sessions, without audio
and video.")
# Programs that are linked to it work with this version and later ones of the same major number.
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/packaging/debian/triggers")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME "${otc_debian_name}-dev")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${otc_debian_library} (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS "pkg-config, cmake")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "Headers and static library of libotc
What is needed to build programs with libotc, in C and C++: headers, the
static library, files for CMake and pkg-config, and otc-compat, which tells
what of the interface a program uses.")

set(CPACK_DEBIAN_RELAY_PACKAGE_NAME otc-relay)
set(CPACK_DEBIAN_RELAY_PACKAGE_SECTION net)
# Its account is made when it is installed.
set(CPACK_DEBIAN_RELAY_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers | systemd-sysusers")
set(CPACK_DEBIAN_RELAY_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/packaging/debian/postinst"
  "${PROJECT_SOURCE_DIR}/packaging/debian/prerm" "${PROJECT_SOURCE_DIR}/packaging/debian/postrm"
  "${PROJECT_SOURCE_DIR}/packaging/debian/conffiles")
set(CPACK_DEBIAN_RELAY_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_RELAY_DESCRIPTION "Self-hosted relay for OpenTok-compatible signaling
The server side of libotc: carries the sessions of native programs and of
browsers with the stock JavaScript client, and answers the stock server SDKs.")

set(CPACK_DEBIAN_OPENTOK_PACKAGE_NAME libotc-opentok)
set(CPACK_DEBIAN_OPENTOK_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_OPENTOK_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_OPENTOK_PACKAGE_DEPENDS "${otc_debian_library} (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_OPENTOK_DESCRIPTION "Lets programs that ask for libopentok.so find libotc
A link named libopentok.so. Programs that were built with another SDK of the
same interface start with libotc instead.")

set(CPACK_DEBIAN_DOC_PACKAGE_NAME libotc-doc)
set(CPACK_DEBIAN_DOC_PACKAGE_SECTION doc)
set(CPACK_DEBIAN_DOC_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DOC_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_DOC_DESCRIPTION "Reference of libotc as HTML
Every function, type and callback of the C interface and of the C++ wrapper.")

# What only a .deb has: copyright, changelog, the settings of the relay and its account.
set(otc_debian_dir "${PROJECT_SOURCE_DIR}/packaging/debian")
configure_file("${otc_debian_dir}/files.cmake.in" "${PROJECT_BINARY_DIR}/debian-files.cmake" @ONLY)
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_BINARY_DIR}/debian-files.cmake")

include(CPack)
