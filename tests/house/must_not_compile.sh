#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# must_not_compile.sh <compiler> <folder> <flags...>
# Each <folder>/*.cpp starts with a line `// error: <regular expression>` and must fail with a message that matches it
# when FAIL is defined, and must compile when it is not.
set -euo pipefail
compiler="$1" folder="$2"
shift 2
export LC_ALL=C
command=("$compiler" -std=c++20 -fsyntax-only -Wall -Wextra "$@")
failures=0
for source in "$folder"/*.cpp; do
  name=$(basename "$source")
  expected=$(sed -n 's|^// error: ||p' "$source" | head -1)
  [[ -n "$expected" ]] || { echo "$name: has no line '// error: ...'"; failures=1; continue; }
  if ! said=$("${command[@]}" "$source" 2>&1); then
    echo "$name: the control does not compile: $said"
    failures=1
  fi
  if said=$("${command[@]}" -DFAIL "$source" 2>&1); then
    echo "$name: compiles, and must not"
    failures=1
  elif ! grep -Eq "error: .*($expected)" <<< "$said"; then
    echo "$name: fails for another reason than '$expected': $said"
    failures=1
  fi
done
exit "$failures"
