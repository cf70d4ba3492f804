#include "image/fresh_regions.h"

#include <algorithm>
#include <bit>

#include "base/endian.h"
#include "format/region/tables.h"
#include "format/region/wal_header.h"

namespace vde {
namespace {

constexpr uint32_t kDataCheckpointInterval = 4096;
// What the SDK's tests give these two; the format has no defaults.
constexpr uint64_t kRingGrowth = 16;  // blocks
constexpr double kCompactionThreshold = 0.8;

void set_field(const TableDescription& table, MutableBytes head, std::string_view name,
               uint64_t value) {
  for (const PlacedField& placed : place_fields(table.header, head))
    if (placed.field->name == name)
      for (uint32_t i = 0; i < placed.width; ++i)
        head[placed.offset + i] = static_cast<uint8_t>(value >> (8 * i));
}

void begin_data_wal(uint64_t blocks, Ticks now, MutableBytes head) {
  WalHeader header = fresh_wal_header(static_cast<int64_t>(blocks), now);
  header.type = kWalData;
  header.checkpoint_interval = kDataCheckpointInterval;
  kWalHeaderLayout.encode(header, head);
}

// The SDK's class refuses a ring without capacity.
void begin_ring(uint64_t blocks, MutableBytes head) {
  set_field(tables::kStreaming, head, "max_capacity_blocks", blocks - 1);
  set_field(tables::kStreaming, head, "growth_increment", kRingGrowth);
}

// The SDK's class refuses a log without capacity. This one holds what the region has room for.
void begin_metrics(uint64_t blocks, MutableBytes head) {
  const TableReader reader(tables::kMetrics, head);
  constexpr uint64_t kMaxCapacity = 100'000'000;
  set_field(tables::kMetrics, head, "max_capacity", std::min(reader.room(0, blocks), kMaxCapacity));
  set_field(tables::kMetrics, head, "compaction_threshold",
            std::bit_cast<uint64_t>(kCompactionThreshold));
}

}  // namespace

std::optional<FreshRegion> begin_region(BlockType slot_type, BlockType content, uint64_t blocks,
                                        Ticks now, MutableBytes head) {
  if (content == block_types::kPolicyVault || content == block_types::kEncryption) return {};
  if (content == block_types::kDataWal) {
    begin_data_wal(blocks, now, head);
    return FreshRegion{slot_type};
  }
  if (content == block_types::kStreaming) {
    begin_ring(blocks, head);
    return FreshRegion{slot_type};
  }
  if (content == block_types::kMetricsLog) {
    begin_metrics(blocks, head);
    return FreshRegion{block_types::kIntegrityTree, true};  // the type that the class writes
  }
  if (content == block_types::kOperations) {
    set_field(tables::kOperations, head, "magic", kOperationsMagic);
    return FreshRegion{content, true};
  }
  // A table whose header is zero has no entries. The SDK checks the trailer of every block.
  return FreshRegion{slot_type, true};
}

}  // namespace vde
