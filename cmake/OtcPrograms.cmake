# otc_add_program(NAME SOURCE...) builds a C program twice: NAME linked to the shared library and NAME_static to the static one.

find_package(Threads REQUIRED)

function(otc_add_program name)
  foreach(kind IN ITEMS shared static)
    if(kind STREQUAL "shared")
      set(program "${name}")
      set(library otc::otc)
    else()
      set(program "${name}_static")
      set(library otc::static)
    endif()
    add_executable(${program} ${ARGN})
    set_target_properties(${program} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
    if(WIN32)
      set_target_properties(${program} PROPERTIES C_EXTENSIONS ON) # without them the headers hide half of POSIX
    endif()
    target_compile_options(${program} PRIVATE -Wall -Wextra -Wpedantic -Wshadow
      "$<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes;-Wstrict-prototypes>")
    if(OTC_WARNINGS_AS_ERRORS)
      target_compile_options(${program} PRIVATE -Werror)
    endif()
    target_link_libraries(${program} PRIVATE ${library} Threads::Threads)
    if(kind STREQUAL "static")
      # Of the static library only what the program reaches.
      target_link_options(${program} PRIVATE -Wl,--gc-sections)
    endif()
  endforeach()
endfunction()
