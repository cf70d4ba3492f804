// What a repair of a packed table (SNAP, CODE) keeps, entry by entry, before any block is replaced.
#pragma once

#include <map>
#include <set>
#include <unordered_set>

#include "check/entries/proven_entries.h"
#include "check/lost/lost_lines.h"
#include "check/passes/lost_entries.h"
#include "check/repair/packed_repair.h"
#include "check/repair/packed_survey.h"

namespace vde {

class PackedKeep {
 public:
  PackedKeep(StructureRepair& repair, const RepairedTable& repaired, const PlacedRegion& region);

  // Reads the table: what is wrong with whole blocks.
  [[nodiscard]] Result<void> read();

  // Indices of the blocks to replace, ascending.
  [[nodiscard]] const std::vector<uint64_t>& bad() const { return bad_; }
  [[nodiscard]] bool is_bad(uint64_t index) const;
  // Whole entries of these that are kept.
  [[nodiscard]] std::map<uint64_t, std::vector<BlockBuffer>> kept() const;
  // Blocks of other structures among them.
  [[nodiscard]] const std::set<uint64_t>& foreign() const { return foreign_; }
  [[nodiscard]] const LostEntries& damaged() const { return damaged_; }

  [[nodiscard]] std::optional<int64_t> counted() const { return counted_; }
  // Entries in all blocks, and those of them in blocks to replace.
  [[nodiscard]] int64_t found() const { return found_; }
  [[nodiscard]] int64_t proven() const { return proven_; }
  // Index of the last block with entries.
  [[nodiscard]] uint64_t last() const { return last_; }
  [[nodiscard]] bool has_all() const { return counted_ == found_ && !hides_entries_; }
  // The header is intact, and counts fewer entries than there are.
  [[nodiscard]] bool is_head_older() const { return head_older_; }
  // The reason why the table cannot be repaired, or an empty text.
  [[nodiscard]] std::string find_doubt();

  // What the repair loses, foreign blocks and unproven fields included.
  [[nodiscard]] Loss loss() const;
  // Lists it, before anything is written.
  [[nodiscard]] Result<void> list();

 private:
  struct Readable {
    uint64_t count = 0;
    bool all = false;  // the block holds nothing else
  };

  // An entry that is kept although nothing proves it.
  struct Doubtful {
    uint64_t block;
    BlockBuffer record;
  };

  [[nodiscard]] uint64_t number(uint64_t index) const { return region_.blocks.begin + index; }
  [[nodiscard]] Result<bool> keep_block(uint64_t index, const PackedSurvey& survey);
  [[nodiscard]] Result<void> read_block(uint64_t index, Bytes payload);
  void fill_gaps();
  [[nodiscard]] Result<void> add_zero_head(const PackedSurvey& survey);
  [[nodiscard]] Result<void> find_proven(const PackedSurvey& survey);
  [[nodiscard]] Result<void> prove(uint64_t index, EntryProver& prover);
  [[nodiscard]] Result<void> settle_count(const PackedSurvey& survey);
  [[nodiscard]] Result<void> count_readable();
  [[nodiscard]] Result<Readable> each_unkept(uint64_t index,
                                             const std::function<Result<void>(Bytes)>& visit);
  [[nodiscard]] std::optional<uint64_t> missing() const;
  [[nodiscard]] Result<void> list_lost();
  [[nodiscard]] Result<void> list_unproven();
  [[nodiscard]] Result<void> list_kept(uint64_t block, Bytes record, std::string reason);
  [[nodiscard]] bool is_likely(Bytes record) const;
  [[nodiscard]] bool is_padding(Bytes record) const {
    return table_.is_padding != nullptr && table_.is_padding(record);
  }
  [[nodiscard]] bool is_damaged(uint64_t index) const {
    return !superseded_.contains(index) && !foreign_.contains(index);
  }

  StructureRepair& repair_;
  const RepairedTable& repaired_;
  const PackedTable& table_;
  PlacedRegion region_;
  std::vector<uint64_t> bad_;
  std::map<uint64_t, ProvenEntries> kept_;
  std::vector<Doubtful> doubtful_;  // snapshots after the first empty block, without a count
  std::set<uint64_t> superseded_;   // those of bad_ that hold nothing of their own
  std::set<uint64_t> foreign_;      // and those that hold no entries
  std::optional<int64_t> counted_;  // entries according to the header
  int64_t found_ = 0;
  int64_t proven_ = 0;
  uint64_t unproven_ = 0;  // entries with fields that nothing proves
  uint64_t readable_ = 0;  // entries that can be read in damaged blocks and are not kept
  uint64_t last_ = 0;
  std::optional<uint64_t> broken_;  // a block with an invalid entry
  std::vector<uint64_t> empty_;     // valid blocks without entries, except the first
  bool ended_ = false;              // a block without entries was found
  bool beyond_end_ = false;         // and unproven content after it
  bool hides_entries_ = false;      // there may be more entries than the header counts
  bool head_older_ = false;
  std::unordered_set<std::string> keys_;  // of the entries in intact blocks
  LostEntries damaged_;
  EntryProof proof_;
};

}  // namespace vde
