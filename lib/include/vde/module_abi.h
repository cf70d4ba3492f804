// Constants of WebAssembly modules that every layer needs.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vde {

inline constexpr size_t kMaxEntryPoint = 128;  // bytes

enum ModuleAbi : uint16_t {
  kAbiPreview1 = 0,
  kAbiPreview2 = 1,
  kAbiStable = 2,
};

}  // namespace vde
