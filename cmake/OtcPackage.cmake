# `cpack` makes one tarball of everything and, where Debian's tools are, a .deb of each component: the library under the name
# that holds its soname, so that two major versions fit beside each other, its -dev package, and the relay.

set(CPACK_PACKAGE_NAME libotc)
set(CPACK_PACKAGE_VENDOR "the libotc project")
set(CPACK_PACKAGE_CONTACT "the libotc project")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE-MIT")
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PACKAGE_FILE_NAME "libotc-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR}")
# Without the component that has to be asked for.
set(CPACK_COMPONENTS_ALL library development relay)
set(CPACK_COMPONENTS_GROUPING IGNORE)

set(CPACK_GENERATOR TGZ)
find_program(OTC_DPKG_SHLIBDEPS dpkg-shlibdeps DOC "finds what a .deb depends on")
mark_as_advanced(OTC_DPKG_SHLIBDEPS)
if(OTC_DPKG_SHLIBDEPS)
  list(APPEND CPACK_GENERATOR DEB)
endif()

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(otc_library_package "libotc${PROJECT_VERSION_MAJOR}")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME "${otc_library_package}")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libotc-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${otc_library_package} (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_RELAY_PACKAGE_NAME otc-relay)
set(CPACK_DEBIAN_RELAY_PACKAGE_SECTION net)

include(CPack)
