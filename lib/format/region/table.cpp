#include "format/region/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "format/number.h"

namespace vde {
namespace {

// Calls `visit` with the fields that `bytes` has, until it returns false.
template <class Visit>
void each_field(std::span<const TableField> fields, Bytes bytes, Visit visit) {
  uint32_t offset = 0;
  uint32_t length = 0;
  for (const TableField& field : fields) {
    const uint32_t width = field.width == 0 ? length : field.width;
    const PlacedField placed{&field, offset, width};
    if (offset + width > bytes.size() || !visit(placed)) return;
    if (field.rule == Rule::kLength)
      length = static_cast<uint32_t>(std::clamp<int64_t>(load_number(placed, bytes), 0, INT32_MAX));
    offset += width;
  }
}

// The first field that passes `test`.
template <class Test>
std::optional<PlacedField> find_field(std::span<const TableField> fields, Bytes bytes, Test test) {
  std::optional<PlacedField> found;
  each_field(fields, bytes, [&](const PlacedField& placed) {
    if (test(*placed.field)) found = placed;
    return !found;
  });
  return found;
}

auto with_name(std::string_view name) {
  return [name](const TableField& field) { return field.name == name; };
}

auto with_rule(Rule rule) {
  return [rule](const TableField& field) { return field.rule == rule; };
}

bool is_id_zero(std::span<const TableField> fields, Bytes record) {
  const auto id = find_field(fields, record, with_rule(Rule::kId));
  return id && all_zero(record.subspan(id->offset, id->width));
}

}  // namespace

bool has_one_size(const RecordList& list) {
  return std::ranges::none_of(list.fields, with_rule(Rule::kLength));
}

uint32_t fixed_size(std::span<const TableField> fields) {
  uint32_t size = 0;
  for (const TableField& field : fields) size += field.width;
  return size;
}

Result<uint32_t> record_size(std::span<const TableField> fields, Bytes from) {
  uint64_t size = 0;
  uint64_t length = 0;
  for (const TableField& field : fields) {
    const uint64_t width = field.width == 0 ? length : field.width;
    if (size + width > from.size()) return fail(ErrorCode::kDamaged, "it exceeds its block");
    if (field.rule == Rule::kLength) {
      const int64_t value = load_number({&field, static_cast<uint32_t>(size), field.width}, from);
      if (value < 0 || static_cast<uint64_t>(value) > field.limit)
        return fail(ErrorCode::kDamaged,
                    fmt::format("{} is {} (maximum {})", field.name, value, field.limit));
      length = static_cast<uint64_t>(value);
    }
    size += width;
  }
  return static_cast<uint32_t>(size);
}

std::vector<PlacedField> place_fields(std::span<const TableField> fields, Bytes bytes) {
  std::vector<PlacedField> all;
  all.reserve(fields.size());
  each_field(fields, bytes, [&](const PlacedField& placed) {
    all.push_back(placed);
    return true;
  });
  return all;
}

int64_t load_number(const PlacedField& placed, Bytes bytes) {
  const Bytes number = bytes.subspan(placed.offset, placed.width);
  const bool is_signed =
      placed.field->kind == FieldKind::kSigned || placed.field->kind == FieldKind::kTicks;
  return is_signed ? load_signed(number) : static_cast<int64_t>(load_unsigned(number));
}

double load_real(const PlacedField& placed, Bytes bytes) {
  return load_real(bytes.subspan(placed.offset, placed.width));
}

Bytes bytes_of(std::span<const TableField> fields, Bytes bytes, std::string_view name) {
  const auto placed = find_field(fields, bytes, with_name(name));
  return placed ? bytes.subspan(placed->offset, placed->width) : Bytes{};
}

int64_t number_of(std::span<const TableField> fields, Bytes bytes, std::string_view name) {
  const auto placed = find_field(fields, bytes, with_name(name));
  return placed ? load_number(*placed, bytes) : 0;
}

TableReader::TableReader(const TableDescription& table, Bytes head)
    : table_(table), payload_(head.size()), counts_(table.lists.size(), INT64_MAX) {
  size_t list = 0;
  for (const PlacedField& placed : place_fields(table.header, head)) {
    if (placed.field->rule != Rule::kCount) continue;
    while (list < table.lists.size() && !table.lists[list].has_count) ++list;
    if (list < table.lists.size()) counts_[list++] = load_number(placed, head);
  }
}

uint64_t TableReader::room(size_t list, uint64_t blocks) const {
  const RecordList& records = table_.lists[list];
  if (records.places != 0) return records.places;
  const uint64_t size = fixed_size(records.fields);
  const uint64_t header = fixed_size(table_.header);
  if (blocks == 0 || payload_ < header) return 0;
  if (table_.is_stream) return (blocks * payload_ - header) / size;
  return (payload_ - header) / size + (blocks - 1) * (payload_ / size);
}

uint64_t TableReader::total(size_t list) const {
  if (table_.lists[list].places != 0) return table_.lists[list].places;
  return static_cast<uint64_t>(std::max<int64_t>(counts_[list], 0));
}

bool TableReader::done() const {
  for (size_t i = list_; i < table_.lists.size(); ++i)
    if ((i == list_ ? index_ : 0) < total(i)) return false;
  return true;
}

void TableReader::seek(uint64_t index) {
  block_ = index;
  list_ = 0;
  index_ = 0;
  guesses_ = false;
  if (index == 0 || table_.lists.empty()) return;
  const auto starts = std::ranges::find(table_.lists, index, &RecordList::block);
  list_ = static_cast<size_t>(starts - table_.lists.begin());
  // Places are in the block in which their list starts.
  if (starts != table_.lists.end() || table_.lists[0].places != 0) return;
  list_ = 0;
  const RecordList& records = table_.lists[list_];
  if (table_.lists.size() == 1 && has_one_size(records)) {
    index_ = room(0, index);
    if (table_.is_stream) {
      const uint64_t begun = index * payload_ - fixed_size(table_.header);
      const uint64_t size = fixed_size(records.fields);
      index_ = (begun + size - 1) / size;
    }
    index_ = std::min(index_, total(0));
  } else {
    guesses_ = true;
    list_ = table_.lists.size() - 1;
  }
}

void TableReader::skip_finished_lists() {
  while (list_ < table_.lists.size() && !guesses_ && index_ >= total(list_)) {
    ++list_;
    index_ = 0;
  }
}

bool TableReader::take_record(Bytes payload, TableBlock& block) {
  const RecordList& records = table_.lists[list_];
  const Bytes left = payload.subspan(block.end);
  const uint32_t least = fixed_size(records.fields);
  if (left.size() < least) return false;
  const bool starts_block = block.records.empty();
  // A record of variable size did not fit if there are zeros in its place: it starts the next
  // block.
  if (!has_one_size(records) && (!starts_block || guesses_) && all_zero(left.first(least)))
    return false;
  const Result<uint32_t> size = record_size(records.fields, left);
  if (!size) {
    block.broken = size.error();
    return false;
  }
  TableRecord record{&records, index_, block.end, left.first(*size), {}, false};
  if (records.places != 0) {
    const bool by_count = std::ranges::none_of(records.fields, with_rule(Rule::kId));
    record.is_empty = by_count ? static_cast<int64_t>(index_) >= counts_[list_]
                               : is_id_zero(records.fields, record.bytes);
  }
  block.end += *size;
  block.records.push_back(std::move(record));
  ++index_;
  return true;
}

TableBlock TableReader::read(Bytes payload, Bytes next) {
  if (table_.is_stream) return read_stream(payload, next);
  TableBlock block;
  if (block_ == 0) block.end = fixed_size(table_.header);
  skip_finished_lists();
  while (list_ < table_.lists.size() && table_.lists[list_].block <= block_ &&
         take_record(payload, block))
    skip_finished_lists();
  ++block_;
  return block;
}

TableBlock TableReader::read_stream(Bytes payload, Bytes next) {
  TableBlock block;
  const RecordList& records = table_.lists[0];
  const uint64_t size = fixed_size(records.fields);
  const uint64_t begin = block_ * payload.size();
  for (; index_ < total(0); ++index_) {
    const uint64_t at = fixed_size(table_.header) + index_ * size - begin;
    if (at >= payload.size()) break;
    TableRecord record{&records, index_, static_cast<uint32_t>(at), {}, {}, false};
    const Bytes here = payload.subspan(at, std::min<uint64_t>(size, payload.size() - at));
    if (here.size() == size) {
      record.bytes = here;
    } else if (here.size() + next.size() >= size) {
      record.joined.assign(here.begin(), here.end());
      const Bytes rest = next.first(size - here.size());
      record.joined.insert(record.joined.end(), rest.begin(), rest.end());
      record.bytes = record.joined;
    } else {
      break;
    }
    record.is_empty = !records.has_count && all_zero(record.bytes);
    block.end = static_cast<uint32_t>(at + here.size());
    block.records.push_back(std::move(record));
  }
  if (block.records.empty() && block_ == 0) block.end = fixed_size(table_.header);
  ++block_;
  return block;
}

}  // namespace vde
