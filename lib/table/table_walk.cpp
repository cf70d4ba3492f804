#include "table/table_walk.h"

namespace vde {
namespace {

std::optional<size_t> first_missing(const TableBlock& block, Bytes payload) {
  const size_t content = content_size(payload);
  for (size_t i = 0; i < block.records.size(); ++i) {
    const TableRecord& record = block.records[i];
    if (record.list->has_count && record.list->places == 0 && record.joined.empty() &&
        record.offset >= content)
      return i;
  }
  return std::nullopt;
}

}  // namespace

TableWalk::TableWalk(RegionBlocks& blocks, const TableDescription& table, Bytes head)
    : blocks_(blocks), table_(table), head_(head), reader_(table, head) {}

bool TableWalk::is_exact() const {
  return table_.lists.size() == 1 && has_one_size(table_.lists[0]);
}

bool TableWalk::holds_uncounted(const TableStep& step) const {
  const Bytes rest = step.payload->subspan(step.read.end);
  const RecordList& last = table_.lists.back();
  const uint32_t size = fixed_size(last.fields);
  const size_t room = has_one_size(last) && !table_.is_stream   ? rest.size() / size * size
                      : rest.size() >= size || table_.is_stream ? rest.size()
                                                                : 0;
  return !all_zero(rest.first(room));
}

void TableWalk::seek(uint64_t index) {
  next_ = index;
  reader_.seek(index);
}

Result<std::optional<Bytes>> TableWalk::payload() {
  if (next_ == 0) return std::optional(head_);
  return blocks_.read(next_);
}

std::optional<TableStep> TableWalk::next() {
  const uint64_t count = blocks_.region().blocks.count();
  // A header without records is in block 0, too.
  if (next_ >= count || (next_ > 0 && reader_.done())) return std::nullopt;
  TableStep step;
  step.block = next_;
  auto read = payload();
  if (read)
    step.payload = *read;
  else
    step.error = std::move(read.error());
  if (!step.payload) {
    seek(next_ + 1);
    return step;
  }
  // Places stay where they are, and records without a count may follow zeros.
  const bool ends_with_zeros =
      !table_.lists.empty() && table_.lists[0].places == 0 && table_.lists[0].has_count;
  if (next_ > 0 && ends_with_zeros && all_zero(*step.payload)) return std::nullopt;
  Bytes after;
  if (table_.is_stream && next_ + 1 < count) {
    held_.assign(step.payload->begin(), step.payload->end());
    step.payload = held_;
    after = blocks_.payload(next_ + 1).value_or(Bytes{});
  }
  step.read = reader_.read(*step.payload, after);
  step.missing = first_missing(step.read, *step.payload);
  ++next_;
  return step;
}

}  // namespace vde
