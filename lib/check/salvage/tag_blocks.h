// What a block of a tag index can be, judged by its bytes: its type or place may be wrong.
#pragma once

#include <optional>

#include "format/block.h"

namespace vde {

// Whether a payload can only be the header of an index, a leaf with entries, or that or an inner
// node of an index of so many blocks.
[[nodiscard]] bool is_tag_header(const UncheckedBlock& block);
[[nodiscard]] bool is_tag_leaf(Bytes payload);
[[nodiscard]] bool is_tag_node(Bytes payload, uint64_t blocks);

// Whether a block has the type of the tag index, and its payload is a node.
[[nodiscard]] bool is_typed_tag_node(const UncheckedBlock& block);

// Whether an index of so many blocks may have a node with this number below its root.
[[nodiscard]] bool is_tag_child(int64_t number, uint64_t blocks);

// The node in `block`. The checksum does not cover the block type, so a leaf may have another one.
[[nodiscard]] std::optional<CheckedBlock> tag_node_of(const UncheckedBlock& block);

}  // namespace vde
