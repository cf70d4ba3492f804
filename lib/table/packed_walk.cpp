#include "table/packed_walk.h"

#include <fmt/format.h>

#include <algorithm>

namespace vde {
namespace {

tl::unexpected<Error> too_few(const PackedTable& table, BlockRange region, int32_t count,
                              int32_t found) {
  return fail_at(
      region.begin, ErrorCode::kDamaged,
      fmt::format("the {} table counts {} entries, but holds {}", table.shape.noun, count, found),
      kRunVerify);
}

// Refuses entries that the header does not count: the header is stale, or a write was lost. `end`
// is the offset in block `index` after the last counted entry.
Result<void> refuse_uncounted(PackedSource& source, const PackedTable& table, uint64_t index,
                              size_t end, int32_t count) {
  const auto uncounted = [&](uint64_t at) {
    return fail_at(source.region().begin + at, ErrorCode::kDamaged,
                   fmt::format("the {} table holds more entries than the {} that it counts",
                               table.shape.noun, count),
                   kRunVerify);
  };
  VDE_TRY_ASSIGN(last, source.payload(index));
  if (last.size() - end >= table.shape.fixed_size &&
      !all_zero(last.subspan(end, table.shape.key_size)))
    return uncounted(index);
  for (++index; index < source.blocks(); ++index) {
    VDE_TRY_ASSIGN(written, source.next_written(index));
    index = written;
    if (index >= source.blocks()) break;
    VDE_TRY_ASSIGN(payload, source.payload(index));
    if (!all_zero(payload)) return uncounted(index);
  }
  return {};
}

// The requested entries of one block.
struct BlockWalk {
  int32_t found = 0;
  size_t end = 0;        // offset after the last of them
  bool stopped = false;  // the visitor returned false
};

Result<BlockWalk> walk_block(const PackedTable& table, uint64_t index, Bytes payload, int32_t left,
                             const PackedVisitor& visit) {
  BlockWalk walk;
  PackedCursor cursor(table.shape, payload, index == 0);
  while (walk.found < left && !walk.stopped && !cursor.at_end()) {
    const PackedPlace place{index, static_cast<uint32_t>(cursor.offset())};
    VDE_TRY_ASSIGN(record, cursor.next());
    ++walk.found;
    walk.stopped = !visit({place, record});
  }
  walk.end = cursor.offset();
  return walk;
}

}  // namespace

Result<void> refuse_unwritten_head(PackedSource& source, std::string_view noun) {
  VDE_TRY_ASSIGN(unwritten, source.is_unwritten(0));
  for (uint64_t index = 1; index < source.blocks(); ++index) {
    VDE_TRY_ASSIGN(written, source.next_written(index));
    index = written;
    if (index >= source.blocks()) break;
    VDE_TRY_ASSIGN(payload, source.payload(index));
    bool is_lost = !all_zero(payload);
    if (unwritten && !is_lost) {
      VDE_TRY_ASSIGN(blank, source.is_unwritten(index));
      is_lost = !blank;
    }
    if (is_lost)
      return fail_at(source.region().begin, ErrorCode::kDamaged,
                     fmt::format("the first block of the {} table {}, but block {} {}", noun,
                                 unwritten ? "was never written" : "is zero",
                                 source.region().begin + index, unwritten ? "was" : "is not"),
                     kRunVerify);
  }
  return {};
}

Result<void> walk_packed(PackedSource& source, const PackedTable& table,
                         const PackedVisitor& visit) {
  VDE_TRY_ASSIGN(head, source.payload(0));
  const int32_t count = kPackedTableHeaderLayout.decode(head).count;
  if (count < 0) return too_few(table, source.region(), count, 0);
  if (all_zero(head)) return refuse_unwritten_head(source, table.shape.noun);
  int32_t found = 0;
  PackedPlace end{0, static_cast<uint32_t>(kPackedTableHeaderLayout.size())};
  for (uint64_t index = 0; found < count; ++index) {
    if (index >= source.blocks()) return too_few(table, source.region(), count, found);
    VDE_TRY_ASSIGN(payload, source.payload(index));
    Result<BlockWalk> walk = walk_block(table, index, payload, count - found, visit);
    if (!walk) {
      walk.error().block = source.region().begin + index;
      walk.error().hint = kRunVerify;
      return propagate(walk);
    }
    if (walk->stopped) return {};
    found += walk->found;
    if (walk->found > 0) end = {index, static_cast<uint32_t>(walk->end)};
    if (walk->found > 0) continue;
    VDE_TRY_ASSIGN(written, source.next_written(index + 1));
    index = std::max(index, written - 1);
  }
  return refuse_uncounted(source, table, end.block, end.offset, count);
}

Result<std::optional<PackedPlace>> find_packed(PackedSource& source, const PackedTable& table,
                                               Bytes key) {
  std::optional<PackedPlace> place;
  VDE_TRY(walk_packed(source, table, [&](const PackedRecord& record) {
    if (std::equal(key.begin(), key.end(), record.bytes.begin())) place = record.place;
    return !place;
  }));
  return place;
}

int32_t pad_block(const PackedTable& table, uint64_t index, MutableBytes payload, size_t end) {
  const size_t max = table.shape.fixed_size + table.shape.max_text;
  std::ranges::fill(payload.subspan(end), uint8_t{0});
  int32_t made = 0;
  for (; payload.size() - end >= table.shape.fixed_size; ++made) {
    const MutableBytes room = payload.subspan(end, std::min(max, payload.size() - end));
    table.make_padding(payload.first(end), index, room);
    end += room.size();
  }
  return made;
}

}  // namespace vde
