// Described tables whose records all have one size. Tables with texts have no rule in may_stay.h,
// except for their names: nothing of them stays.
#include <algorithm>
#include <vector>

#include "copy/scrub/may_stay.h"
#include "copy/scrub/region_scrubber.h"
#include "format/region/tables.h"

namespace vde {
namespace {

class TableScrubber : public RegionScrubber {
 public:
  TableScrubber(const TableDescription& table, Bytes head)
      : table_(table), reader_(table, head), seen_(table.lists.size()) {}

  Result<void> scrub(uint64_t index, const CheckedBlock& block, MutableBytes to) override {
    const Bytes payload = block.payload();
    if (index == 0) keep_header(payload, to);
    if (table_.is_stream) {
      keep_stream(index, payload, to);
      return {};
    }
    reader_.seek(index);
    for (const TableRecord& record : reader_.read(payload, {}).records)
      if (!record.is_empty && is_counted(record))
        keep_fields(record.list->name, record.list->fields, record.bytes,
                    to.subspan(record.offset, record.bytes.size()));
    return {};
  }

 private:
  void keep_header(Bytes payload, MutableBytes to) const {
    keep_fields(table_.name, table_.header, payload, to);
    // Its magic is a constant, or may be anything.
    if (&table_ == &tables::kOperations && load_le<uint64_t>(to, 0) != kOperationsMagic)
      store_le(to, 0, uint64_t{0});
  }

  // Records may be in any of their places, but no more than are counted. A list without a count has
  // as many as the first one.
  [[nodiscard]] bool is_counted(const TableRecord& record) {
    if (record.list->places == 0) return true;
    const auto list = static_cast<size_t>(record.list - table_.lists.data());
    const int64_t counted = reader_.counted(record.list->has_count ? list : 0);
    return ++seen_[list] <= counted;
  }

  // Records of a stream continue in the next payload.
  void keep_stream(uint64_t index, Bytes payload, MutableBytes to) const {
    const RecordList& list = table_.lists[0];
    const uint64_t header = fixed_size(table_.header);
    const uint64_t size = fixed_size(list.fields);
    const uint64_t begin = index * payload.size();
    const int64_t counted = reader_.counted(0);
    const uint64_t total = counted < 0 ? 0 : static_cast<uint64_t>(counted);
    uint64_t record = begin > header ? (begin - header) / size : 0;
    for (; record < total && header + record * size < begin + payload.size(); ++record)
      keep_part(list, header + record * size, begin, payload, to);
  }

  // The part of the record at byte `at` of the stream that lies in the payload at `begin`.
  static void keep_part(const RecordList& list, uint64_t at, uint64_t begin, Bytes payload,
                        MutableBytes to) {
    const ScrubRule* rule = find_scrub_rule(list.name);
    if (rule == nullptr) return;
    for (const TableField& field : list.fields) {
      const uint64_t from = std::max(at, begin);
      const uint64_t end = std::min(at + field.width, begin + payload.size());
      if (from < end && rule->keeps(field.name)) {
        const Bytes bytes = payload.subspan(from - begin, end - from);
        std::copy(bytes.begin(), bytes.end(), to.subspan(from - begin, bytes.size()).begin());
      }
      at += field.width;
    }
  }

  const TableDescription& table_;
  TableReader reader_;
  std::vector<int64_t> seen_;  // records in places, by list
};

}  // namespace

std::unique_ptr<RegionScrubber> make_table_scrubber(const BlockIo& io, const PlacedRegion& region) {
  BlockBuffer buffer = io.make_buffer();
  const auto block = io.read(region.blocks.begin, buffer);
  // Without a header nobody knows what the other blocks hold.
  if (!block || block->state() != BlockState::kValid ||
      !may_carry(region.type, region.content, block->unchecked_trailer().type))
    return nullptr;
  const Bytes head = block->unchecked_payload();
  const TableDescription* table = find_table(region.content, head);
  // Without a count nobody knows where the records end.
  if (table == nullptr || table->header.empty() || find_scrub_rule(table->name) == nullptr)
    return nullptr;
  return std::make_unique<TableScrubber>(*table, head);
}

}  // namespace vde
