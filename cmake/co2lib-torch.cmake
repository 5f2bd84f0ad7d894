# SPDX-License-Identifier: MIT
# The component `torch` of the installed package.
include(CMakeFindDependencyMacro)
find_dependency(Torch)
include("${CMAKE_CURRENT_LIST_DIR}/co2lib-torch-targets.cmake")
set_property(TARGET co2lib::torch APPEND PROPERTY INTERFACE_LINK_LIBRARIES ${TORCH_LIBRARIES})
