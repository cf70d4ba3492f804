// Repairs a snapshot table or code cache with damaged blocks: keeps the entries of the intact
// blocks, unchanged and in their order.
#include <fmt/format.h>

#include <algorithm>

#include "check/lost/lost_lines.h"
#include "check/passes/lost_entries.h"
#include "check/repair/packed_repair.h"
#include "check/repair/packed_survey.h"
#include "check/repair/proven_modules.h"

namespace vde {
namespace {

class TableRepairer {
 public:
  TableRepairer(StructureRepair& repair, const RepairedTable& repaired, const PlacedRegion& region)
      : repair_(repair),
        table_(repaired.table),
        name_(repaired.name),
        kind_(repaired.kind),
        region_(region),
        lost_(repaired.table, repair.total_blocks()),
        proof_(repair, repaired) {}

  Result<void> repair_all() {
    VDE_TRY(read_table());
    if (bad_.empty()) return {};
    VDE_TRY_ASSIGN(proven, keep_proven());
    if (proven) return {};
    if (const std::string doubt = find_doubt(); !doubt.empty()) {
      repair_.note(fmt::format("damaged blocks of the {} are not repaired: {}", name_, doubt));
      return {};
    }
    const bool has_gaps = bad_.front() < last_;
    if (has_gaps && table_.make_padding == nullptr) {
      VDE_TRY_ASSIGN(done, close_gaps());
      if (done) return {};
    }
    return fill_gaps();
  }

 private:
  [[nodiscard]] uint64_t number(uint64_t index) const { return region_.blocks.begin + index; }
  [[nodiscard]] static size_t first_offset(uint64_t index) {
    return index == 0 ? kPackedTableHeaderLayout.size() : 0;
  }

  Result<void> read_table() {
    VDE_TRY_ASSIGN(survey, survey_packed(repair_, table_, region_.blocks));
    hides_entries_ = survey.hides_entries;
    for (uint64_t index = 0; index < region_.blocks.count(); ++index) {
      if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(kept, keep_block(index, survey));
      if (!kept) VDE_TRY(lose(index));
    }
    // An empty table has a zero header too: only content after it shows that the count is lost.
    if (!survey.zero_head) return {};
    VDE_TRY_ASSIGN(head, repair_.read(number(0)));
    const bool unwritten_head = head.is_unwritten();
    const bool written =
        std::any_of(survey.blocks.begin() + 1, survey.blocks.end(),
                    [](PackedHolds holds) { return holds != PackedHolds::kUnwritten; });
    if (found_ == 0 && !(unwritten_head && written)) {
      // A damaged block may be all that is left of a table whose first block was lost.
      const auto damaged = std::ranges::count(survey.blocks, PackedHolds::kDamage);
      if (damaged == 0) counted_ = 0;
      return {};
    }
    bad_.insert(bad_.begin(), 0);
    lost_.add_head(number(0));
    return {};
  }

  // False if the block has to be replaced.
  Result<bool> keep_block(uint64_t index, const PackedSurvey& survey) {
    const PackedHolds holds = survey.blocks[index];
    const bool gap = holds == PackedHolds::kUnwritten && index < survey.last;
    // Both the count and what it holds say that it is not a block of the table.
    const bool foreign =
        holds == PackedHolds::kForeign && index > survey.last && !survey.lacks_entries();
    if (foreign) foreign_.insert(index);
    if (holds == PackedHolds::kSuperseded) superseded_.insert(index);
    if (holds == PackedHolds::kDamage || holds == PackedHolds::kSuperseded || foreign ||
        (gap && survey.lacks_entries()))
      return false;
    VDE_TRY_ASSIGN(payload, repair_.read_intact(number(index), table_.type));
    if (!payload) return false;
    if (index == 0) {
      const int32_t counted = kPackedTableHeaderLayout.decode(*payload).count;
      if (counted >= 0 && !survey.zero_head) counted_ = counted;
    }
    VDE_TRY(read_block(index, *payload));
    return true;
  }

  Result<void> lose(uint64_t index) {
    bad_.push_back(index);
    lost_.add(number(index), found_);
    if (superseded_.contains(index) || foreign_.contains(index)) return {};
    VDE_TRY_ASSIGN(block, repair_.read(number(index)));
    lost_.name(block, index == 0);
    return {};
  }

  // Nothing is lost if the modules prove every entry in damaged blocks, and the number of entries
  // is the one in the header, or an older header counts fewer. What no hash covers needs consent
  // where it may be damaged.
  Result<bool> keep_proven() {
    if (table_.type != block_types::kCode || !superseded_.empty()) return false;
    std::vector<ProvenModules> proven;
    int64_t entries = found_;
    std::optional<int64_t> counted = counted_;
    for (const uint64_t index : bad_) {
      VDE_TRY_ASSIGN(block, repair_.read(number(index)));
      if (index == 0) {
        const PackedTableHeader header = kPackedTableHeaderLayout.decode(block.unchecked_payload());
        if (!all_zero(header.reserved)) return false;
        counted = header.count;
      }
      VDE_TRY_ASSIGN(modules, find_proven_modules(repair_, block, index == 0));
      if (!modules) return false;
      entries += static_cast<int64_t>(modules->hashes.size());
      proven.push_back(std::move(*modules));
    }
    if (counted != entries) {
      VDE_TRY_ASSIGN(older, has_older_count(entries, proven));
      if (!older) return false;
    }
    const bool taken = repair_.lossy_step(
        fmt::format("keep all entries in {} of the {}", lost_.where(), name_),
        fmt::format("the modules: the SHA-256 of each matches its entry, and the header counts {}",
                    counted == entries ? "as many" : "fewer"),
        loss_in(proven));
    if (!taken) return true;
    VDE_TRY(write_proven(proven));
    if (counted != entries) {
      VDE_TRY(set_table_count(repair_, region_, entries));
      set_used(std::max(last_, bad_.back()) + 1);
    }
    return true;
  }

  // Whether the header is intact, but older than the damaged blocks, and these entries are all that
  // they hold. Copies of other entries prove nothing.
  Result<bool> has_older_count(int64_t entries, const std::vector<ProvenModules>& proven) {
    if (bad_.front() == 0 || !counted_ || *counted_ > entries || entries > INT32_MAX || broken_)
      return false;
    VDE_TRY_ASSIGN(head, repair_.read(number(0)));
    const uint32_t generation = head.unchecked_trailer().generation;
    EntryProof all = proof_;
    for (const ProvenModules& modules : proven) {
      if (!modules.complete || !is_later_generation(modules.generation, generation)) return false;
      for (const Opaque<32>& hash : modules.hashes) all.add_placed(hash);
    }
    return all.holds();
  }

  Result<void> write_proven(const std::vector<ProvenModules>& proven) {
    for (size_t i = 0; i < bad_.size(); ++i)
      VDE_TRY(report_unproven(repair_, proven[i], number(bad_[i])));
    for (size_t i = 0; i < bad_.size(); ++i) {
      VDE_TRY_ASSIGN(block, repair_.read(number(bad_[i])));
      const Bytes kept = block.unchecked_payload().first(proven[i].end);
      const BlockBuffer bytes(kept.begin(), kept.end());
      VDE_TRY_ASSIGN(payload, repair_.replace(number(bad_[i]), table_.type));
      std::ranges::copy(bytes, payload.begin());
    }
    return {};
  }

  Result<void> read_block(uint64_t index, Bytes payload) {
    PackedCursor cursor(table_.shape, payload, index == 0);
    const bool empty = cursor.at_end();
    bool proven = ended_ && !empty && !counted_ && table_.type == block_types::kCode;
    while (!cursor.at_end()) {
      const Result<Bytes> record = cursor.next();
      if (!record) {
        broken_ = number(index);
        return {};
      }
      proof_.add(*record);
      ++found_;
      if (!proven) continue;
      VDE_TRY_ASSIGN(is_its, is_proven_module(repair_, *record));
      proven = is_its;
    }
    if (!empty) last_ = index;
    if (index == 0) return {};
    // Without a count the first empty block is the end, unless modules prove what comes after it.
    ended_ |= empty;
    beyond_end_ |= ended_ && !proven && !all_zero(payload);
    return {};
  }

  // The reason why the table cannot be repaired, or an empty text.
  std::string find_doubt() {
    if (broken_) return fmt::format("an entry in block {} is invalid", *broken_);
    // More entries than counted, all of them genuine: the count is what is wrong.
    if (counted_ && found_ > *counted_ && proof_.holds()) counted_.reset();
    if (counted_ && found_ > *counted_)
      return fmt::format("the intact blocks hold {} entries, but the header counts {}", found_,
                         *counted_);
    if (!counted_ && beyond_end_)
      return "the count is lost, and there are entries after the first empty block";
    if (!counted_ && !proof_.holds())
      return "the count is lost, and entries share a key or name blocks outside the volume";
    if (found_ > INT32_MAX - max_padding()) return "there are too many entries";
    return {};
  }

  // The maximum number of padding entries in the blocks to replace.
  [[nodiscard]] int64_t max_padding() const {
    const uint64_t per_block = payload_size(repair_.io().block_size()) / table_.shape.fixed_size;
    return static_cast<int64_t>(bad_.size() * per_block);
  }

  // False if it loses entries and there is no consent.
  Result<bool> begin_step() {
    const bool all_found = counted_ == found_ && !hides_entries_;
    if (all_found && !foreign_.empty()) return begin_foreign();
    if (all_found) {
      repair_.step(
          fmt::format("empty {} of the {}", lost_.where(), name_),
          fmt::format("the header's count: the intact blocks hold all {} entries", found_));
      return true;
    }
    const std::string what =
        found_ == 0 ? fmt::format("drop all entries of the {}: no intact block holds any", name_)
                    : fmt::format("keep the {} entries in intact blocks of the {}, drop {}", found_,
                                  name_, lost_.where());
    const std::string source =
        counted_ ? fmt::format("the intact blocks; the header counts {} entries{}", *counted_,
                               counted_ == found_ ? ", but may be older than the others" : "")
                 : "the intact blocks; the count is lost, and " + used_says();
    const auto counted = counted_ == found_ ? std::nullopt : counted_;
    std::string loses =
        fmt::format("{} ({}){}", lost_.which(counted, found_), lost_.where(), lost_.unverified());
    const bool taken = repair_.lossy_step(what, source, {std::move(loses), lost_counts()});
    if (taken) VDE_TRY(list_lost());
    return taken;
  }

  Result<bool> begin_foreign() {
    LostCounts counts;
    counts.others = foreign_.size();
    const bool taken = repair_.lossy_step(
        fmt::format("empty {} of the {}", lost_.where(), name_),
        fmt::format("the header's count: the other blocks hold all {} entries", found_),
        {fmt::format("what is in block {}, which is not a block of the {}",
                     number(*foreign_.begin()), name_),
         counts});
    if (!taken) return false;
    const std::string reason = fmt::format("the block is not one of the {}", name_);
    for (const uint64_t index : foreign_) {
      VDE_TRY_ASSIGN(block, repair_.read(number(index)));
      VDE_TRY(lose_foreign_block(repair_, block, repair_.total_blocks(), reason));
    }
    return true;
  }

  // As many as the header counts; if that is lost, or older, as many as can be read.
  [[nodiscard]] LostCounts lost_counts() const {
    LostCounts counts;
    counts.of(kind_) = std::max(missing().value_or(0), lost_.readable());
    return counts;
  }

  // The number of lost entries, if the header gives it.
  [[nodiscard]] std::optional<uint64_t> missing() const {
    if (!counted_ || *counted_ <= found_) return std::nullopt;
    return static_cast<uint64_t>(*counted_ - found_);
  }

  // Lists what the damaged blocks seem to hold, before anything is written.
  Result<void> list_lost() {
    std::vector<UnreadBlock> unread;
    for (const uint64_t index : bad_) {
      if (superseded_.contains(index) || foreign_.contains(index)) continue;
      VDE_TRY_ASSIGN(block, repair_.read(number(index)));
      VDE_TRY_ASSIGN(readable, list_readable(block, index == 0));
      if (!readable.all) unread.push_back({number(index), readable.count});
    }
    auto rest = missing();
    if (rest) *rest -= std::min(*rest, lost_.readable());
    return lose_unread(repair_, kind_, unread, rest);
  }

  struct Readable {
    uint64_t count = 0;
    bool all = false;  // the block holds nothing else
  };

  Result<Readable> list_readable(const UncheckedBlock& block, bool first) {
    Readable readable;
    LostEntry lost{kind_, block.number(), "the block is damaged; its bytes are unverified"};
    Result<void> listed;
    each_likely_record(table_, block, first, repair_.total_blocks(), [&](Bytes record) {
      ++readable.count;
      set_content(lost, table_.type, record);
      if (listed) listed = repair_.lose(lost);
    });
    VDE_TRY(listed);
    const auto records = packed_records(table_.shape, block.unchecked_payload(), first, INT64_MAX);
    readable.all = readable.count > 0 && records && records->size() == readable.count;
    return readable;
  }

  // Whether the number of used blocks in the slot agrees with the entries that were found.
  [[nodiscard]] std::string used_says() {
    const int64_t used = repair_.slots()[region_.slot].used;
    if (used <= 0) return "nothing else records it";
    const auto tail = static_cast<uint64_t>(used) - 1;
    const bool is_bad = std::ranges::find(bad_, tail) != bad_.end();
    if (tail == last_ || (tail > last_ && is_bad))
      return fmt::format("the slot agrees that blocks up to {} were used", number(tail));
    return fmt::format("the slot says that blocks up to {} were used, which contradicts them",
                       number(tail));
  }

  // Writers find the end of the table with this number. With 0, as from other programs, they read
  // the whole table.
  void set_used(uint64_t used) {
    int64_t& known = repair_.slots()[region_.slot].used;
    if (known > 0) known = static_cast<int64_t>(used);
  }

  // Replaces each damaged block; nothing else moves, so the size of the table does not matter.
  // Until the last commit the header still counts the lost entries, so that an interrupted repair
  // can be repeated.
  Result<void> fill_gaps() {
    VDE_TRY_ASSIGN(begun, begin_step());
    if (!begun) return {};
    int64_t counted = std::min(counted_.value_or(found_), INT32_MAX - max_padding());
    bool gaps = false;
    if (bad_.front() != 0) VDE_TRY(set_table_count(repair_, region_, counted));
    for (const uint64_t index : bad_) {
      VDE_TRY(repair_.make_room(2));
      VDE_TRY_ASSIGN(payload, repair_.replace(number(index), table_.type));
      if (index < last_ && table_.make_padding != nullptr) {
        const int32_t made = pad_block(table_, index, payload, first_offset(index));
        counted += made;
        found_ += made;
      }
      gaps |= index < last_ && table_.make_padding == nullptr;
      VDE_TRY(set_table_count(repair_, region_, counted));
    }
    if (counted != found_) VDE_TRY(set_table_count(repair_, region_, found_));
    set_used(gaps ? 0 : last_ + 1);
    return {};
  }

  // The content of the blocks from `first` on if the entries move up to fill the gaps. Nothing if
  // that leaves unused space that the SDK takes for an entry.
  Result<std::optional<std::vector<BlockBuffer>>> arrange(uint64_t first) {
    std::vector<BlockBuffer> blocks;
    const size_t size = payload_size(repair_.io().block_size());
    if (first == 0) blocks.emplace_back(size);
    size_t end = first_offset(first);
    for (uint64_t index = first + 1; index <= last_; ++index) {
      VDE_TRY_ASSIGN(payload, repair_.read_intact(number(index), table_.type));
      if (!payload || std::ranges::find(bad_, index) != bad_.end()) continue;
      if (first > 0) {  // whole blocks, as full as they were
        if (!PackedCursor(table_.shape, *payload, false).at_end())
          blocks.emplace_back(payload->begin(), payload->end());
        continue;
      }
      PackedCursor cursor(table_.shape, *payload, false);
      while (!cursor.at_end()) {
        VDE_TRY_ASSIGN(record, cursor.next());
        if (size - end < record.size()) {
          if (size - end >= table_.shape.fixed_size)
            return std::optional<std::vector<BlockBuffer>>();
          blocks.emplace_back(size);
          end = 0;
        }
        std::ranges::copy(record, blocks.back().begin() + static_cast<ptrdiff_t>(end));
        end += record.size();
      }
    }
    return std::optional(std::move(blocks));
  }

  // Closes all gaps in one commit. False if they do not fit into one, or if unused space would
  // remain.
  Result<bool> close_gaps() {
    const uint64_t first = bad_.front();
    const auto after = static_cast<uint64_t>(
        std::ranges::count_if(bad_, [&](uint64_t index) { return index > last_; }));
    const uint64_t changes = last_ - first + 1 + after + 1;
    if (changes > repair_.max_in_commit()) return false;
    VDE_TRY_ASSIGN(blocks, arrange(first));
    if (!blocks) return false;
    VDE_TRY(repair_.make_room(changes));
    VDE_TRY_ASSIGN(begun, begin_step());
    if (!begun) return true;
    for (uint64_t index = first; index <= last_; ++index) {
      VDE_TRY_ASSIGN(payload, repair_.replace(number(index), table_.type));
      if (index - first < blocks->size())
        std::ranges::copy((*blocks)[index - first], payload.begin());
    }
    for (const uint64_t index : bad_)
      if (index > last_) VDE_TRY(repair_.replace(number(index), table_.type));
    VDE_TRY(set_table_count(repair_, region_, found_));
    set_used(first + blocks->size());
    return true;
  }

  StructureRepair& repair_;
  const PackedTable& table_;
  std::string_view name_;
  LostKind kind_;
  PlacedRegion region_;
  std::vector<uint64_t> bad_;       // indices of the blocks to replace, ascending
  std::set<uint64_t> superseded_;   // those of them that hold nothing of their own
  std::set<uint64_t> foreign_;      // and those that hold no entries
  std::optional<int64_t> counted_;  // entries according to the header
  int64_t found_ = 0;               // entries in intact blocks
  uint64_t last_ = 0;               // index of the last block with entries
  std::optional<uint64_t> broken_;  // a block with an invalid entry
  bool ended_ = false;              // a block without entries was found
  bool beyond_end_ = false;         // and unproven content after it
  bool hides_entries_ = false;      // there may be more entries than the header counts
  LostEntries lost_;
  EntryProof proof_;
};

Result<void> repair_blocks(StructureRepair& repair, const RepairedTable& repaired) {
  const auto region = plain_region(repair, repaired.table.type);
  if (!region) return {};
  return TableRepairer(repair, repaired, *region).repair_all();
}

}  // namespace

Result<void> repair_snapshot_blocks(StructureRepair& repair) {
  return repair_blocks(repair, repaired_snapshots());
}

Result<void> repair_module_blocks(StructureRepair& repair) {
  return repair_blocks(repair, repaired_modules());
}

}  // namespace vde
