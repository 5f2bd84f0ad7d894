# SPDX-License-Identifier: MIT
# co2lib_unity(<target> ROOT <folder> [INTO <folder>] [BY_PREFIX [TOGETHER <prefix>...]] [ALONE <source>...]): compiles the
# sources of a folder below ROOT, or with BY_PREFIX those whose names begin alike up to "_", as one: most of a source's time
# are the headers. TOGETHER are beginnings that become one.
#
# ALONE are those that give a name to something else than their neighbours do; a source with options of its own is alone
# anyway. Not CMake's UNITY_BUILD: that names sources by their absolute paths, so that ccache knows none of them in
# another clone. These are named from ROOT, which is among the target's include folders, and lie below INTO.
function(co2lib_unity target)
  cmake_parse_arguments(unity "BY_PREFIX" "ROOT;INTO" "TOGETHER;ALONE" ${ARGN})
  if(NOT unity_INTO)
    set(unity_INTO "${CMAKE_CURRENT_BINARY_DIR}")
  endif()
  get_target_property(sources ${target} SOURCES)
  set(groups "")
  foreach(source IN LISTS sources)
    get_source_file_property(options "${source}" COMPILE_OPTIONS)
    get_source_file_property(definitions "${source}" COMPILE_DEFINITIONS)
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY "${unity_ROOT}" OUTPUT_VARIABLE inside)
    if(options OR definitions OR inside IN_LIST unity_ALONE OR inside MATCHES "^\\.\\.")
      continue()
    endif()
    if(unity_BY_PREFIX)
      string(REGEX REPLACE "[_.].*" "" group "${inside}")
      if(group IN_LIST unity_TOGETHER)
        set(group together)
      endif()
      string(APPEND group "_all") # not the name of a source
    else()
      cmake_path(GET inside PARENT_PATH group)
      string(REPLACE "/" "_" group "${group}")
    endif()
    if(NOT group)
      set(group top)
    endif()
    list(APPEND groups "${group}")
    file(SIZE "${source}" size)
    math(EXPR size_${group} "0${size_${group}} + ${size}")
    string(APPEND content_${group} "#include \"${inside}\"\n")
    set_property(SOURCE "${source}" PROPERTY HEADER_FILE_ONLY ON)
  endforeach()
  list(REMOVE_DUPLICATES groups)
  # The largest first: Ninja takes them in this order, and the last one to end has the machine alone.
  set(by_size "")
  foreach(group IN LISTS groups)
    list(APPEND by_size "${size_${group}} ${group}")
  endforeach()
  list(SORT by_size COMPARE NATURAL ORDER DESCENDING)
  foreach(group IN LISTS by_size)
    string(REGEX REPLACE "^[0-9]* " "" group "${group}")
    set(whole "${unity_INTO}/${target}_unity/${group}.cpp")
    file(CONFIGURE OUTPUT "${whole}" CONTENT "${content_${group}}" @ONLY)
    target_sources(${target} PRIVATE "${whole}")
  endforeach()
  target_include_directories(${target} BEFORE PRIVATE "${unity_ROOT}") # before another with a source of the same name
  # g++ takes a source that is compiled with others for a header; a local name may be that of a neighbour.
  target_compile_options(${target} PRIVATE "$<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>" -Wno-shadow
                                           "$<$<CXX_COMPILER_ID:GNU>:-Wshadow=local>")
endfunction()
