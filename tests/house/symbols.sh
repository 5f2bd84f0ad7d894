#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# symbols.sh [--expect "<symbols>"] <nm> <library>: the library refers to nothing that prints or ends the process.
#
# Printing is what reaches stdout or stderr: the streams themselves and the functions that imply them. Formatting into
# memory (snprintf, std::ostringstream) and writing to a descriptor of one's own are fine. std::terminate is not looked
# for: compilers refer to it for every noexcept function and std::thread; that no source names it is checked by
# tests/python/test_house.py. __assert_fail and the like do not exist in builds with NDEBUG.
set -euo pipefail
expected=""
if [[ "$1" == --expect ]]; then
  expected="$2"
  shift 2
fi
forbidden='(__)?v?(printf|wprintf)(_chk)?|puts|putchar|putchar_unlocked|putwchar|perror|psignal|stdout|stderr'
forbidden+='|std::(__cxx11::)?(cout|cerr|clog|wcout|wcerr|wclog)'
forbidden+='|exit|_exit|_Exit|quick_exit|at_quick_exit|atexit|abort|__assert_fail|raise|kill|signal|sigaction|longjmp'
forbidden+='|std::(exit|_Exit|abort|quick_exit)|err|errx|warn|warnx|error|syslog|system|std::unexpected\(\)'
found=$("$1" -C --undefined-only "$2" | awk '$1 == "U" || $1 == "w" { $1 = ""; print substr($0, 2) }' |
  sed 's/@.*//' | grep -xE "$forbidden" | sort -u | tr '\n' ' ' || true)
found="${found% }"
if [[ "$found" != "$expected" ]]; then
  echo "symbols that print or end the process: '$found', expected: '$expected'"
  exit 1
fi
