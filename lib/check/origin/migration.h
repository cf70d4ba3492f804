// The checkpoint that the SDK's inode migration keeps in the last block of the inode table.
#pragma once

#include <string_view>

#include "vde/bytes.h"
#include "vde/error.h"
#include "vde/storage.h"

namespace vde {

enum class MigrationPhase : uint8_t { kAllocating, kCopying, kSwapping, kComplete, kRollingBack };

struct Migration {
  uint32_t module = 0;
  MigrationPhase phase = MigrationPhase::kAllocating;
  uint64_t inodes = 0;
  uint64_t migrated = 0;  // at most `inodes`
  BlockRange new_table;
  BlockRange old_table;
};

// kDamaged if the checksum is wrong or the numbers contradict each other; the message says how.
// Whether the tables lie within the volume is not checked.
[[nodiscard]] Result<Migration> decode_migration(Bytes payload);

// "copying", for people.
[[nodiscard]] std::string_view phase_name(MigrationPhase phase);

}  // namespace vde
