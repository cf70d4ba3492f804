// The entries of the compute code cache (CODE). packed_table.h describes how they are stored in
// blocks.
#pragma once

#include "format/region/packed_table.h"
#include "vde/module_abi.h"

namespace vde {

struct ModuleEntry {
  Opaque<32> hash{};  // SHA-256 of the module's bytes
  Guid id;
  int64_t first_block = 0;
  int32_t block_count = 0;  // blocks
  int32_t size = 0;         // bytes
  uint16_t abi = kAbiPreview1;
  Ticks registered;
  uint16_t entry_point_length =
      0;                    // as read; encode() writes the entry point's size; ignored by ==
  std::string entry_point;  // UTF-8 in a valid image

  [[nodiscard]] bool operator==(const ModuleEntry& other) const;
};

inline constexpr Layout kModuleEntryLayout(
    "module", field(0, "hash", &ModuleEntry::hash), field(32, "id", &ModuleEntry::id),
    field(48, "first_block", &ModuleEntry::first_block),
    field(56, "block_count", &ModuleEntry::block_count), field(60, "size", &ModuleEntry::size),
    field(64, "abi", &ModuleEntry::abi), field(66, "registered_ticks", &ModuleEntry::registered),
    field(74, "entry_point_length", &ModuleEntry::entry_point_length));
static_assert(kModuleEntryLayout.covers(76));

inline constexpr PackedShape kModuleShape{"module", kModuleEntryLayout.size(),
                                          sizeof(ModuleEntry::hash), kMaxEntryPoint};

// As packed_record() and packed_records(), decoded. kDamaged.
[[nodiscard]] Result<Decoded<ModuleEntry>> decode_module_entry(Bytes from);
[[nodiscard]] Result<std::vector<ModuleEntry>> decode_module_block(Bytes payload, bool first,
                                                                   int64_t expected_left);

// The number of bytes that encode() writes.
[[nodiscard]] size_t encoded_size(const ModuleEntry& entry);
// The entry point must have at most kMaxEntryPoint bytes, and the entry must fit.
void encode(const ModuleEntry& entry, MutableBytes to);

}  // namespace vde
