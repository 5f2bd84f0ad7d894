#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# headers.sh <compiler> <folder of sources> <flags...>: each source, one public header alone, compiles without a warning.
set -euo pipefail
compiler="$1" folder="$2"
shift 2
if [[ -z "$compiler" || "$compiler" == *NOTFOUND ]]; then
  echo "skipped: no clang++ on this machine (apt-get install clang)"
  exit 77
fi
command=("$compiler" -std=c++20 -O0 -c -Wall -Wextra -Wconversion -Wshadow -Wpedantic -Werror "$@")
if command -v ccache > /dev/null; then command=(ccache "${command[@]}"); fi
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cd "$folder"
ls *.cpp > /dev/null
if ! printf '%s\0' *.cpp | xargs -0 -P "$(nproc)" -I{} "${command[@]}" {} -o "$out/{}.o"; then
  echo "the headers named above do not compile alone"
  exit 1
fi
