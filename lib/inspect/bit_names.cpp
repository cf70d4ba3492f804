#include "inspect/bit_names.h"

#include <fmt/format.h>

#include <iterator>

#include "format/feature.h"
#include "format/superblock.h"
#include "vde/snapshots.h"

namespace vde {
namespace {

template <class NameOf>
Json names_of(uint32_t bits, NameOf name_of) {
  Json names = Json::array();
  for (uint32_t bit = 0; bit < 32; ++bit) {
    if ((bits >> bit & 1) == 0) continue;
    const std::string_view name = name_of(bit);
    names.push_back(name.empty() ? fmt::format("bit {}", bit) : std::string(name));
  }
  return names;
}

std::string_view feature_name(uint32_t bit) {
  const Feature* feature = find_feature(bit);
  return feature == nullptr ? std::string_view{} : feature->name;
}

std::string_view region_flag_name(uint32_t bit) {
  static constexpr std::string_view kNames[] = {"active", "encrypted", "compressed",
                                                "worm",   "read-only", "migrating"};
  return bit < std::size(kNames) ? kNames[bit] : std::string_view{};
}

}  // namespace

std::vector<std::string> module_manifest_names(uint32_t manifest) {
  return names_of(manifest, feature_name).get<std::vector<std::string>>();
}

Json region_flag_names(uint32_t flags) {
  return names_of(flags, region_flag_name);
}

void put_bit_names(Json& values) {
  using NameOf = std::string_view (*)(uint32_t);
  constexpr std::pair<const char*, NameOf> kFields[] = {
      {"module_manifest", feature_name},
      {"incompatible_features", incompatible_feature_name},
      {"readonly_compatible_features", readonly_compatible_feature_name},
      {"compatible_features", compatible_feature_name}};
  for (const auto& [name, name_of] : kFields)
    if (values.contains(name))
      values[std::string(name) + "_names"] = names_of(values[name].get<uint32_t>(), name_of);
  if (!values.contains("flags")) return;
  const auto flags = values["flags"].get<uint32_t>();
  // The slot of a region, or a snapshot.
  if (values.contains("tag") && values.contains("used"))
    values["flags_names"] = region_flag_names(flags);
  else if (values.contains("inode_table_start"))
    values["flags_names"] = snapshot_flag_names(static_cast<uint16_t>(flags));
}

}  // namespace vde
