#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Prepares a Debian or Ubuntu machine; `make demo` and `make test` call it. Does nothing when everything is there.
#
#   tools/setup.sh demo     what `make demo` needs: a compiler, CMake, the C++ libraries, Python with venv
#   tools/setup.sh test     that, and what `make test` needs
#   tools/setup.sh cost     what `make demo` needs, and Google Benchmark for `make cost`
#   tools/setup.sh site     what `make demo` needs, and Doxygen for `make site`
#   tools/setup.sh browser  what `make demo` needs, and Chromium for `make browser-test`
#   tools/setup.sh python   prints the Python to use (PYTHON=... chooses another one)
set -euo pipefail

minimum_cmake=3.24
minimum_python=3.11

# What is looked for -> the Debian package that brings it.
demo_needs=(
  "command g++ g++"
  "command cmake cmake"
  "command ninja ninja-build"
  "header fmt/format.h libfmt-dev"
  "header nlohmann/json.hpp nlohmann-json3-dev"
  "header eigen3/Eigen/Core libeigen3-dev"
  "header yaml-cpp/yaml.h libyaml-cpp-dev"
  "header pugixml.hpp libpugixml-dev"
)
test_needs=(
  "header gtest/gtest.h libgtest-dev"
  "header gmock/gmock.h libgmock-dev"
  "command curl-config libcurl4-openssl-dev"
  "header httplib.h libcpp-httplib-dev"
  "command clang++ clang"
  "sanitizers clang++ libclang-rt-dev"
  "command nm binutils"
  "command pkg-config pkg-config"
  "command ccache ccache"
)

cost_needs=(
  "header benchmark/benchmark.h libbenchmark-dev"
)
site_needs=(
  "command doxygen doxygen"
)
browser_needs=(
  "chromium chromium chromium"
  "file /usr/share/fonts/truetype/liberation fonts-liberation"
)

say() { echo "setup: $*" >&2; }
stop() {
  say "$*"
  exit 1
}

has_header() {
  local folder
  for folder in /usr/include /usr/local/include; do
    if [[ -e "$folder/$1" ]]; then return 0; fi
  done
  return 1
}

has_sanitizers() { # compiler: only recommended by Debian's package of clang
  command -v "$1" > /dev/null || return 1
  local library
  for library in libclang_rt.asan.a "libclang_rt.asan-$(uname -m).a"; do
    if [[ -e "$("$1" -print-file-name="$library")" || -e "$("$1" -print-runtime-dir)/$library" ]]; then return 0; fi
  done
  return 1
}

has() { # kind name
  case "$1" in
    command) command -v "$2" > /dev/null ;;
    header) has_header "$2" ;;
    sanitizers) has_sanitizers "$2" ;;
    chromium) command -v "$2" > /dev/null || command -v "$2-browser" > /dev/null ;;
    file) [[ -e "$2" ]] ;;
  esac
}

missing_packages() {
  local kind name package
  while read -r kind name package; do
    if ! has "$kind" "$name"; then echo "$package"; fi
  done
}

new_enough() { "$1" -c "import sys; sys.exit(sys.version_info < (${minimum_python/./, }))" 2> /dev/null; }
complete() { # has venv with pip, and the headers of the interpreter
  "$1" -c "import ensurepip, os, sysconfig, venv, sys
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path('include'), 'Python.h')))" 2> /dev/null
}

candidates() {
  if [[ -n "${PYTHON:-}" ]]; then
    command -v "$PYTHON" || true
    return
  fi
  local name
  for name in python3 python3.11 python3.12 python3.13 python3.14; do command -v "$name" || true; done
}

complete_python() {
  local python
  while read -r python; do
    if new_enough "$python" && complete "$python"; then
      "$python" -c 'import sys; print(sys.executable)'
      return 0
    fi
  done < <(candidates)
  return 1
}

# The packages that complete a Python that is new enough, or install one.
python_packages() {
  local python version
  while read -r python; do
    new_enough "$python" || continue
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [[ "$(readlink -f "$python")" == /usr/bin/* ]]; then
      echo "python$version-venv python$version-dev"
      return
    fi
    stop "$python has no venv, pip or headers (Python.h). Choose a complete one: make PYTHON=/usr/bin/python3 ..."
  done < <(candidates)
  if [[ -n "${PYTHON:-}" ]]; then
    stop "PYTHON=$PYTHON is not there or older than $minimum_python. Choose another one: make PYTHON=/path/to/python3 ..."
  fi
  for version in 3.13 3.12 3.11; do
    if apt-cache show "python$version" > /dev/null 2>&1; then
      echo "python$version python$version-venv python$version-dev"
      return
    fi
  done
  stop "co2lib needs Python $minimum_python or newer and found none. Install one (for example 'uv python install 3.12'," \
    "pyenv, or Debian 12 / Ubuntu 24.04, which bring it) and choose it: make PYTHON=/path/to/python3 ..."
}

install() {
  local command=(apt-get install -y --no-install-recommends "$@")
  if ! command -v apt-get > /dev/null; then
    stop "these Debian packages are missing, and there is no apt-get here; install what they hold: $*"
  fi
  local admin=()
  if [[ "$(id -u)" != 0 ]]; then
    if command -v sudo > /dev/null && { sudo -n true 2> /dev/null || [[ -t 0 && -z "${CI:-}" ]]; }; then
      admin=(sudo)
    else
      stop "packages are missing and this user may not install them. Run as root, then try again:
  apt-get update && ${command[*]}"
    fi
  fi
  say "installing $*"
  export DEBIAN_FRONTEND=noninteractive
  "${admin[@]}" apt-get update -qq < /dev/null >&2 || say "apt-get update failed; trying with the lists that are there"
  "${admin[@]}" env DEBIAN_FRONTEND=noninteractive "${command[@]}" < /dev/null >&2 ||
    stop "apt-get failed; what is needed: ${command[*]}"
}

check_version() { # command minimum remedy
  local version
  version=$("$1" --version | grep -oE '[0-9]+\.[0-9]+' | head -1)
  if [[ "$(printf '%s\n%s\n' "$2" "$version" | sort -V | head -1)" != "$2" ]]; then
    stop "$1 $version is too old, $2 or newer is needed: $3"
  fi
}

main() {
  local what="${1:-demo}" packages=()
  if [[ "$what" == python ]]; then
    complete_python || stop "no Python $minimum_python or newer with venv and headers; run tools/setup.sh first"
    return
  fi
  local needs=("${demo_needs[@]}")
  if [[ "$what" == test ]]; then needs+=("${test_needs[@]}"); fi
  if [[ "$what" == cost ]]; then needs+=("${cost_needs[@]}"); fi
  if [[ "$what" == site ]]; then needs+=("${site_needs[@]}"); fi
  if [[ "$what" == browser ]]; then needs+=("${browser_needs[@]}"); fi
  mapfile -t packages < <(printf '%s\n' "${needs[@]}" | missing_packages)
  if ! complete_python > /dev/null; then
    local found more
    found=$(python_packages)
    read -ra more <<< "$found"
    packages+=("${more[@]}")
  fi
  if ((${#packages[@]})); then install "${packages[@]}"; fi

  local left
  left=$(printf '%s\n' "${needs[@]}" | missing_packages)
  if [[ -n "$left" ]]; then stop "still missing after the installation: ${left//$'\n'/ }"; fi
  complete_python > /dev/null || stop "no complete Python $minimum_python or newer; choose one: make PYTHON=/path/to/python3 ..."
  check_version cmake "$minimum_cmake" "pipx install cmake, or https://apt.kitware.com"
}

main "$@"
