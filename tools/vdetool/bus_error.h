// Reading through a mapping: the system reports a file that was cut short meanwhile, or a sector
// that cannot be read, by SIGBUS.
#pragma once

#include <string>

namespace vde::cli {

class Context;

// From now on SIGBUS prints one line about `image`, or one JSON object under --json, and ends the
// program with status 8.
void report_bus_errors(const Context& context, const std::string& image);

}  // namespace vde::cli
