// SPDX-License-Identifier: MIT
// error: .*co2lib/torch.hpp needs LibTorch.*CO2LIB_TORCH=ON
#ifdef FAIL
#include <co2lib/torch.hpp>
#endif

int main() { return 0; }
