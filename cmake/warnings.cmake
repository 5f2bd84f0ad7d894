# SPDX-License-Identifier: MIT
# co2lib_warnings(<target>): the project's own warnings; never passed on to users.

function(co2lib_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor)
  if(CO2LIB_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
