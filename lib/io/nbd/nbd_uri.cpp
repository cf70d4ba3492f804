#include "vde/nbd/nbd.h"

#include <algorithm>
#include <array>

namespace vde {

bool is_nbd_uri(std::string_view path) {
  constexpr std::array<std::string_view, 4> kSchemes = {"nbd:", "nbds:", "nbd+unix:", "nbds+unix:"};
  return std::ranges::any_of(kSchemes,
                             [&](std::string_view scheme) { return path.starts_with(scheme); });
}

std::string without_user(std::string_view uri) {
  const size_t slashes = uri.find("://");
  if (slashes == std::string_view::npos) return std::string(uri);
  const size_t server = slashes + 3;
  const std::string_view authority = uri.substr(server, uri.find_first_of("/?#", server) - server);
  const size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return std::string(uri);
  return std::string(uri.substr(0, server)) + std::string(uri.substr(server + at + 1));
}

}  // namespace vde
