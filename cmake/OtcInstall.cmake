# What `cmake --install` copies and `cpack` packs, in components:
#
#   library       the shared library under the name that programs ask for when they start
#   development   headers, static library, CMake package, pkg-config files, otc-compat, manual pages, documents
#   relay         otc-relay, its manual page and its systemd unit
#   doc           the reference as HTML; only with OTC_BUILD_DOCS
#   opentok       libopentok.so, a link for programs that ask for the vendor's library; only when asked for:
#                 cmake --install BUILD_DIR --component opentok
#
# A library with OTC_SYMBOL_PREFIX has the first two only, under names of its own: it is installed beside the plain one.
#
# Nothing that is installed holds the path it was installed to: the tree may be moved.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# Windows looks for libraries where it looks for programs.
set(otc_shared_dir "${CMAKE_INSTALL_LIBDIR}")
set(otc_shared_links "")
if(WIN32)
  set(otc_shared_dir "${CMAKE_INSTALL_BINDIR}")
elseif(otc_soname)
  set(otc_shared_links "${otc_lib_dir}/${otc_soname}")
endif()
set(otc_config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/${otc_name}")
set(otc_headers_dir "${CMAKE_INSTALL_INCLUDEDIR}")
set(otc_pc_names libotc libopentok)
if(OTC_SYMBOL_PREFIX)
  set(otc_headers_dir "${CMAKE_INSTALL_INCLUDEDIR}/${otc_name}")
  set(otc_pc_names "lib${otc_name}")
endif()
string(REGEX REPLACE "/otc$" "/${otc_name}" otc_doc_dir "${CMAKE_INSTALL_DOCDIR}")

# otc_strip(COMPONENT PATH FLAG): `cmake --install --strip`, and cpack, take away what only a debugger reads. CMake does so by
# itself for targets only, and these are none.
function(otc_strip component path flag)
  if(CMAKE_STRIP)
    install(CODE "if(CMAKE_INSTALL_DO_STRIP)
      execute_process(COMMAND \"${CMAKE_STRIP}\" ${flag} \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${path}\" COMMAND_ERROR_IS_FATAL ANY)
    endif()" COMPONENT ${component})
  endif()
endfunction()

# The CMake package.
configure_package_config_file("${PROJECT_SOURCE_DIR}/packaging/otc-config.cmake.in"
  "${PROJECT_BINARY_DIR}/${otc_name}-config.cmake"
  INSTALL_DESTINATION "${otc_config_dir}"
  PATH_VARS otc_headers_dir otc_shared_dir CMAKE_INSTALL_LIBDIR)
# The soname promises as much: programs go on working with every later version of the same major number.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/${otc_name}-config-version.cmake" COMPATIBILITY SameMajorVersion)

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
if(IS_ABSOLUTE "${otc_headers_dir}")
  set(otc_pc_includedir "${otc_headers_dir}")
else()
  set(otc_pc_includedir "\${prefix}/${otc_headers_dir}")
endif()
list(TRANSFORM otc_system_libraries PREPEND "-l" OUTPUT_VARIABLE otc_pc_private)
list(JOIN otc_pc_private " " otc_pc_private)
foreach(otc_pc_name IN LISTS otc_pc_names)
  configure_file("${PROJECT_SOURCE_DIR}/packaging/libotc.pc.in" "${PROJECT_BINARY_DIR}/${otc_pc_name}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/${otc_pc_name}.pc"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)
endforeach()

install(FILES "${otc_shared}" ${otc_shared_links}
  DESTINATION "${otc_shared_dir}" COMPONENT library)
otc_strip(library "${otc_shared_dir}/${otc_shared_file}" --strip-unneeded)
install(FILES "${otc_static}"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development)
if(NOT otc_link_file STREQUAL otc_shared_file)
  install(FILES "${otc_lib_dir}/${otc_link_file}"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development)
endif()
otc_strip(development "${CMAKE_INSTALL_LIBDIR}/${otc_static_file}" --strip-debug)
install(DIRECTORY "${otc_include_dir}/"
  DESTINATION "${otc_headers_dir}" COMPONENT development
  FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(FILES "${PROJECT_BINARY_DIR}/${otc_name}-config.cmake" "${PROJECT_BINARY_DIR}/${otc_name}-config-version.cmake"
  DESTINATION "${otc_config_dir}" COMPONENT development)
install(FILES README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT
  DESTINATION "${otc_doc_dir}" COMPONENT development)
install(FILES docs/abi.md docs/compatibility.md docs/migration.md
  DESTINATION "${otc_doc_dir}/docs" COMPONENT development)

if(OTC_SYMBOL_PREFIX)
  return()
endif()

# otc_manual(PAGE COMPONENT): compressed, as systems want them.
find_program(OTC_GZIP gzip DOC "compresses manual pages")
mark_as_advanced(OTC_GZIP)
function(otc_manual page component)
  string(REGEX REPLACE "^.*\\." "man" section "${page}")
  set(text "${PROJECT_BINARY_DIR}/man/${page}")
  configure_file("${PROJECT_SOURCE_DIR}/docs/man/${page}.in" "${text}" @ONLY)
  if(OTC_GZIP)
    execute_process(COMMAND "${OTC_GZIP}" -9nkf "${text}" COMMAND_ERROR_IS_FATAL ANY)
    string(APPEND text ".gz")
  endif()
  install(FILES "${text}" DESTINATION "${CMAKE_INSTALL_MANDIR}/${section}" COMPONENT ${component})
endfunction()

install(PROGRAMS "${otc_cargo_dir}/otc-compat${CMAKE_EXECUTABLE_SUFFIX}"
  DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT development)
otc_strip(development "${CMAKE_INSTALL_BINDIR}/otc-compat${CMAKE_EXECUTABLE_SUFFIX}" --strip-all)
otc_manual(libotc.3 development)
otc_manual(otc-compat.1 development)

install(PROGRAMS "${otc_cargo_dir}/otc-relay${CMAKE_EXECUTABLE_SUFFIX}"
  DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT relay)
otc_strip(relay "${CMAKE_INSTALL_BINDIR}/otc-relay${CMAKE_EXECUTABLE_SUFFIX}" --strip-all)
otc_manual(otc-relay.1 relay)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  install(FILES packaging/otc-relay.service packaging/otc-relay.socket
    DESTINATION lib/systemd/system COMPONENT relay)
endif()

if(OTC_BUILD_DOCS)
  install(DIRECTORY "${PROJECT_BINARY_DIR}/html" DESTINATION "${otc_doc_dir}" COMPONENT doc)
endif()

if(otc_soname)
  file(CREATE_LINK "${otc_soname}" "${PROJECT_BINARY_DIR}/libopentok.so" SYMBOLIC)
  install(FILES "${PROJECT_BINARY_DIR}/libopentok.so"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT opentok EXCLUDE_FROM_ALL)
endif()
