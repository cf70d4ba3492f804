// What a module entry names, for whoever reads or writes one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace vde {

inline constexpr size_t kMaxEntryPoint = 128;  // bytes

enum ModuleAbi : uint16_t {
  kAbiPreview1 = 0,
  kAbiPreview2 = 1,
  kAbiStable = 2,
};
// "preview1", "preview2", "stable"; "unknown" for numbers that the format does not name.
[[nodiscard]] std::string_view module_abi_name(uint16_t abi);
// The number of one of the three names.
[[nodiscard]] std::optional<uint16_t> parse_module_abi(std::string_view name);

}  // namespace vde
