// Fields of described tables that follow from their records: counts, and header fields that
// summarize the records. Erases what an erased mapping still holds.
#include <fmt/format.h>

#include <algorithm>

#include "check/fields/region_draft.h"
#include "format/region/tables.h"

namespace vde {
namespace {

// New values of header fields, by name.
using FieldValues = std::vector<std::pair<std::string_view, uint64_t>>;

void store_field(std::span<const TableField> fields, MutableBytes bytes, std::string_view name,
                 uint64_t value) {
  for (const PlacedField& placed : place_fields(fields, bytes))
    for (uint32_t i = 0; placed.field->name == name && i < placed.width; ++i)
      bytes[placed.offset + i] = static_cast<uint8_t>(value >> (8 * i));
}

uint64_t stored_value(const TableDescription& table, Bytes head, std::string_view name) {
  return static_cast<uint64_t>(number_of(table.header, head, name));
}

// The header fields that count the records of each list, in the order of the lists with a count.
std::vector<const TableField*> count_fields(const TableDescription& table) {
  std::vector<const TableField*> fields;
  for (const TableField& field : table.header)
    if (field.rule == Rule::kCount) fields.push_back(&field);
  return fields;
}

bool has_rule(const TableRecord& record, Rule rule) {
  return std::ranges::any_of(record.list->fields,
                             [&](const TableField& field) { return field.rule == rule; });
}

// Whether bytes that no count includes may be a record: it has an id, or else a time, or else
// something in its first field.
bool is_likely(const TableRecord& record) {
  const auto fields = place_fields(record.list->fields, record.bytes);
  const auto is_set = [&](const PlacedField& placed) {
    return !all_zero(record.bytes.subspan(placed.offset, placed.width));
  };
  const auto first_with = [&](auto test) {
    return std::ranges::find_if(fields, [&](const PlacedField& p) { return test(*p.field); });
  };
  // Small numbers, as those of dictionaries, may be 0.
  constexpr uint32_t kSmallId = 2;  // bytes
  auto telling = first_with(
      [](const TableField& field) { return field.rule == Rule::kId && field.width > kSmallId; });
  if (telling == fields.end())
    telling = first_with([](const TableField& field) { return field.kind == FieldKind::kTicks; });
  return is_set(telling == fields.end() ? fields.front() : *telling);
}

// The header fields that follow from the records.
class Summary {
 public:
  explicit Summary(const TableDescription& table) : table_(table) {}

  void add(const TableRecord& record) {
    ++count_;
    if (&table_ == &tables::kMetricsV21) {
      add_to_range(static_cast<uint64_t>(record.number("nanoseconds")));
    } else if (&table_ == &tables::kOperations) {
      const auto id = static_cast<uint64_t>(record.number("id"));
      constexpr int64_t kLastActive = 2;
      newest_ = std::max(newest_, id);
      if (record.number("state") <= kLastActive) {
        add_to_range(id);
        ++active_;
      }
    }
  }

  [[nodiscard]] FieldValues fields(Bytes head) const {
    if (&table_ == &tables::kAuditLog) return {{"next_sequence", count_}};
    if (&table_ == &tables::kWorm) return {{"high_water_mark", count_}};
    if (&table_ == &tables::kMetricsV21 && count_ > 0)
      return {{"oldest", least_}, {"newest", most_}};
    if (&table_ == &tables::kOperations)
      return {{"magic", kOperationsMagic},
              {"active", active_},
              {"oldest_active", active_ == 0 ? 0 : least_},
              {"newest", newest_}};
    if (&table_ == &tables::kStreaming)
      return {{"entry_count",
               stored_value(table_, head, "write_head") - stored_value(table_, head, "read_tail")}};
    return {};
  }
  [[nodiscard]] uint64_t count() const { return count_; }

 private:
  void add_to_range(uint64_t value) {
    least_ = std::min(least_, value);
    most_ = std::max(most_, value);
  }

  const TableDescription& table_;
  uint64_t count_ = 0;
  uint64_t active_ = 0;
  uint64_t newest_ = 0;
  uint64_t least_ = UINT64_MAX;
  uint64_t most_ = 0;
};

class TableDraft {
 public:
  TableDraft(RegionDraft& draft, const TableDescription& table, BlockBuffer head)
      : draft_(draft), table_(table), head_(std::move(head)) {}

  Result<void> run() {
    VDE_TRY(count_places());
    VDE_TRY(summarize());
    VDE_TRY(recount());
    return erase();
  }

 private:
  // Calls `visit` with each record that the header of `head` counts, and its block. False if a
  // block or a record cannot be read.
  template <class Visit>
  Result<bool> walk(const BlockBuffer& head, Visit visit) {
    TableReader reader(table_, head);
    const uint64_t count = draft_.region().blocks.count();
    for (uint64_t index = 0; index < count && (index == 0 || !reader.done()); ++index) {
      if (draft_.repair().interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(payload, draft_.payload(index));
      if (!payload) return false;
      std::optional<BlockBuffer> next;
      if (table_.is_stream && index + 1 < count) {
        VDE_TRY_ASSIGN(after, draft_.payload(index + 1));
        next = std::move(after);
      }
      const TableBlock block =
          reader.read(index == 0 ? Bytes(head) : Bytes(*payload), next ? Bytes(*next) : Bytes{});
      for (const TableRecord& record : block.records)
        if (!visit(record, index)) return false;
      if (block.broken || !is_rest_zero(*payload, block)) return false;
    }
    return true;
  }

  // Without this, bytes between records would be skipped.
  [[nodiscard]] bool is_rest_zero(const BlockBuffer& payload, const TableBlock& block) const {
    return table_.is_stream || all_zero(Bytes(payload).subspan(block.end));
  }

  Result<void> set(const FieldValues& values, std::string loses) {
    BlockBuffer changed = head_;
    std::string what;
    for (const auto& value : values) {
      if (stored_value(table_, head_, value.first) == value.second) continue;
      store_field(table_.header, changed, value.first, value.second);
      what += fmt::format("{}{} to {}", what.empty() ? "" : ", ", value.first, value.second);
    }
    if (what.empty()) return {};
    VDE_TRY(draft_.propose({fmt::format("set in the header of the {}: {}", table_.name, what),
                            "its records, all of which can be read",
                            std::move(loses),
                            {{0, changed}}}));
    // The next proposal starts from what is there now.
    VDE_TRY_ASSIGN(now, draft_.payload(0));
    if (now) head_ = std::move(*now);
    return {};
  }

  // Lists of places: the header counts those in use.
  Result<void> count_places() {
    if (table_.lists.empty() || table_.lists[0].places == 0) return {};
    std::vector<uint64_t> used(table_.lists.size());
    VDE_TRY_ASSIGN(readable, walk(head_, [&](const TableRecord& record, uint64_t) {
                     const auto list = static_cast<size_t>(record.list - table_.lists.data());
                     if (!has_rule(record, Rule::kId) && !all_zero(record.bytes))
                       used[list] = record.index + 1;
                     else if (has_rule(record, Rule::kId) && !record.is_empty)
                       ++used[list];
                     return true;
                   }));
    if (!readable) return {};
    FieldValues values;
    size_t list = 0;
    for (const TableField* field : count_fields(table_)) {
      while (!table_.lists[list].has_count) ++list;
      const uint64_t counted = stored_value(table_, head_, field->name);
      // Places without an id may be in use and zero.
      const bool has_id = std::ranges::any_of(
          table_.lists[list].fields, [](const TableField& f) { return f.rule == Rule::kId; });
      if (has_id || (used[list] > counted && counted <= field->limit))
        values.emplace_back(field->name, used[list]);
      ++list;
    }
    return set(values, "");
  }

  // Header fields, with the count as it is.
  Result<void> summarize() {
    Summary summary(table_);
    VDE_TRY_ASSIGN(readable, walk(head_, [&](const TableRecord& record, uint64_t) {
                     summary.add(record);
                     return true;
                   }));
    if (!readable) return {};
    const auto counted = count_fields(table_);
    const bool all_there = table_.lists.size() != 1 || table_.lists[0].places != 0 ||
                           counted.empty() ||
                           stored_value(table_, head_, counted[0]->name) == summary.count();
    return all_there ? set(summary.fields(head_), loss_of(summary)) : Result<void>{};
  }

  // Counts the records up to the first one that is zero. All bytes after it must be zero, too.
  Result<void> recount() {
    const auto counted = count_fields(table_);
    if (table_.lists.size() != 1 || counted.size() != 1 || table_.lists[0].places != 0) return {};
    const TableField& field = *counted[0];
    const uint64_t room =
        std::min(TableReader(table_, head_).room(0, draft_.region().blocks.count()), field.limit);
    BlockBuffer full = head_;
    store_field(table_.header, full, field.name, room);
    Summary summary(table_);
    bool ended = false;
    const auto old = static_cast<int64_t>(stored_value(table_, head_, field.name));
    VDE_TRY_ASSIGN(readable, walk(full, [&](const TableRecord& record, uint64_t) {
                     ended |= all_zero(record.bytes);
                     if (ended) return all_zero(record.bytes);
                     summary.add(record);
                     return static_cast<int64_t>(record.index) < old || is_likely(record);
                   }));
    if (!readable) return {};
    FieldValues values = summary.fields(head_);
    values.emplace_back(field.name, summary.count());
    std::string loses = loss_of(summary);
    const uint64_t missing =
        old > 0 ? static_cast<uint64_t>(old) - std::min(static_cast<uint64_t>(old), summary.count())
                : 0;
    if (missing > 0)
      loses = fmt::format("up to {} entries, which the header counts and the table does not hold",
                          missing);
    return set(values, std::move(loses));
  }

  // A number that is too high may be all that is left of entries that were removed.
  std::string loss_of(const Summary& summary) {
    if (&table_ != &tables::kAuditLog && &table_ != &tables::kWorm) return {};
    for (const auto& value : summary.fields(head_))
      if (static_cast<int64_t>(stored_value(table_, head_, value.first)) >
          static_cast<int64_t>(value.second))
        return fmt::format("the sign that entries up to {} existed",
                           stored_value(table_, head_, value.first));
    return {};
  }

  // An erased mapping has neither hash nor token.
  Result<void> erase() {
    if (&table_ != &tables::kAnonymization) return {};
    constexpr int64_t kErased = 2;
    uint64_t mappings = 0;
    Payloads changed;
    VDE_TRY_ASSIGN(readable, walk(head_, [&](const TableRecord& record, uint64_t index) {
                     if (record.number("flags") != kErased) return true;
                     const auto payload = draft_.payload(index);
                     if (!payload || !*payload) return false;
                     BlockBuffer& target = changed.try_emplace(index, **payload).first->second;
                     const MutableBytes bytes =
                         MutableBytes(target).subspan(record.offset, record.bytes.size());
                     for (const PlacedField& placed : place_fields(record.list->fields, bytes))
                       if (placed.field->name == "pii_hash" || placed.field->name == "token")
                         std::ranges::fill(bytes.subspan(placed.offset, placed.width), uint8_t{0});
                     ++mappings;
                     return true;
                   }));
    if (!readable || mappings == 0) return {};
    return draft_.propose({"erase the hashes and tokens of erased mappings",
                           "the flags of the mappings",
                           "the hashes and tokens, which were to be erased", std::move(changed)});
  }

  RegionDraft& draft_;
  const TableDescription& table_;
  BlockBuffer head_;
};

}  // namespace

Result<void> repair_table_fields(RegionDraft& draft) {
  VDE_TRY_ASSIGN(head, draft.payload(0));
  if (!head || all_zero(*head)) return {};
  const TableDescription* table = find_table(draft.region().content, *head);
  if (table == nullptr) return {};
  return TableDraft(draft, *table, std::move(*head)).run();
}

}  // namespace vde
