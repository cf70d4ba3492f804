// What a repair of the inode layout shares with the pass that judges it.
#pragma once

#include <string>

#include "format/region/inode.h"

namespace vde {

// Why an inode layout cannot be, or an empty text. A module without a field is legal: the
// superblock's larger inode size shows it.
[[nodiscard]] std::string inode_layout_contradiction(const InodeLayout& layout, uint32_t manifest);

}  // namespace vde
