# The reference as HTML, from the headers, into html/ of the build directory.

find_program(OTC_DOXYGEN doxygen DOC "makes the reference" REQUIRED)
add_custom_target(otc_docs ALL
  COMMAND "${CMAKE_COMMAND}" -E env "OTC_VERSION=${PROJECT_VERSION}" "OTC_DOCS_OUTPUT=${PROJECT_BINARY_DIR}"
    "${OTC_DOXYGEN}" docs/Doxyfile
  WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
  COMMENT "Making the reference with Doxygen"
  VERBATIM)
