# SPDX-License-Identifier: MIT
# co2lib_warnings(<target>): the project's own warnings; never passed on to users.

function(co2lib_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(${target} PRIVATE -Wno-restrict)  # "text" + std::string at -O3: GCC bug 105651
  endif()
  if(CO2LIB_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
