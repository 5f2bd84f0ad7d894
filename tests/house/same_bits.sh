#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# same_bits.sh <program without FMA> <program with FMA>: their outputs are equal, line by line.
set -euo pipefail
without=$("$1")
rc=0
with=$("$2") || rc=$?
if ((rc == 77)); then
  echo "skipped: $with"
  exit 77
fi
((rc == 0)) || exit "$rc"
[[ $(wc -l <<< "$without") -ge 20 ]] || { echo "the program printed too little: $without"; exit 1; }
# The program fuses one product on purpose; without a difference there the comparison would prove nothing.
control() { grep '^control ' <<< "$1"; }
if [[ "$(control "$without")" == "$(control "$with")" ]]; then
  echo "the control did not fuse: the flags do not do what this test needs"
  exit 1
fi
diff <(grep -v '^control ' <<< "$without") <(grep -v '^control ' <<< "$with")
