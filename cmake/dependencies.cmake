# SPDX-License-Identifier: MIT
# Dependencies: find_package first; with CO2LIB_FETCH_DEPS=ON a pinned release; else an error that names the package.

include(FetchContent)
set(FETCHCONTENT_QUIET ON)

# co2lib_dependency(<package> <target> <debian package> <git url> <tag>)
# A package may call its target by another name than `<package>::<package>`, as yaml-cpp did before 0.8; it is asked for
# by that one.
function(co2lib_dependency package target debian url tag)
  if(TARGET ${target})
    return()
  endif()
  find_package(${package} QUIET)
  if(NOT TARGET ${target} AND TARGET ${package})
    add_library(${target} ALIAS ${package})
  endif()
  if(TARGET ${target})
    return()
  endif()
  if(CO2LIB_FETCH_DEPS)
    message(STATUS "co2lib: fetching ${package} ${tag}")
    FetchContent_Declare(${package} GIT_REPOSITORY "${url}" GIT_TAG "${tag}" GIT_SHALLOW ON SYSTEM)
    FetchContent_MakeAvailable(${package})
  else()
    message(FATAL_ERROR "co2lib needs ${package}. Install it (Debian/Ubuntu: apt-get install ${debian}) "
                        "or configure with -DCO2LIB_FETCH_DEPS=ON to download a pinned release.")
  endif()
endfunction()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

set(FMT_INSTALL ON)
co2lib_dependency(fmt fmt::fmt-header-only libfmt-dev https://github.com/fmtlib/fmt 9.1.0)
co2lib_dependency(nlohmann_json nlohmann_json::nlohmann_json nlohmann-json3-dev https://github.com/nlohmann/json
                  v3.11.2)
set(EIGEN_BUILD_DOC OFF)
set(EIGEN_BUILD_PKGCONFIG OFF)
co2lib_dependency(Eigen3 Eigen3::Eigen libeigen3-dev https://gitlab.com/libeigen/eigen 3.4.0)
set(YAML_CPP_BUILD_TOOLS OFF)
set(YAML_CPP_BUILD_CONTRIB OFF)
set(YAML_CPP_INSTALL ${CO2LIB_INSTALL})
co2lib_dependency(yaml-cpp yaml-cpp::yaml-cpp libyaml-cpp-dev https://github.com/jbeder/yaml-cpp yaml-cpp-0.9.0)
set(PUGIXML_INSTALL ${CO2LIB_INSTALL})
co2lib_dependency(pugixml pugixml::pugixml libpugixml-dev https://github.com/zeux/pugixml v1.15)
set(CO2LIB_WITH_CURL OFF)
if(CO2LIB_CURL)  # AUTO and ON; never fetched: it is the system's, with the system's certificates
  find_package(CURL QUIET)
  if(CURL_FOUND)
    set(CO2LIB_WITH_CURL ON)
  elseif(NOT CO2LIB_CURL STREQUAL "AUTO")
    message(FATAL_ERROR "co2lib needs libcurl with CO2LIB_CURL=ON. Install it (Debian/Ubuntu: apt-get install "
                        "libcurl4-openssl-dev), or configure with -DCO2LIB_CURL=OFF: live providers then need a "
                        "transport of the program's own.")
  endif()
endif()
if(CO2LIB_TESTS)
  co2lib_dependency(GTest GTest::gtest_main "libgtest-dev libgmock-dev" https://github.com/google/googletest
                    release-1.12.1)
endif()
if(CO2LIB_BENCHMARKS)
  set(BENCHMARK_ENABLE_TESTING OFF)
  co2lib_dependency(benchmark benchmark::benchmark libbenchmark-dev https://github.com/google/benchmark v1.7.1)
endif()
