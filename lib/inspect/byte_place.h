// Finds the field that covers a byte of a block, or the gap between fields that contains it.
#pragma once

#include "format/block.h"
#include "vde/inspect.h"

namespace vde {

// {structure, name, offset, width, value.., byte} of the field of `structures` (see
// decode_structures) that covers byte `at` of a block; `byte` counts from the field's start. Null
// if there is none.
[[nodiscard]] Json field_at(const Json& structures, uint64_t at);

// The same for byte `at` of block `index` of the allocation bitmap: which of its eight blocks are
// allocated.
[[nodiscard]] Json bitmap_byte(uint64_t index, Bytes payload, uint64_t at);

// The bytes of the payload around `at` that no field covers: {begin, end, after, before, zero}.
// `end` is the first byte after them; `after` and `before` are the adjacent structures, or null.
[[nodiscard]] Json gap_at(const Json& structures, Bytes payload, uint64_t at);

// What covers byte `at` of a block: "trailer checksum", "itself" (the byte is part of the checksum)
// or "nothing".
[[nodiscard]] std::string_view covering(uint32_t block_size, uint64_t at);

}  // namespace vde
