// What a file that replaces another one takes over from it: owner, permissions, ACL and extended
// attributes.
#pragma once

#include "vde/error.h"

namespace vde {

// Gives the new file open as `fd` the owner, permissions, ACL and extended attributes of the file
// open as `replaced`. Only privileged users can change the owner; without it the new file belongs
// to the writer, and loses the set-user-id and set-group-id bits. kIo if the rest cannot be kept:
// the permissions would otherwise be wider, or attributes lost without a word.
[[nodiscard]] Result<void> take_over_identity(int fd, int replaced);

}  // namespace vde
