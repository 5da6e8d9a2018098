# cmake -Dprefix=my_ ... -P prefix.cmake: makes a library whose functions have other names from the static library that cargo
# built, and headers that map the plain names to them.
#
# All of the static library becomes one object file in which nothing but the renamed functions is visible. The shared library
# is linked from that object with a soname of its own, and the static library holds nothing else, so that it also gets along
# with other static libraries that bring a Rust runtime.
cmake_minimum_required(VERSION 3.21)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result)
  if(result)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "failed (${result}): ${command}")
  endif()
endfunction()

# Replaces a file only when its content changes.
function(put file text)
  if(EXISTS "${file}")
    file(READ "${file}" present)
    if(present STREQUAL text)
      return()
    endif()
  endif()
  file(WRITE "${file}" "${text}")
endfunction()

set(list "${source}/tests/abi/exports.txt")
file(STRINGS "${list}" names)

# The headers: names first, because every header includes config.h first. What are macros already keep being macros: they
# are defined for the new name, to which the plain name is replaced.
set(map "/* Generated from the list of exported functions. */
/**
 * @file symbols.h
 * The names of the functions in this library, all of which begin with ${prefix}. Programs write the plain ones.
 */
#ifndef OTC_HEADER_SYMBOLS_H
#define OTC_HEADER_SYMBOLS_H

")
foreach(name IN LISTS names)
  string(APPEND map "#define ${name} ${prefix}${name}\n")
endforeach()
put("${include}/opentok/symbols.h" "${map}\n#endif\n")
file(GLOB_RECURSE headers RELATIVE "${source}/include" "${source}/include/*.h" "${source}/include/*.hpp")
foreach(header IN LISTS headers)
  # Brackets and semicolons mean something to CMake's lists, not to its strings.
  file(READ "${source}/include/${header}" text)
  if(header STREQUAL "opentok/config.h")
    string(REPLACE "#include <stdint.h>" "#include \"symbols.h\"\n\n#include <stdint.h>" text "${text}")
  elseif(header STREQUAL "opentok/session.h")
    string(REPLACE "#define otc_session_new" "#define ${prefix}otc_session_new" text "${text}")
  endif()
  put("${include}/${header}" "${text}")
endforeach()

set(up_to_date TRUE)
foreach(output IN ITEMS "${shared}" "${static}")
  foreach(input IN ITEMS "${archive}" "${list}" "${CMAKE_CURRENT_LIST_FILE}")
    if("${input}" IS_NEWER_THAN "${output}")
      set(up_to_date FALSE)
    endif()
  endforeach()
endforeach()
if(up_to_date)
  return()
endif()

get_filename_component(folder "${static}" DIRECTORY)
set(work "${folder}/prefix")
file(MAKE_DIRECTORY "${work}")
set(wanted "")
set(renamed "")
set(visible "")
foreach(name IN LISTS names)
  string(APPEND wanted "-u ${name}\n")
  string(APPEND renamed "${name} ${prefix}${name}\n")
  string(APPEND visible "${prefix}${name}\n")
endforeach()
file(WRITE "${work}/wanted" "${wanted}")
file(WRITE "${work}/renamed" "${renamed}")
file(WRITE "${work}/visible" "${visible}")
string(REPLACE "\n" "; " members "${visible}")
file(WRITE "${work}/versions" "{ global: ${members} local: *; };\n")

# Groups of sections that several objects share are resolved now: their names are about to become invisible.
run("${compiler}" -r -nostdlib -Wl,--force-group-allocation "@${work}/wanted" "${archive}" -o "${work}/all.o")
# Rust's standard library carries bitcode for linkers that optimise; joined it is none any more.
run("${objcopy}" --remove-section=.llvmbc --remove-section=.llvmcmd "--redefine-syms=${work}/renamed"
  "--keep-global-symbols=${work}/visible" "${work}/all.o" "${work}/${prefix}otc.o")
file(REMOVE "${static}")
run("${ar}" crs "${static}" "${work}/${prefix}otc.o")
list(TRANSFORM libraries PREPEND "-l")
run("${compiler}" -shared "-Wl,-soname,${soname}" -Wl,-z,nodelete -Wl,-z,relro -Wl,-z,now -Wl,--gc-sections
  "-Wl,--version-script=${work}/versions" "${work}/${prefix}otc.o" -Wl,--as-needed ${libraries} -o "${shared}")
file(REMOVE_RECURSE "${work}")
