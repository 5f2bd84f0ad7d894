# SPDX-License-Identifier: MIT
# The tests, and the library where CMAKE_UNITY_BUILD is on (the presets with sanitizers), compile the sources of a folder
# as one: most of a source's time are the headers. ALONE are those that give a name to something else than their
# neighbours do.
function(co2lib_unity target)
  cmake_parse_arguments(unity "" "" "ALONE" ${ARGN})
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    cmake_path(GET source PARENT_PATH folder)
    cmake_path(GET folder FILENAME folder)
    set_property(SOURCE "${source}" PROPERTY UNITY_GROUP "${folder}")
  endforeach()
  set_property(SOURCE ${unity_ALONE} PROPERTY SKIP_UNITY_BUILD_INCLUSION ON)
  set_property(TARGET ${target} PROPERTY UNITY_BUILD_MODE GROUP)
endfunction()
