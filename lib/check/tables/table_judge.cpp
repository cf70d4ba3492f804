#include "check/tables/table_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "vde/text.h"

namespace vde {
namespace {

std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

const TableField* count_field(const TableDescription& table, size_t list) {
  size_t at = 0;
  for (const TableField& field : table.header) {
    if (field.rule != Rule::kCount) continue;
    while (at < table.lists.size() && !table.lists[at].has_count) ++at;
    if (at++ == list) return &field;
  }
  return nullptr;
}

}  // namespace

std::string name_of(const TableRecord& record) {
  return fmt::format("{} {}", record.list->name, record.index);
}

TableJudge::TableJudge(VerifyContext& context, const PlacedRegion& region,
                       const TableDescription& table, BlockBuffer head)
    : context_(context),
      region_(region),
      table_(table),
      codes_(*codes_of(table)),
      head_(std::move(head)),
      report_(context, region),
      blocks_(context.io, region),
      walk_(blocks_, table, head_),
      extra_(make_extra(table)),
      used_(table.lists.size(), 0) {}

void TableJudge::add(const std::optional<CodeAt>& code, uint64_t block, std::string message,
                     std::vector<std::string> affects) {
  if (code) report_.add(code->code, block, std::move(message), std::move(affects), code->site);
}

Result<void> TableJudge::judge() {
  check_header();
  const bool countable = check_counts();
  if (extra_) extra_->header(report_, walk_.reader(), head_);
  if (countable) VDE_TRY(read_records());
  complete_ &= countable;
  check_places();
  check_ids();
  if (extra_) VDE_TRY(extra_->end(report_, complete_));
  return complete_ && !(extra_ && extra_->owns_tail()) ? check_tail() : Result<void>{};
}

// The list of records is complete only if this is true.
bool TableJudge::check_counts() {
  bool countable = true;
  for (size_t i = 0; i < table_.lists.size(); ++i) {
    const TableField* field = count_field(table_, i);
    if (field == nullptr) continue;
    const uint64_t room = std::min(walk_.reader().room(i, region_.blocks.count()), field->limit);
    const int64_t count = walk_.reader().counted(i);
    if (count >= 0 && static_cast<uint64_t>(count) <= room) continue;
    countable &= table_.lists[i].places != 0;
    add(codes_.count, 0,
        fmt::format("{} is {}, but there is room for {}", field->name, count, room));
  }
  return countable;
}

void TableJudge::check_header() {
  std::string why;
  for (const PlacedField& placed : place_fields(table_.header, head_)) {
    if (placed.field->rule == Rule::kZero) {
      if (!all_zero(Bytes(head_).subspan(placed.offset, placed.width)))
        report_reserved(0, "reserved bytes of the header");
      continue;
    }
    why = broken_rule(placed, head_);
    if (!why.empty()) add(codes_.value, 0, fmt::format("header: {}", why));
  }
}

Result<void> TableJudge::read_records() {
  while (const auto step = walk_.next()) {
    if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    if (!step->payload) {
      complete_ = false;
      if (!walk_.is_exact()) return {};
      if (extra_) extra_->gap();
      continue;
    }
    if (!step->read.records.empty()) report_left_over();
    if (step->missing) {
      complete_ = false;
      add(codes_.count, step->block,
          fmt::format("the header counts {}, but there are only zeros",
                      name_of(step->read.records[*step->missing])));
      return {};
    }
    for (const TableRecord& record : step->read.records) check_record(record, step->block);
    if (step->read.broken) {
      add(codes_.broken, step->block,
          fmt::format("the record at byte {}: {}", step->read.end, step->read.broken->message));
      complete_ = false;
      return {};
    }
    check_rest(*step);
  }
  if (walk_.reader().done() || !codes_.count) return {};
  complete_ = false;
  add(codes_.count, 0,
      fmt::format("the header counts more records than its {} blocks with content hold",
                  walk_.position()));
  return {};
}

// Space after the last record of a block is misread only if a record follows in the next block.
void TableJudge::report_left_over() {
  if (!left_over_ || left_over_->reported) return;
  left_over_->reported = true;
  add(codes_.left_over, left_over_->block,
      fmt::format("{} bytes are unused at the end of the block", left_over_->bytes));
}

void TableJudge::check_record(const TableRecord& record, uint64_t block) {
  const auto list = static_cast<size_t>(record.list - table_.lists.data());
  if (record.is_empty) {
    if (all_zero(record.bytes)) return;
    const bool by_count = record.list->has_count && count_field(table_, list) != nullptr;
    const bool has_id = std::ranges::any_of(
        record.list->fields, [](const TableField& field) { return field.rule == Rule::kId; });
    // A place after the last counted one is in use, too.
    if (by_count && !has_id)
      ++used_[list];
    else if (has_id)
      report_reserved(block, name_of(record));
    return;
  }
  ++used_[list];
  std::string wrong;
  for (const PlacedField& placed : place_fields(record.list->fields, record.bytes)) {
    const Bytes bytes = record.bytes.subspan(placed.offset, placed.width);
    if (placed.field->rule == Rule::kZero && !all_zero(bytes))
      report_reserved(block, name_of(record));
    if (placed.field->rule == Rule::kId && codes_.twice && record.list->has_count) {
      Id id{{}, record.list, record.index, block};
      std::ranges::copy(bytes, id.bytes.begin());
      ids_.push_back(id);
    }
    const std::string why = broken_rule(placed, record.bytes);
    if (!why.empty()) wrong += (wrong.empty() ? "" : "; ") + why;
  }
  if (!wrong.empty())
    add(codes_.value, block, fmt::format("{}: {}", name_of(record), wrong), {name_of(record)});
  if (extra_) extra_->record(report_, record, block);
}

// Why a value violates the rule of its field; empty if it does not.
std::string TableJudge::broken_rule(const PlacedField& placed, Bytes bytes) const {
  const TableField& field = *placed.field;
  const auto is = [&](auto value) { return fmt::format("{} is {}", field.name, value); };
  if (field.kind == FieldKind::kText && field.width == 0)
    return is_utf8(text_of(bytes.subspan(placed.offset, placed.width)))
               ? std::string{}
               : fmt::format("{} is not UTF-8", field.name);
  if (field.kind == FieldKind::kReal) {
    if (field.rule == Rule::kAny) return {};
    const double least = field.rule == Rule::kScore ? 0 : -static_cast<double>(field.limit);
    const double most = field.rule == Rule::kScore ? 1 : static_cast<double>(field.limit);
    const double value = load_real(placed, bytes);
    if (std::isnan(value)) return is("not a number");
    return value >= least && value <= most ? std::string{} : is(value);
  }
  if (field.rule != Rule::kAtMost && field.rule != Rule::kBits && field.rule != Rule::kNotNegative)
    return {};
  const int64_t value = load_number(placed, bytes);
  const auto number = static_cast<uint64_t>(value);
  const bool good = field.rule == Rule::kNotNegative ? value >= 0
                    : field.rule == Rule::kBits      ? (number & ~field.limit) == 0
                                                     : number <= field.limit;
  return good ? std::string{} : is(value);
}

// Checks the bytes after the last record of a block.
void TableJudge::check_rest(const TableStep& step) {
  const Bytes rest = step.payload->subspan(step.read.end);
  if (table_.lists.empty() || table_.lists[0].places != 0) {
    if (!all_zero(rest)) report_reserved(step.block, "bytes after the last field");
    return;
  }
  const RecordList& last = table_.lists.back();
  if (!walk_.reader().done()) {
    // The federation class reads any byte as a record.
    const size_t least = table_.lists.size() > 1 ? 1 : fixed_size(last.fields);
    if (rest.size() >= least && !left_over_ && !has_one_size(last))
      left_over_ = LeftOver{step.block, rest.size()};
    if (!all_zero(rest)) report_reserved(step.block, "bytes after the last record of the block");
    return;
  }
  if (walk_.holds_uncounted(step))
    report_uncounted(step.block);
  else if (!all_zero(rest))
    report_reserved(step.block, "bytes after the last record");
}

// Headers count the places in use.
void TableJudge::check_places() {
  for (size_t i = 0; i < table_.lists.size(); ++i) {
    const TableField* field = count_field(table_, i);
    if (field == nullptr || table_.lists[i].places == 0 || !complete_) continue;
    if (walk_.reader().counted(i) == static_cast<int64_t>(used_[i]) ||
        static_cast<uint64_t>(walk_.reader().counted(i)) > field->limit)
      continue;
    add(codes_.count, table_.lists[i].block,
        fmt::format("{} is {}, but {} places are in use", field->name, walk_.reader().counted(i),
                    used_[i]));
  }
}

void TableJudge::check_ids() {
  std::ranges::sort(ids_, [](const Id& a, const Id& b) {
    return std::tie(a.list, a.bytes, a.index) < std::tie(b.list, b.bytes, b.index);
  });
  for (size_t i = 1; i < ids_.size(); ++i) {
    const Id& id = ids_[i];
    if (id.list != ids_[i - 1].list || id.bytes != ids_[i - 1].bytes) continue;
    const std::string name = fmt::format("{} {}", id.list->name, id.index);
    add(codes_.twice, id.block,
        fmt::format("{} has the id of {} {}", name, id.list->name, ids_[i - 1].index), {name});
  }
}

// Checks the blocks after the last record: all zero, or never written.
Result<void> TableJudge::check_tail() {
  const BlockRange region = region_.blocks;
  uint64_t unwritten = 0;
  std::optional<uint64_t> first;
  const auto note = [&](uint64_t index, uint64_t count) {
    if (count > 0 && !first) first = index;
    unwritten += count;
  };
  for (uint64_t index = walk_.position(); index < region.count(); ++index) {
    if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(data, context_.io.file().next_data(
                             context_.io.bytes_of({region.begin + index, region.end})));
    const uint64_t written =
        data.empty() ? region.count()
                     : std::max(index, data.begin / context_.io.block_size() - region.begin);
    note(index, written - index);
    index = written;
    if (index >= region.count()) break;
    BlockBuffer buffer = context_.io.make_buffer();
    const auto block = context_.io.read(region.begin + index, buffer);
    if (block && block->is_unwritten()) note(index, 1);
    const auto payload = blocks_.payload(index);
    if (payload && !all_zero(*payload)) report_uncounted(index);
  }
  if (unwritten > 0)
    add(codes_.spare, *first,
        fmt::format("{} unused blocks, from block {}, have no trailer", unwritten,
                    region.begin + *first));
  return {};
}

void TableJudge::report_uncounted(uint64_t block) {
  if (uncounted_) return;
  uncounted_ = true;
  if (!codes_.uncounted) return report_reserved(block, "bytes after the last record");
  add(codes_.uncounted, block, "there are more bytes after the last record that the header counts");
}

void TableJudge::report_reserved(uint64_t block, std::string_view what) {
  report_.add(FindingCode::kReservedNotZero, block,
              fmt::format("{}: {} should be zero", table_.name, what));
}

}  // namespace vde
