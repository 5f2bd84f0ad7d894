#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# rust.sh <page> <folder of libco2lib_c> <working folder>: the program in Rust of docs/c.md compiles and runs.
set -euo pipefail
page="$1" library="$2" work="$3"
command -v rustc > /dev/null && rustc --version > /dev/null 2>&1 || { echo "skipped: no rustc"; exit 77; }
mkdir -p "$work"
sed -n '/^```rust$/,/^```$/p' "$page" | sed '1d;$d' > "$work/main.rs"
rustc --edition 2021 -D warnings -L "$library" -o "$work/main" "$work/main.rs"
LD_LIBRARY_PATH="$library" "$work/main" | tee "$work/said"
grep -q 'epoch' "$work/said"
