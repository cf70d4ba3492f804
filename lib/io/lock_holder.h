// Who holds a lock.
#pragma once

#include <sys/stat.h>

#include <string>

namespace vde {

// " (process 1234, 'vdetool')" for another process that holds a flock(2) lock on the file, or an
// empty text if the system does not show one.
[[nodiscard]] std::string describe_lock_holder(const struct stat& file);

}  // namespace vde
