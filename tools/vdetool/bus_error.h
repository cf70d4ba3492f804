// Reading through a mapping: the system sends SIGBUS if the file was truncated meanwhile, or if a
// sector cannot be read.
#pragma once

#include <string>

namespace vde::cli {

class Context;

// From now on SIGBUS prints one line about `image`, or one JSON object with --json, and ends the
// program with status 8. An empty name: one of several images.
void report_bus_errors(const Context& context, const std::string& image);

}  // namespace vde::cli
