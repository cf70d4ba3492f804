#include "copy/scrub/region_scrubber.h"

#include <algorithm>

#include "copy/scrub/may_stay.h"
#include "format/journal_record.h"
#include "format/region/bitmap.h"
#include "format/region/encryption_header.h"
#include "format/region/inode.h"
#include "format/region/integrity_tree.h"
#include "format/region/tables.h"
#include "format/region/wal_header.h"

namespace vde {
namespace {

// Keeps what may stay of the structure at `offset`, if it fits.
template <class L>
void keep_at(const L& layout, size_t offset, Bytes payload, MutableBytes to) {
  if (offset + layout.size() > payload.size()) return;
  keep_fields(layout, payload.subspan(offset, layout.size()), to.subspan(offset, layout.size()));
}

class BitmapScrubber : public RegionScrubber {
 public:
  explicit BitmapScrubber(uint64_t total_blocks) : total_(total_blocks) {}

  Result<void> scrub(uint64_t index, const CheckedBlock& block, MutableBytes to) override {
    const uint64_t bits = uint64_t{to.size()} * 8;
    const uint64_t begin = index > total_ / bits ? total_ : index * bits;
    const uint64_t count = std::min(bits, total_ - begin);
    std::copy_n(block.payload().begin(), (count + 7) / 8, to.begin());
    if (count < bits) clear_bits(to, count, bits);
    return {};
  }

 private:
  uint64_t total_;
};

// The layout, and the checkpoint of a migration. The format does not specify where inodes are.
class InodeScrubber : public RegionScrubber {
 public:
  static constexpr size_t kFeatureBits = 32;

  Result<void> scrub(uint64_t index, const CheckedBlock& block, MutableBytes to) override {
    const Bytes payload = block.payload();
    if (block.trailer().type == block_types::kMigration) {
      scrub_migration(payload, to);
    } else if (const auto layout = decode_inode_layout(payload); index == 0 && layout) {
      keep_at(kInodeLayoutHeaderLayout, 0, payload, to);
      // A layout has at most one field per bit of the manifest.
      if (layout->fields.size() > kFeatureBits) return {};
      for (size_t i = 0; i < layout->fields.size(); ++i)
        if (layout->fields[i].module < kFeatureBits)
          keep_at(kInodeModuleFieldLayout,
                  kInodeLayoutHeaderLayout.size() + i * kInodeModuleFieldLayout.size(), payload,
                  to);
    }
    return {};
  }

 private:
  // The checkpoint ends with a checksum. A wrong one stays wrong.
  static void scrub_migration(Bytes payload, MutableBytes to) {
    const auto& fields = tables::kMigration.header;
    const size_t at = fixed_size(fields) - sizeof(uint64_t);
    keep_fields(tables::kMigration.name, fields, payload, to);
    const bool was_right = load_le<uint64_t>(payload, at) == checksum(payload.first(at));
    const uint64_t right = checksum(Bytes(to).first(at));
    store_le(to, at, was_right ? right : ~right);
  }
};

// The header of a journal; the copier does not pass other blocks.
class JournalScrubber : public RegionScrubber {
 public:
  explicit JournalScrubber(const Guid& uuid) : uuid_(uuid) {}

  Result<void> scrub(uint64_t index, const CheckedBlock& block, MutableBytes to) override {
    if (index != 0) return {};
    const Bytes payload = block.payload();
    keep_at(kWalHeaderLayout, 0, payload, to);
    const auto mark = decode_journal_mark(payload.subspan(kJournalMarkOffset));
    if (mark && mark->uuid == uuid_) keep_at(kJournalMarkLayout, kJournalMarkOffset, payload, to);
    return {};
  }

 private:
  Guid uuid_;  // of the volume
};

class KeysScrubber : public RegionScrubber {
 public:
  Result<void> scrub(uint64_t index, const CheckedBlock& block, MutableBytes to) override {
    const Bytes payload = block.payload();
    const auto room = encryption_capacity(static_cast<uint32_t>(payload.size()) + kTrailerSize);
    if (index == 0) {
      keep_at(kEncryptionHeaderLayout, 0, payload, to);
      rotations_ = kEncryptionHeaderLayout.decode(payload).rotation_events;
      keep_slots(kEncryptionHeaderLayout.size(), room.first_slots, payload, to);
    } else if (index == 1) {
      keep_slots(0, room.second_slots, payload, to);
      size_t at = size_t{room.second_slots} * kKeySlotLayout.size();
      for (uint32_t i = 0; i < std::min(room.rotations, rotations_); ++i) {
        keep_at(kKeyRotationLayout, at, payload, to);
        at += kKeyRotationLayout.size();
      }
    }
    return {};
  }

 private:
  // Nothing of a slot that is empty stays.
  static void keep_slots(size_t at, uint32_t count, Bytes payload, MutableBytes to) {
    for (uint32_t i = 0; i < count; ++i, at += kKeySlotLayout.size())
      if (kKeySlotLayout.decode(payload.subspan(at)).status != kKeySlotEmpty)
        keep_at(kKeySlotLayout, at, payload, to);
  }

  uint32_t rotations_ = 0;  // that the header counts
};

// Hashes of content allow to confirm guesses. A tree of zeros is consistent.
class TreeScrubber : public RegionScrubber {
 public:
  Result<void> scrub(uint64_t index, const CheckedBlock& block, MutableBytes to) override {
    if (index == 0) keep_at(kIntegrityTreeHeaderLayout, 0, block.payload(), to);
    return {};
  }
};

uint64_t volume_blocks(const Probe& probe) {
  const int64_t total = probe.superblock.total_blocks;
  if (!probe.superblock_verified() || total < 0) return probe.blocks_in_file();
  return std::min(static_cast<uint64_t>(total), kMaxBlocks);
}

}  // namespace

std::unique_ptr<RegionScrubber> make_region_scrubber(const BlockIo& io, const PlacedRegion& region,
                                                     const Probe& probe, const Activity& activity) {
  if (!probe.slots[region.slot].is_plain()) return nullptr;
  const BlockType content = region.content;
  if (content == block_types::kBitmap)
    return std::make_unique<BitmapScrubber>(volume_blocks(probe));
  if (content == block_types::kInodes) return std::make_unique<InodeScrubber>();
  if (is_journal(content)) return std::make_unique<JournalScrubber>(probe.superblock.uuid);
  if (content == block_types::kEncryption) return std::make_unique<KeysScrubber>();
  if (content == block_types::kIntegrityTree) return std::make_unique<TreeScrubber>();
  if (content == block_types::kTagIndex) return make_tag_scrubber(io, region, activity);
  if (content == block_types::kSnapshots || content == block_types::kCode)
    return make_packed_scrubber(region);
  return make_table_scrubber(io, region);
}

}  // namespace vde
