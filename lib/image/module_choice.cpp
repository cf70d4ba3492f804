// The modules of a new image, by their names and by profile.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "format/feature.h"
#include "vde/create.h"
#include "vde/text.h"

namespace vde {
namespace {

// Modules of the SDK whose numbers are 32 to 38. The manifest on disk has 32 bits.
constexpr auto kWithoutBit = std::to_array<std::string_view>(
    {"quorum-seal", "stego-watermark", "quality-of-service", "vector-quantize", "ancestry-chaining",
     "capability-macaroon", "worm-time-lock"});

std::string joined(const std::vector<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names)
    text += fmt::format("{}{}", text.empty() ? "" : ", ", name);
  return text;
}

// An unknown name: suggests the nearest, or names all.
tl::unexpected<Error> unknown_name(std::string_view what, std::string_view name,
                                   const std::vector<std::string_view>& known) {
  const auto near = std::ranges::find_if(
      known, [&](const std::string_view candidate) { return is_near(name, candidate); });
  return fail(ErrorCode::kUsage, fmt::format("unknown {} '{}'", what, escape(name)),
              near != known.end() ? fmt::format("did you mean '{}'?", *near)
                                  : "choose from " + joined(known));
}

}  // namespace

std::vector<std::string_view> module_names() {
  std::vector<std::string_view> names;
  for (const Feature& feature : features()) names.push_back(feature.name);
  names.emplace_back("none");
  return names;
}

std::vector<std::string_view> profile_names() {
  std::vector<std::string_view> names;
  for (const Profile& profile : profiles()) names.push_back(profile.name);
  return names;
}

Result<uint32_t> parse_modules(std::string_view list) {
  if (list == "none") return uint32_t{0};
  uint32_t manifest = 0;
  while (true) {
    const size_t comma = std::min(list.find(','), list.size());
    const std::string_view name = list.substr(0, comma);
    if (name == "none")
      return fail(ErrorCode::kUsage, "'none' cannot be combined with other modules");
    if (std::ranges::count(kWithoutBit, name) != 0)
      return fail(ErrorCode::kUnsupported,
                  fmt::format("module '{}' cannot be stored: the manifest has no bit for it", name),
                  "leave it out");
    const Feature* feature = find_feature(name);
    if (feature == nullptr) return unknown_name("module", name, module_names());
    manifest |= uint32_t{1} << feature->id;
    if (comma == list.size()) return manifest;
    list.remove_prefix(comma + 1);
  }
}

Result<ProfileOptions> find_profile(std::string_view name) {
  for (const Profile& profile : profiles()) {
    if (profile.name != name) continue;
    ProfileOptions options;
    options.modules = profile.manifest;
    if (profile.block_size != 0) options.block_size = profile.block_size;
    return options;
  }
  return unknown_name("profile", name, profile_names());
}

}  // namespace vde
