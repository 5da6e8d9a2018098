# What `cmake --install` copies and `cpack` packs, in components:
#
#   library       the shared library under the name that programs ask for when they start
#   development   headers, static library, CMake package, pkg-config files, otc-compat, documents
#   relay         otc-relay
#   opentok       libopentok.so, a link for build scripts that name the vendor's library; only when asked for:
#                 cmake --install BUILD_DIR --component opentok
#
# Nothing that is installed holds the path it was installed to: the tree may be moved.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(otc_shared_name "libotc.so.${PROJECT_VERSION}")
set(otc_config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/otc")

# The CMake package.
configure_package_config_file("${PROJECT_SOURCE_DIR}/packaging/otc-config.cmake.in" "${PROJECT_BINARY_DIR}/otc-config.cmake"
  INSTALL_DESTINATION "${otc_config_dir}"
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
# The soname promises as much: programs go on working with every later version of the same major number.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/otc-config-version.cmake" COMPATIBILITY SameMajorVersion)

# The pkg-config files. Directories that are given as absolute paths cannot move with the tree.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(otc_pc_prefix "${CMAKE_INSTALL_PREFIX}")
  set(otc_pc_libdir "${CMAKE_INSTALL_LIBDIR}")
else()
  file(RELATIVE_PATH otc_pc_up "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
  string(REGEX REPLACE "/$" "" otc_pc_up "${otc_pc_up}")
  set(otc_pc_prefix "\${pcfiledir}/${otc_pc_up}")
  set(otc_pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
endif()
if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(otc_pc_includedir "${CMAKE_INSTALL_INCLUDEDIR}")
else()
  set(otc_pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
list(TRANSFORM otc_system_libraries PREPEND "-l" OUTPUT_VARIABLE otc_pc_private)
list(JOIN otc_pc_private " " otc_pc_private)
foreach(otc_pc_name IN ITEMS libotc libopentok)
  configure_file("${PROJECT_SOURCE_DIR}/packaging/libotc.pc.in" "${PROJECT_BINARY_DIR}/${otc_pc_name}.pc" @ONLY)
endforeach()

install(FILES "${otc_shared}" "${otc_lib_dir}/${otc_soname}"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT library)
install(FILES "${otc_lib_dir}/libotc.so" "${otc_static}"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development)
install(DIRECTORY "${otc_include_dir}/"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT development
  FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(FILES "${PROJECT_BINARY_DIR}/otc-config.cmake" "${PROJECT_BINARY_DIR}/otc-config-version.cmake"
  DESTINATION "${otc_config_dir}" COMPONENT development)
install(FILES "${PROJECT_BINARY_DIR}/libotc.pc" "${PROJECT_BINARY_DIR}/libopentok.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)
install(PROGRAMS "${otc_cargo_dir}/otc-compat"
  DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT development)
install(FILES README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT
  DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT development)
install(FILES docs/abi.md docs/compatibility.md docs/migration.md
  DESTINATION "${CMAKE_INSTALL_DOCDIR}/docs" COMPONENT development)
install(PROGRAMS "${otc_cargo_dir}/otc-relay"
  DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT relay)

file(CREATE_LINK libotc.so "${PROJECT_BINARY_DIR}/libopentok.so" SYMBOLIC)
install(FILES "${PROJECT_BINARY_DIR}/libopentok.so"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT opentok EXCLUDE_FROM_ALL)
