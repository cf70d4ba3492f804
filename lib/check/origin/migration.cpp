#include "check/origin/migration.h"

#include <fmt/format.h>

#include "base/checked.h"
#include "base/endian.h"
#include "format/block.h"
#include "format/region/tables.h"

namespace vde {
namespace {

tl::unexpected<Error> invalid(std::string why) {
  return fail(ErrorCode::kDamaged, std::move(why));
}

}  // namespace

Result<Migration> decode_migration(Bytes payload) {
  const Bytes head = payload.first(fixed_size(tables::kMigration.header));
  const size_t covered = head.size() - sizeof(uint64_t);
  const auto stored = load_le<uint64_t>(head, covered);
  const uint64_t found = checksum(head.first(covered));
  if (stored != found)
    return invalid(fmt::format("checksum {:016x}, content {:016x}", stored, found));
  const auto number = [&](std::string_view name) {
    return number_of(tables::kMigration.header, head, name);
  };
  const int64_t phase = number("phase");
  if (phase > static_cast<int64_t>(MigrationPhase::kRollingBack))
    return invalid(fmt::format("phase {}", phase));
  for (const std::string_view name : {"inodes", "migrated"})
    if (number(name) < 0) return invalid(fmt::format("{} is {}", name, number(name)));
  if (number("migrated") > number("inodes"))
    return invalid(fmt::format("{} of {} inodes migrated", number("migrated"), number("inodes")));
  Migration migration;
  migration.module = static_cast<uint32_t>(number("module"));
  migration.phase = static_cast<MigrationPhase>(phase);
  migration.inodes = static_cast<uint64_t>(number("inodes"));
  migration.migrated = static_cast<uint64_t>(number("migrated"));
  const auto new_table = block_range(number("new_table_start"), number("new_table_blocks"));
  const auto old_table = block_range(number("old_table_start"), number("old_table_blocks"));
  if (!new_table || !old_table)
    return invalid(fmt::format("a table of {} blocks from {}",
                               number(new_table ? "old_table_blocks" : "new_table_blocks"),
                               number(new_table ? "old_table_start" : "new_table_start")));
  migration.new_table = *new_table;
  migration.old_table = *old_table;
  return migration;
}

std::string_view phase_name(MigrationPhase phase) {
  switch (phase) {
    case MigrationPhase::kAllocating:
      return "allocating";
    case MigrationPhase::kCopying:
      return "copying";
    case MigrationPhase::kSwapping:
      return "swapping";
    case MigrationPhase::kComplete:
      return "complete";
    case MigrationPhase::kRollingBack:
      return "rolling back";
  }
  return "unknown";
}

}  // namespace vde
