#include "commands/remote.h"

#include <fmt/format.h>

#include <map>

#include "vde/nbd/nbd.h"

namespace vde::cli {
namespace {

// By what they are called. Filled while the command line is parsed.
std::map<std::string, std::string>& whole_uris() {
  static std::map<std::string, std::string> uris;
  return uris;
}

}  // namespace

Result<std::string> name_to_show(const std::string& argument) {
  if (!is_nbd_uri(argument)) return argument;
  std::string shown = without_user(argument);
  const auto [known, is_new] = whole_uris().emplace(shown, argument);
  if (!is_new && known->second != argument)
    return fail(ErrorCode::kUsage,
                "names an NBD export that another argument names for another user");
  return shown;
}

std::string name_to_open(const std::string& name) {
  const auto known = whole_uris().find(name);
  return known == whole_uris().end() ? name : known->second;
}

Result<void> refuse_remote(const std::string& name, std::string_view what) {
  if (!is_nbd_uri(name)) return {};
  return fail(ErrorCode::kUnsupported, fmt::format("{} on an NBD server", what),
              "use a file or a device, and export that");
}

}  // namespace vde::cli
