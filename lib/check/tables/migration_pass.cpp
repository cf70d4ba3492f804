// The checkpoint of an interrupted inode migration, in the last block of the inode table.
#include <fmt/format.h>

#include "check/passes.h"
#include "format/block.h"
#include "format/region/tables.h"

namespace vde {
namespace {

// Why the numbers contradict each other; empty if they do not.
std::string contradiction(Bytes head) {
  const auto number = [&](std::string_view name) {
    return number_of(tables::kMigration.header, head, name);
  };
  constexpr int64_t kLastPhase = 4;
  if (number("phase") > kLastPhase) return fmt::format("phase {}", number("phase"));
  for (const std::string_view name : {"inodes", "migrated", "new_table_start", "new_table_blocks",
                                      "old_table_start", "old_table_blocks"})
    if (number(name) < 0) return fmt::format("{} is {}", name, number(name));
  if (number("migrated") > number("inodes"))
    return fmt::format("{} of {} inodes migrated", number("migrated"), number("inodes"));
  return {};
}

}  // namespace

Result<void> check_migration(VerifyContext& context) {
  const PlacedRegion* region = context.find_plain(block_types::kInodes);
  if (region == nullptr) return {};
  BlockBuffer buffer = context.io.make_buffer();
  const uint64_t last = region->blocks.end - 1;
  const auto block = context.io.read_checked(last, block_types::kMigration, buffer);
  if (!block) return {};
  const auto add = [&](FindingCode code, std::string message,
                       FindingSite site = FindingSite::here()) {
    context.report.add(code, last, region->type, std::move(message), {}, site);
  };
  const Bytes head = block->payload().first(fixed_size(tables::kMigration.header));
  const uint64_t stored = load_le<uint64_t>(head, head.size() - sizeof(uint64_t));
  const uint64_t found = checksum(head.first(head.size() - sizeof(uint64_t)));
  if (stored != found) {
    add(FindingCode::kMigrationBroken,
        fmt::format("checksum {:016x}, content {:016x}", stored, found));
  } else if (const std::string why = contradiction(head); !why.empty()) {
    add(FindingCode::kMigrationBroken, why);
  } else {
    const auto number = [&](std::string_view name) {
      return number_of(tables::kMigration.header, head, name);
    };
    add(FindingCode::kMigrationLeft,
        fmt::format("feature {}, phase {}: {} of {} inodes", number("module"), number("phase"),
                    number("migrated"), number("inodes")));
  }
  return {};
}

}  // namespace vde
