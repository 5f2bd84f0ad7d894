#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# c_symbols.sh <nm> <library> <header>: what the library shows are the functions that its header declares, and no other.
set -euo pipefail
shown=$("$1" -D --defined-only "$2" | awk '$2 ~ /[A-Z]/ { print $3 }' | sed 's/@.*//' | sort -u)
# Templates of the standard library stay visible to the linker (u, V, W), whoever instantiates them.
shown=$(grep -v '^_Z' <<< "$shown" || true)
ours=$("$1" -DC --defined-only "$2" | grep -E ' [TDBR] (co2lib::|fmt::)' || true)
declared=$(grep -oE '^CO2LIB_C_API [^(]*\(' "$3" | grep -oE 'co2lib_\w+\(' | tr -d '(' | sort -u)
diff <(echo "$declared") <(echo "$shown")
[[ -z "$ours" ]] || { echo "seen from outside: $ours"; exit 1; }
