#include "inspect/log_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "format/block_type.h"

namespace vde {
namespace {

// A header that counts as many records as it can, for a log whose header is damaged: its other
// blocks can be read without it.
BlockBuffer boundless_head(const TableDescription& table, size_t payload) {
  BlockBuffer head(payload);
  for (const PlacedField& placed : place_fields(table.header, head)) {
    if (placed.field->rule != Rule::kCount) continue;
    for (uint32_t i = 0; i < placed.width; ++i)
      head[placed.offset + i] = static_cast<uint8_t>(placed.field->limit >> (8 * i));
  }
  return head;
}

class LogReader {
 public:
  LogReader(const BlockIo& io, const PlacedRegion& region, const Activity& activity,
            const LogVisitor& visit)
      : activity_(activity),
        visit_(visit),
        blocks_(io, region),
        block_size_(io.block_size()),
        state_(region) {}

  Result<LogState> read() {
    VDE_TRY_ASSIGN(payload, blocks_.read(0));
    if (payload) head_.assign(payload->begin(), payload->end());
    if (payload && all_zero(head_)) return read_unused();
    if (!payload) state_.add_gap(begin());
    const TableDescription* table = payload ? find_table(state_.region.content, head_) : unread();
    if (table == nullptr) {
      if (payload) state_.problems.emplace_back("its blocks are too small for its header");
      return std::move(state_);
    }
    state_.kind = log_kind_of(*table);
    if (!state_.kind->note.empty()) state_.notes.emplace_back(state_.kind->note);
    if (table == &tables::kStreaming) return read_header_of_ring();
    if (!payload) return read_without_header(*table, 1);
    start(*table);
    note_counts();
    VDE_TRY(walk());
    note_next();
    return std::move(state_);
  }

 private:
  [[nodiscard]] uint64_t begin() const { return state_.region.blocks.begin; }

  // The table of a log whose header is damaged. That of a metrics log shows which of two forms it
  // has.
  [[nodiscard]] const TableDescription* unread() const {
    return state_.region.content == tables::kMetrics.type ? nullptr : state_.kind->table;
  }

  void start(const TableDescription& table) {
    walk_.emplace(blocks_, table, head_);
    if (LogChain::is_in(table)) chain_.emplace(table, head_);
  }

  Result<LogState> read_without_header(const TableDescription& table, uint64_t block) {
    head_ = boundless_head(table, payload_size(block_size_));
    start(table);
    after_gap(block);
    VDE_TRY(walk());
    return std::move(state_);
  }

  // A log whose first block holds nothing was never used, unless its header was erased.
  Result<LogState> read_unused() {
    VDE_TRY_ASSIGN(block, find_uncounted(1));
    const TableDescription* table = unread();
    const bool is_readable = block && table != nullptr && !table->lists.empty();
    if (is_readable) return read_without_header(*table, *block);
    state_.counted = 0;
    return std::move(state_);
  }

  Result<LogState> read_header_of_ring() {
    if (head_.empty()) return std::move(state_);
    const StreamRing ring = read_ring(head_);
    state_.counted = ring.entries;
    if (!ring.has_limits() || !ring.is_ordered()) {
      state_.problems.push_back(
          fmt::format("its header contradicts itself: {} entries from {} to {}, in {} of {} blocks",
                      ring.entries, ring.tail, ring.head, ring.allocated, ring.capacity));
      return std::move(state_);
    }
    if (ring.entries == 0) return std::move(state_);
    state_.first = ring.tail;
    state_.last = ring.head - 1;
    if (ring.tail > 0)
      state_.notes.push_back(
          fmt::format("starts at sequence {}: older entries left the ring", ring.tail));
    return std::move(state_);
  }

  void note_counts() {
    state_.counted = walk_->reader().counted(0);
    if (*state_.counted < 0)
      state_.problems.push_back(fmt::format("the header counts {} entries", *state_.counted));
  }

  // A number that is too high may be the only sign that entries were removed.
  void note_next() {
    const auto next = chain_ ? chain_->wrong_next() : std::nullopt;
    if (!next) return;
    std::string text =
        fmt::format("the {} is {}, the header counts {}", state_.kind->next, *next,
                    *state_.counted == 1 ? "1 entry" : fmt::format("{} entries", *state_.counted));
    if (*next > *state_.counted)
      state_.problems.push_back(text + ": entries may be missing at the end");
    else
      state_.notes.push_back(std::move(text));
  }

  // Entries before block `index` of the region are missing.
  void after_gap(uint64_t index) {
    walk_->seek(index);
    is_guessing_ |= !walk_->is_exact();
    if (chain_) chain_->gap();
  }

  Result<void> walk() {
    while (const auto step = walk_->next()) {
      if (activity_.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      if (step->error) return tl::make_unexpected(*step->error);
      if (!step->payload) {
        state_.add_gap(begin() + step->block);
        after_gap(step->block + 1);
        continue;
      }
      VDE_TRY_ASSIGN(has_more, read_block(*step));
      if (!has_more) return {};
      if (walk_->reader().done() && walk_->holds_uncounted(*step)) note_uncounted(step->block);
    }
    note_found();
    if (state_.is_damaged() || !walk_->reader().done()) return {};
    VDE_TRY(find_uncounted(walk_->position()));
    return {};
  }

  // False after the last entry of the log, as far as it can be read.
  Result<bool> read_block(const TableStep& step) {
    const size_t written = step.missing.value_or(step.read.records.size());
    for (size_t i = 0; i < written; ++i)
      VDE_TRY(read_entry(step.read.records[i], begin() + step.block));
    if (step.missing) {
      note_found();
      return false;
    }
    if (step.read.broken) {
      // Only the first is described: a hostile log may have one in every block.
      if (++state_.invalid == 1)
        state_.problems.push_back(fmt::format("block {}: the entry at byte {} is invalid: {}",
                                              begin() + step.block, step.read.end,
                                              step.read.broken->message));
      after_gap(step.block + 1);
    }
    return true;
  }

  // The walk cannot count the entries after a gap and goes on to the first zeros. An entry after
  // the last number that the header counts has a wrong number: either it or an earlier one was
  // changed.
  [[nodiscard]] bool is_past_end() const {
    return is_guessing_ && chain_ && state_.counted && *state_.counted >= 0 &&
           chain_->expected() >= static_cast<uint64_t>(*state_.counted);
  }

  Result<void> read_entry(const TableRecord& record, uint64_t block) {
    LinkFaults faults;
    if (chain_) {
      const bool is_surplus = is_past_end();
      faults = chain_->next(record);
      faults.sequence |= is_surplus;
      state_.add_link(faults, chain_->expected() - 1, block);
    }
    if (state_.kind->is_numbered) {
      state_.last = sequence_of(*state_.kind, record);
      if (state_.found == 0) state_.first = state_.last;
    }
    ++state_.found;
    const auto index = is_guessing_ ? std::nullopt : std::optional(record.index);
    return visit_({*state_.kind, record, block, index, faults});
  }

  // After a gap it is known already that entries are missing.
  void note_found() {
    if (!state_.counted || *state_.counted < 0 || state_.is_damaged()) return;
    if (static_cast<uint64_t>(*state_.counted) != state_.found)
      state_.problems.push_back(fmt::format("the header counts {} entries, but {} were found",
                                            *state_.counted, state_.found));
  }

  void note_uncounted(uint64_t block) {
    state_.problems.push_back(fmt::format(
        "block {} holds more after the last entry that the header counts", begin() + block));
  }

  // Reports the first block from `index` on that is not empty, and returns its index. Damaged
  // blocks before it may hold entries.
  Result<std::optional<uint64_t>> find_uncounted(uint64_t index) {
    for (const uint64_t count = state_.region.blocks.count(); index < count; ++index) {
      if (activity_.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(written, blocks_.next_written(index));
      index = written;
      if (index >= count) break;
      VDE_TRY_ASSIGN(payload, blocks_.read(index));
      if (!payload) state_.add_gap(begin() + index);
      if (!payload || all_zero(*payload)) continue;
      note_uncounted(index);
      return std::optional(index);
    }
    return std::optional<uint64_t>();
  }

  const Activity& activity_;
  const LogVisitor& visit_;
  RegionBlocks blocks_;
  uint32_t block_size_;
  LogState state_;
  BlockBuffer head_;  // the payload of block 0; empty if it is damaged
  std::optional<TableWalk> walk_;
  std::optional<LogChain> chain_;
  bool is_guessing_ = false;  // the indexes of entries are unknown
};

}  // namespace

Result<LogState> read_log(const BlockIo& io, const PlacedRegion& region, bool is_plain,
                          const Activity& activity, const LogVisitor& visit) {
  if (is_plain) return LogReader(io, region, activity, visit).read();
  LogState state(region);
  state.is_encrypted = true;
  return state;
}

}  // namespace vde
