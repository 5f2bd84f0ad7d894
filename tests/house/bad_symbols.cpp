// SPDX-License-Identifier: MIT
// Everything the library must not do; symbols.sh has to find it.
#include <cstdio>
#include <cstdlib>
#include <iostream>

void bad(int what) {
  if (what == 0) std::printf("%d", what);
  if (what == 1) std::cerr << what;
  if (what == 2) std::exit(1);
  if (what == 3) std::abort();
}
