#include "check/repair/packed_survey.h"

#include <algorithm>
#include <unordered_map>

#include "check/passes/lost_entries.h"

namespace vde {
namespace {

using Keys = std::vector<std::string>;

class Surveyor {
 public:
  Surveyor(StructureRepair& repair, const PackedTable& table, BlockRange region)
      : repair_(repair), table_(table), region_(region), blocks_(region.count()) {}

  Result<PackedSurvey> run() {
    for (uint64_t index = 0; index < region_.count(); ++index) {
      if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY(read(index));
    }
    find_copy_of_head();
    for (uint64_t index = 1; index < blocks_.size(); ++index) {
      PackedHolds& holds = survey_.blocks[index];
      if (holds != PackedHolds::kEntries) continue;
      if (is_superseded(index))
        holds = PackedHolds::kSuperseded;
      else if (!blocks_[index].likely)
        holds = PackedHolds::kForeign;
    }
    for (uint64_t index = 0; index < blocks_.size(); ++index) {
      if (survey_.blocks[index] != PackedHolds::kEntries) continue;
      survey_.last = index;
      survey_.found += blocks_[index].entries;
    }
    for (uint64_t index = 1; index < blocks_.size(); ++index)
      if (hides_entries(index)) survey_.hiding.push_back(index);
    return std::move(survey_);
  }

 private:
  struct Block {
    uint64_t content = 0;     // checksum
    int64_t entries = 0;      // padding included
    uint64_t generation = 0;  // of a block that this repair has changed: the highest
    bool likely = false;      // one entry, at least, may be genuine
    bool newer = false;       // damaged, with a trailer that is newer than that of the first block
    Keys likely_keys;         // of the entries that may be genuine, if the block is damaged
    Keys keys;                // of the entries, except padding
    Keys as_head;             // of the entries if it can be the first block; else empty
  };

  Result<void> read(uint64_t index) {
    const uint64_t number = region_.begin + index;
    VDE_TRY_ASSIGN(raw, repair_.read(number));
    const bool unwritten = raw.is_unwritten();
    const auto checked = raw.check(table_.type);
    each_likely_record(table_, raw, index == 0, repair_.total_blocks(), [&](Bytes record) {
      const Bytes key = record.first(table_.shape.key_size);
      blocks_[index].likely = true;
      if (!checked) blocks_[index].likely_keys.emplace_back(key.begin(), key.end());
    });
    const auto other = raw.check_payload();
    const bool is_other = index > 0 && other && !all_zero(other->payload());
    Block& block = blocks_[index];
    block.generation = checked ? checked->trailer().generation : UINT64_MAX;
    block.newer = !checked && is_newer_than_head(raw.unchecked_trailer());
    VDE_TRY_ASSIGN(payload, repair_.read_intact(number, table_.type));
    if (!payload) {
      survey_.blocks.push_back(is_other ? PackedHolds::kForeign : PackedHolds::kDamage);
      return {};
    }
    block.content = checksum(*payload);
    const bool empty = PackedCursor(table_.shape, *payload, index == 0).at_end();
    if (index == 0) {
      survey_.zero_head = all_zero(*payload);
      survey_.counted = kPackedTableHeaderLayout.decode(*payload).count;
    }
    survey_.blocks.push_back(!empty ? PackedHolds::kEntries
                             : index > 0 && unwritten && all_zero(*payload)
                                 ? PackedHolds::kUnwritten
                                 : PackedHolds::kNothing);
    PackedCursor cursor(table_.shape, *payload, index == 0);
    while (!cursor.at_end() && cursor.next()) ++block.entries;
    if (table_.is_padding != nullptr && block.entries > 0)
      block.likely |= keys_of(*payload, index == 0).empty();
    block.as_head = keys_of_head(*payload);
    block.keys = index == 0 ? block.as_head : keys_of(*payload, false);
    for (const std::string& key : block.keys) holders_[key].push_back(index);
    return {};
  }

  // Of the entries up to one that cannot be decoded.
  [[nodiscard]] Keys keys_of(Bytes payload, bool first) const {
    Keys keys;
    PackedCursor cursor(table_.shape, payload, first);
    while (!cursor.at_end()) {
      const Result<Bytes> record = cursor.next();
      if (!record) break;
      if (table_.is_padding != nullptr && table_.is_padding(*record)) continue;
      const Bytes key = record->first(table_.shape.key_size);
      keys.emplace_back(key.begin(), key.end());
    }
    return keys;
  }

  [[nodiscard]] Keys keys_of_head(Bytes payload) const {
    const PackedTableHeader header = kPackedTableHeaderLayout.decode(payload);
    if (header.count <= 0 || !all_zero(header.reserved)) return {};
    return keys_of(payload, true);
  }

  // Only a plausible trailer counts: no checksum covers its type and generation.
  [[nodiscard]] bool is_newer_than_head(const Trailer& trailer) const {
    const uint64_t head = blocks_.front().generation;
    return trailer.type == table_.type && head <= UINT32_MAX &&
           is_later_generation(trailer.generation, static_cast<uint32_t>(head)) &&
           !is_newer(repair_.probe(), trailer.generation);
  }

  [[nodiscard]] bool hides_entries(uint64_t index) const {
    if (survey_.blocks[index] != PackedHolds::kDamage) return false;
    const Block& block = blocks_[index];
    return block.newer || std::ranges::any_of(block.likely_keys, [&](const std::string& key) {
             const auto holders = holders_.find(key);
             return holders == holders_.end() ||
                    std::ranges::none_of(holders->second, [&](uint64_t other) {
                      return survey_.blocks[other] == PackedHolds::kEntries;
                    });
           });
  }

  // If the first block is not a header, and another block has its content, it is a copy.
  void find_copy_of_head() {
    const Block& head = blocks_.front();
    if (survey_.blocks.front() != PackedHolds::kEntries || !head.as_head.empty()) return;
    for (uint64_t index = 1; index < blocks_.size(); ++index)
      if (survey_.blocks[index] == PackedHolds::kEntries &&
          blocks_[index].content == head.content && !blocks_[index].keys.empty())
        survey_.blocks.front() = PackedHolds::kDamage;
  }

  [[nodiscard]] bool is_superseded(uint64_t index) const {
    const Block& block = blocks_[index];
    const Block& head = blocks_.front();
    if (holds_all(0, block.as_head) && block.generation <= head.generation) return true;
    if (block.keys.empty()) return false;
    // Whoever holds all keys holds the rarest one.
    const std::vector<uint64_t>* holders = nullptr;
    for (const std::string& key : block.keys) {
      const std::vector<uint64_t>& of_key = holders_.at(key);
      if (holders == nullptr || of_key.size() < holders->size()) holders = &of_key;
    }
    return std::ranges::any_of(*holders, [&](uint64_t other) {
      if (other == index || survey_.blocks[other] != PackedHolds::kEntries) return false;
      const bool is_copy = blocks_[other].content == block.content && other < index;
      return is_copy ||
             (block.generation < blocks_[other].generation && holds_all(other, block.keys));
    });
  }

  // Whether block `index` holds entries with all of `keys`, of which there is one at least.
  [[nodiscard]] bool holds_all(uint64_t index, const Keys& keys) const {
    if (survey_.blocks[index] != PackedHolds::kEntries) return false;
    return !keys.empty() && std::ranges::all_of(keys, [&](const std::string& key) {
      const auto holders = holders_.find(key);
      return holders != holders_.end() && std::ranges::binary_search(holders->second, index);
    });
  }

  StructureRepair& repair_;
  const PackedTable& table_;
  BlockRange region_;
  std::vector<Block> blocks_;
  std::unordered_map<std::string, std::vector<uint64_t>> holders_;  // of each key, ascending
  PackedSurvey survey_;
};

}  // namespace

Result<PackedSurvey> survey_packed(StructureRepair& repair, const PackedTable& table,
                                   BlockRange region) {
  return Surveyor(repair, table, region).run();
}

}  // namespace vde
