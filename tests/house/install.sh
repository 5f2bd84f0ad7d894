#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# install.sh <source> <cmake> <compiler> <version>: README's commands install a library that a program can use.
#
# The commands are run as they stand, in the source folder and with nothing found that README does not name; only the
# prefix is another one, and warnings are errors, as in the build of the tests, from which ccache has the library.
set -euo pipefail
source="$1" cmake="$2" compiler="$3" version="$4"
line=$(grep -m1 '^cmake --preset install && ' "$source/README.md" | sed 's/ *#.*//')
[[ "$line" == *" --prefix /usr/local" ]] || { echo "README's install command is another one: '$line'"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

quietly() { # prints the output of a command only if it fails
  local said
  if ! said=$("$@" 2>&1); then
    echo "failed: $*"
    echo "$said"
    exit 1
  fi
  if grep -q "warning:" <<< "$said"; then
    echo "warnings: $*"
    echo "$said"
    exit 1
  fi
}

mkdir "$work/bin"
ln -s "$cmake" "$work/bin/cmake"
export PATH="$work/bin:$PATH" CXX="$compiler"
# Tests, benchmarks, Python and torch need more packages: they must not be asked for.
for package in GTest benchmark pybind11 Python Torch; do hidden+=("-DCMAKE_DISABLE_FIND_PACKAGE_$package=ON"); done
hidden+=(-DCO2LIB_WERROR=ON)
# A build folder left by another compiler would keep that one.
line=${line/--preset install/--preset install --fresh ${hidden[*]}}
cd "$source"
quietly bash -c "${line/\/usr\/local/$work/prefix}"

quietly "$cmake" -S tests/consumer -B "$work/consumer" -G Ninja -DCONSUMER_WAY=find_package \
  "-DCONSUMER_VERSION=$version" "-DCMAKE_PREFIX_PATH=$work/prefix"
quietly "$cmake" --build "$work/consumer"
[[ "$("$work/consumer/consumer")" == "co2lib $version: 112 g CO2e" ]]
