# SPDX-License-Identifier: MIT
# Installs headers, the library, the CMake package (find_package(co2lib)) and co2lib.pc.

include(CMakePackageConfigHelpers)

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT development)
install(TARGETS co2lib_headers co2lib EXPORT co2lib-targets
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development
        RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT development)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/co2lib")
install(EXPORT co2lib-targets NAMESPACE co2lib:: DESTINATION "${package_dir}" COMPONENT development)
if(CO2LIB_C)
  install(TARGETS co2lib_c EXPORT co2lib-targets
          LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development
          RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT development)
endif()
if(CO2LIB_TORCH)  # find_package(co2lib COMPONENTS torch)
  install(TARGETS co2lib_torch EXPORT co2lib-torch-targets
          ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development
          LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development
          RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT development)
  install(EXPORT co2lib-torch-targets NAMESPACE co2lib:: DESTINATION "${package_dir}" COMPONENT development)
  install(FILES "${PROJECT_SOURCE_DIR}/cmake/co2lib-torch.cmake" DESTINATION "${package_dir}" COMPONENT development)
endif()
get_target_property(library_type co2lib TYPE)
set(co2lib_is_static OFF)
if(library_type STREQUAL "STATIC_LIBRARY")
  set(co2lib_is_static ON)
endif()
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/co2libConfig.cmake.in"
                              "${PROJECT_BINARY_DIR}/co2libConfig.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/co2libConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/co2libConfig.cmake" "${PROJECT_BINARY_DIR}/co2libConfigVersion.cmake"
        DESTINATION "${package_dir}" COMPONENT development)

# pkg-config: the prefix follows the file, so that the tree can be moved; pkg-config itself escapes spaces in it, and
# quotes in the .pc file would escape them twice. Of fmt, used header-only, it takes the folder and no library.
file(RELATIVE_PATH pc_to_prefix "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
set(co2lib_pc_requires "")
if(co2lib_is_static)
  set(co2lib_pc_requires "yaml-cpp pugixml")
  if(CO2LIB_WITH_CURL)
    string(APPEND co2lib_pc_requires " libcurl")
  endif()
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/co2lib.pc.in" "${PROJECT_BINARY_DIR}/co2lib.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/co2lib.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
        COMPONENT development)
if(CO2LIB_C)
  configure_file("${PROJECT_SOURCE_DIR}/cmake/co2lib-c.pc.in" "${PROJECT_BINARY_DIR}/co2lib-c.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/co2lib-c.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
          COMPONENT development)
endif()
