// Images on NBD servers.
#pragma once

#include <string>
#include <string_view>

#include "vde/error.h"

namespace vde::cli {

// What an argument that names a file is called in all output: a URI without its user, which may be
// a secret. Remembers the whole URI. kUsage if two URIs differ only in that, or one has none.
[[nodiscard]] Result<std::string> name_to_show(const std::string& argument);

// The URI for what name_to_show() returned; `name` itself if that is not one.
[[nodiscard]] std::string name_to_open(const std::string& name);

// kUnsupported for a URI, in commands that need a file or a device; `what` says what cannot be
// done.
[[nodiscard]] Result<void> refuse_remote(const std::string& name, std::string_view what);

}  // namespace vde::cli
