// Shared by the inode pass and the repair of the inode layout.
#pragma once

#include <string>

#include "format/region/inode.h"

namespace vde {

// Why an inode layout is invalid, or an empty text. A feature without a field is legal: the
// superblock's larger inode size shows it.
[[nodiscard]] std::string inode_layout_contradiction(const InodeLayout& layout, uint32_t manifest);

}  // namespace vde
