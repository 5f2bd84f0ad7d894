#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh <way> <source> <build> <cmake> <compiler> <version>: installs co2lib under a path with spaces, builds the
# consumer the given way (find_package, add_subdirectory, pkg_config) and runs it. What is installed is the build that
# the tests are of; only add_subdirectory compiles the library, as that build does and in a folder as deep (for a ccache
# with a base_dir), so that ccache has it already.
set -euo pipefail
way="$1" source="$2" build="$3" cmake="$4" compiler="$5" version="$6"
work=$(mktemp -d "$build/consumer of co2lib XXXXXX")
consumer=$(mktemp -d "${build%/*}/consumer XXXXXX")
trap 'rm -rf "$work" "$consumer"' EXIT
prefix="$work/a prefix with spaces"

quietly() { # prints the output of a command only if it fails
  local said
  if ! said=$("$@" 2>&1); then
    echo "failed: $*"
    echo "$said"
    exit 1
  fi
}

launcher=() # as the build that the tests are of (CMakeLists.txt): only so it finds what that one has compiled
if command -v ccache > /dev/null; then
  launcher=("-DCMAKE_CXX_COMPILER_LAUNCHER=$cmake;-E;env;CCACHE_BASEDIR=$source;CCACHE_NOHASHDIR=true;ccache")
fi
build_with_cmake() {
  quietly "$cmake" -S "$source/tests/consumer" -B "$consumer" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    "-DCMAKE_CXX_COMPILER=$compiler" "${launcher[@]}" "-DCONSUMER_WAY=$way" "-DCONSUMER_VERSION=$version" "$@"
  quietly "$cmake" --build "$consumer"
  "$consumer/headers_only"
}

case "$way" in
  find_package)
    quietly "$cmake" --install "$build" --prefix "$prefix" --component development
    build_with_cmake "-DCMAKE_PREFIX_PATH=$prefix"
    [[ "$("$consumer/consumer_c")" == "co2lib $version from C" ]]
    for component in torch tensorflow; do # neither is there; the message says why
      if said=$("$cmake" -S "$source/tests/consumer" -B "$work/$component" -G Ninja "-DCMAKE_PREFIX_PATH=$prefix" \
        -DCONSUMER_WAY=$way "-DCONSUMER_VERSION=$version" -DCONSUMER_COMPONENTS=$component 2>&1); then
        echo "found the component $component, which is not there"
        exit 1
      fi
      [[ "$component" == torch ]] && reason="built without its component torch.*CO2LIB_TORCH=ON" ||
        reason="no component 'tensorflow'; there is 'torch'"
      tr -s '\n ' ' ' <<< "$said" | grep -q "$reason" || { echo "$component: no reason in: $said"; exit 1; }
    done
    ;;
  add_subdirectory)
    mkdir -p "$prefix"
    ln -s "$source" "$prefix/co2lib"
    quietly "$cmake" -S "$source/tests/consumer" -B "$work/spaces" -G Ninja "-DCONSUMER_WAY=$way" \
      "-DCO2LIB_FOLDER=$prefix/co2lib"
    quietly "$cmake" --build "$work/spaces" --target headers_only co2lib/generated/tables.cpp
    build_with_cmake "-DCO2LIB_FOLDER=$source" -DCO2LIB_WERROR=ON
    ;;
  pkg_config)
    command -v pkg-config > /dev/null || { echo "skipped: no pkg-config"; exit 77; }
    quietly "$cmake" --install "$build" --prefix "$prefix" --component development
    pc=$(find "$prefix" -name co2lib.pc)
    export PKG_CONFIG_PATH="${pc%/*}"
    [[ "$(pkg-config --modversion co2lib)" == "$version" ]]
    # pkg-config escapes spaces for the shell, hence eval.
    eval "flags=($(pkg-config --cflags --libs co2lib))"
    [[ " ${flags[*]} " != *" -lfmt "* ]] || { echo "fmt is used header-only; the flags link it: ${flags[*]}"; exit 1; }
    quietly "$compiler" -std=c++20 "$source/tests/consumer/main.cpp" -o "$consumer/consumer" "${flags[@]}"
    eval "flags=($(pkg-config --cflags --libs co2lib-c))"
    quietly "${CC:-cc}" -std=c11 "$source/tests/consumer/main.c" -o "$consumer/consumer_c" "${flags[@]}"
    [[ "$(LD_LIBRARY_PATH="$(dirname "${pc%/*}")" "$consumer/consumer_c")" == "co2lib $version from C" ]]
    ;;
  *)
    echo "unknown way: $way"
    exit 1
    ;;
esac

said=$("$consumer/consumer")
echo "$said"
[[ "$said" == "co2lib $version: 112 g CO2e" ]]
