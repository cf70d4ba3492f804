// Exclusive use of a block device.
#pragma once

#include <string>

#include "io/file_descriptor.h"

namespace vde {

// Claims the block device at `path`: as long as the result is open, nobody can mount the device.
// kInUse if it is mounted, or if another user holds it exclusively (swap space, a volume group, a
// mapped device, a RAID).
[[nodiscard]] Result<FileDescriptor> claim_device(const std::string& path);

// Decodes a path of /proc/self/mountinfo, in which blanks, tabs, line feeds and backslashes are
// three octal digits after a backslash.
[[nodiscard]] std::string decode_mount_path(std::string_view text);

}  // namespace vde
