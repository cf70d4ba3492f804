// Blocks 0 to 9 exactly as they were: the two groups and the directory, before anything goes by
// them.
#include <fmt/format.h>

#include <array>

#include "check/exact/exact_run.h"
#include "check/exact/older_copies.h"
#include "check/exact/restore.h"
#include "check/exact/restored_block.h"
#include "probe/recovery_footer.h"

namespace vde {
namespace {

constexpr uint64_t kPointerTable = 1;  // in a group
constexpr uint64_t kDirectoryHeader = kDirectoryStart + 1;

class FixedRestorer {
 public:
  FixedRestorer(FoundationRepair& repair, ExactRun& run)
      : repair_(repair), run_(run), work_(kCombineSeconds) {
    const Probe& probe = repair.probe();
    for (const auto* blocks : {&probe.primary.blocks, &probe.mirror.blocks})
      for (const FixedBlock& block : *blocks) blocks_.push_back(block.bytes);
    for (const FixedBlock& block : probe.directory.blocks) blocks_.push_back(block.bytes);
  }

  Result<void> run() {
    bool restored = false;
    // What is restored may be the copy that another block needs.
    for (int round = 0; round < 2; ++round)
      for (uint64_t number = 0; number < kFirstRegionBlock; ++number) {
        if (!is_damaged(number)) continue;
        if (!copies_) VDE_TRY(open_copies());
        const auto original = restore(number);
        if (!original) continue;
        if (!PlaceCheck(repair_.probe()).fault(number, original->bytes).empty()) continue;
        VDE_TRY(write_restored(repair_, *original));
        blocks_[number] = original->bytes;
        restored = true;
      }
    if (!restored) return {};
    VDE_TRY(repair_.sync());
    return repair_.check_again();
  }

 private:
  [[nodiscard]] UncheckedBlock block(uint64_t number) const { return {number, blocks_[number]}; }
  [[nodiscard]] bool is_damaged(uint64_t number) const {
    return block(number).state() == BlockState::kBadChecksum;
  }

  Result<void> open_copies() {
    // Whatever is wrong with one of the files is said when all blocks are looked for in them.
    VDE_TRY_ASSIGN(copies, OlderCopies::open(repair_, OlderCopies::Notes::kNo));
    copies_.emplace(std::move(copies));
    return {};
  }

  // Blocks that hold the same payload.
  [[nodiscard]] static std::vector<uint64_t> copies_of(uint64_t number) {
    if (number == kDirectoryStart)
      return {kPrimaryGroup + kPointerTable, kMirrorGroup + kPointerTable};
    if (number >= kDirectoryStart) return {};
    std::vector<uint64_t> copies = {number < kMirrorGroup ? number + kMirrorGroup
                                                          : number - kMirrorGroup};
    if (number % kGroupBlocks == kPointerTable) copies.push_back(kDirectoryStart);
    return copies;
  }

  [[nodiscard]] std::optional<RestoredBlock> restore(uint64_t number) {
    const uint64_t wanted = block(number).unchecked_trailer().checksum;
    for (const uint64_t copy : copies_of(number))
      if (checksum(block(copy).unchecked_payload()) == wanted)
        return RestoredBlock{number,
                             with_payload(blocks_[number], block(copy).unchecked_payload()),
                             {},
                             fmt::format("block {}, whose payload has the same checksum", copy)};
    if (number == kDirectoryStart)
      if (auto made = restore_listed_table()) return made;
    if (number == kDirectoryHeader)
      if (auto made = restore_directory_header()) return made;
    if (const auto found = copies_->find_fixed(wanted))
      return RestoredBlock{number,
                           with_payload(blocks_[number], found->bytes),
                           {},
                           found->name + ", which has the same checksum"};
    if (auto found = restore_from_footer(number, wanted)) return found;
    if (auto found = restore_from_sectors(number)) return found;
    return restore_by_trying(run_, number, blocks_[number]);
  }

  [[nodiscard]] std::optional<RestoredBlock> restore_from_footer(uint64_t number,
                                                                 uint64_t wanted) const {
    if (number != kPrimaryGroup && number != kMirrorGroup) return std::nullopt;
    const auto footer = read_recovery_footer(repair_.io());
    if (!footer) return std::nullopt;
    const Bytes payload = Bytes(*footer).first(footer->size() - kTrailerSize);
    if (checksum(payload) != wanted) return std::nullopt;
    return RestoredBlock{number,
                         with_payload(blocks_[number], payload),
                         {},
                         "the recovery footer in the last block, which has the same checksum"};
  }

  [[nodiscard]] std::optional<RestoredBlock> restore_from_sectors(uint64_t number) {
    std::vector<BlockCopy> copies;
    for (const uint64_t copy : copies_of(number))
      copies.push_back({blocks_[copy], name_of_copy(copy)});
    for (const BlockCopy& copy : copies_->copies_of(number)) copies.push_back(copy);
    return restore_by_sectors(number, blocks_[number], copies, work_);
  }

  [[nodiscard]] static std::string name_of_copy(uint64_t number) {
    if (number >= kDirectoryStart) return "the region directory's copy";
    return number < kMirrorGroup ? "the primary group's copy" : "the mirror group's copy";
  }

  // Block 9 repeats the checksum of block 8, whose own may be lost.
  [[nodiscard]] std::optional<RestoredBlock> restore_listed_table() const {
    const UncheckedBlock header = block(kDirectoryHeader);
    if (!header.check(block_types::kRegionMap)) return std::nullopt;
    const uint64_t listed =
        kDirectoryHeaderLayout.decode(header.unchecked_payload()).slots_checksum;
    std::vector<uint64_t> holders = copies_of(kDirectoryStart);
    holders.push_back(kDirectoryStart);
    for (const uint64_t holder : holders) {
      if (checksum(block(holder).unchecked_payload()) != listed) continue;
      BlockBuffer bytes = with_payload(blocks_[kDirectoryStart], block(holder).unchecked_payload());
      write_trailer(bytes, block_types::kRegionMap, header.unchecked_trailer().generation);
      return RestoredBlock{
          kDirectoryStart,
          std::move(bytes),
          {},
          fmt::format("the payload of block {}, which matches the checksum in block 9", holder)};
    }
    return std::nullopt;
  }

  // Block 9 follows from block 8: counts and checksum.
  [[nodiscard]] std::optional<RestoredBlock> restore_directory_header() const {
    const Bytes table = block(kDirectoryStart).unchecked_payload();
    if (is_damaged(kDirectoryStart)) return std::nullopt;
    DirectoryHeader header;
    const auto slots = decode_slots(table);
    for (const RegionSlot& slot : slots)
      if (!slot.is_free()) ++header.active_count;
    header.slots_checksum = checksum(table);
    for (const uint32_t count : {static_cast<uint32_t>(slots.size()), kMaxSlots}) {
      header.slot_count = static_cast<uint16_t>(count);
      BlockBuffer payload(table.size());
      kDirectoryHeaderLayout.encode(header, payload);
      if (checksum(payload) != block(kDirectoryHeader).unchecked_trailer().checksum) continue;
      return RestoredBlock{kDirectoryHeader,
                           with_payload(blocks_[kDirectoryHeader], payload),
                           {},
                           "block 8; the header made from it has the same checksum"};
    }
    return std::nullopt;
  }

  FoundationRepair& repair_;
  ExactRun& run_;
  Work work_;
  std::vector<BlockBuffer> blocks_;
  std::optional<OlderCopies> copies_;
};

}  // namespace

Result<void> restore_fixed_blocks(FoundationRepair& repair) {
  if (repair.exact() == nullptr) return {};
  return FixedRestorer(repair, *repair.exact()).run();
}

}  // namespace vde
