// The checkpoint of an interrupted inode migration, in the last block of the inode table.
#include <fmt/format.h>

#include "check/origin/migration.h"
#include "check/passes.h"
#include "format/feature.h"

namespace vde {
namespace {

std::string progress_text(const Migration& migration, uint64_t block) {
  const Feature* feature = find_feature(migration.module);
  std::string text = fmt::format(
      "checkpoint MCHK in block {}: module {}, {}, {} of {} inodes copied", block,
      feature != nullptr ? std::string(feature->name) : std::to_string(migration.module),
      phase_name(migration.phase), migration.migrated, migration.inodes);
  if (!migration.new_table.empty())
    text +=
        fmt::format(" to blocks {} to {}", migration.new_table.begin, migration.new_table.end - 1);
  return text;
}

}  // namespace

Result<void> check_migration(VerifyContext& context) {
  const PlacedRegion* region = context.find_plain(block_types::kInodes);
  if (region == nullptr) return {};
  BlockBuffer buffer = context.io.make_buffer();
  const uint64_t last = region->blocks.end - 1;
  const auto block = context.io.read_checked(last, block_types::kMigration, buffer);
  if (!block) return {};
  const Result<Migration> migration = decode_migration(block->payload());
  if (!migration)
    context.report.add(FindingCode::kMigrationBroken, last, region->type,
                       migration.error().message);
  else
    context.report.add(FindingCode::kMigrationLeft, last, region->type,
                       progress_text(*migration, last));
  return {};
}

}  // namespace vde
