// What makes an inode layout valid, for the inode pass and for repairs.
#pragma once

#include <string>

#include "format/region/inode.h"

namespace vde {

// Whether an inode has a size, and a core of the size that the format defines.
[[nodiscard]] bool has_valid_sizes(const InodeLayout& layout);

// Why an inode layout is invalid, or an empty text. A feature without a field is legal: the
// superblock's larger inode size shows it.
[[nodiscard]] std::string inode_layout_contradiction(const InodeLayout& layout, uint32_t manifest);

// Whether a payload is an inode layout in which the pass finds no error. A size other than the
// superblock's is legal.
[[nodiscard]] bool is_legal_layout(Bytes payload, uint32_t manifest);

}  // namespace vde
