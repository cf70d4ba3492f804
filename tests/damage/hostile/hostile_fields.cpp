#include "damage/hostile/hostile_fields.h"

#include <doctest/doctest.h>

#include "format/extended_metadata.h"
#include "format/hash.h"
#include "format/integrity_anchor.h"
#include "format/region/inode.h"
#include "format/region/integrity_tree.h"
#include "format/region/module_entry.h"
#include "format/region/snapshot_entry.h"
#include "format/region/wal_header.h"
#include "format/tag/tag_index.h"
#include "support/effort.h"
#include "support/random_bytes.h"
#include "support/tree_image.h"

namespace vde::test {
namespace {

// The tag leaf below: kind, count, then an entry with key "k" and value "v".
constexpr Field kLeafFields[] = {
    {"kind", 0, 1},         {"entry_count", 1, 2}, {"key_length", 3, 1}, {"key", 4, 1},
    {"value_length", 5, 1}, {"value", 6, 1},       {"inode", 7, 8},      {"block", 15, 8},
};

void fill_tags(ImageBuilder& image) {
  const uint64_t start = image.start("TAGI");
  edit(image, start, 0, kTagIndexHeaderLayout, [&](TagIndexHeader& header) {
    header.entry_count = 1;
    const MutableBytes bits = image.payload(start).subspan(kTagIndexHeaderLayout.size());
    bloom_insert(bits, static_cast<uint32_t>(header.bloom_bits), header.bloom_hashes, "k");
  }).rehash(start);
  TagNode leaf;
  leaf.entries.push_back({"k", "v", 7, 200});
  if (!encode_tag_node(leaf, image.payload(start + 1))) return;
  image.rehash(start + 1);
}

void fill_tables(ImageBuilder& image) {
  const uint64_t snapshots = image.start("SNAP");
  SnapshotEntry snapshot;
  snapshot.id.bytes[0] = 1;
  snapshot.label = "before";
  image.patch(snapshots, 0, "02");
  encode(snapshot, image.payload(snapshots).subspan(16));
  SnapshotEntry child = snapshot;
  child.id.bytes[0] = 2;
  child.parent = snapshot.id;
  encode(child, image.payload(snapshots).subspan(16 + encoded_size(snapshot)));
  image.rehash(snapshots);

  const uint64_t code = image.start("CODE");
  ModuleEntry module;
  module.hash = sha256(image.payload(200));
  module.first_block = 200;
  module.block_count = 1;
  module.size = static_cast<int32_t>(image.payload(200).size());
  module.entry_point = "main";
  image.patch(code, 0, "01");
  encode(module, image.payload(code).subspan(16));
  image.rehash(code);
}

// Adds `step` to a little-endian number of any width.
void add_step(MutableBytes bytes, uint8_t step) {
  unsigned carry = step;
  const uint8_t extension = step == 0xff ? 0xff : 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const unsigned sum = bytes[i] + carry + (i == 0 ? 0u : extension);
    bytes[i] = static_cast<uint8_t>(sum);
    carry = sum >> 8;
  }
}

void change_field(MutableBytes bytes, Variant variant, Random& random) {
  const auto flip = [&](size_t bit) {
    bytes[bit / 8] = static_cast<uint8_t>(bytes[bit / 8] ^ 1u << (bit % 8));
  };
  switch (variant) {
    case Variant::kZero:
      std::fill(bytes.begin(), bytes.end(), uint8_t{0});
      break;
    case Variant::kOnes:
      std::fill(bytes.begin(), bytes.end(), uint8_t{0xff});
      break;
    case Variant::kFirstBit:
      return flip(0);
    case Variant::kMiddleBit:
      return flip(bytes.size() * 4);
    case Variant::kLastBit:
      return flip(bytes.size() * 8 - 1);
    case Variant::kPlusOne:
      return add_step(bytes, 1);
    case Variant::kMinusOne:
      return add_step(bytes, 0xff);
    default:
      fill_randomly(bytes, random);
  }
}

class TargetList {
 public:
  explicit TargetList(uint32_t block_size) : room_(payload_size(block_size)) {}

  // Skips fields that are truncated in small blocks.
  void add(const std::string& structure, const std::vector<uint64_t>& blocks, size_t offset,
           std::span<const Field> fields) {
    for (const Field& field : fields)
      if (offset + field.offset + field.width <= room_)
        targets_.push_back({structure, blocks, offset, field});
  }
  // Except the generation, because an older one is legal.
  void add_trailer(const std::string& structure, uint64_t block) {
    for (const Field& field : kTrailerLayout.fields())
      if (field.name != "generation") targets_.push_back({structure, {block}, room_, field});
  }
  [[nodiscard]] std::vector<Target> take() { return std::move(targets_); }

 private:
  size_t room_;
  std::vector<Target> targets_;
};

}  // namespace

void taint(ImageBuilder& image, const Target& target, Variant variant, bool rehashed,
           uint64_t seed) {
  for (const uint64_t block : target.blocks) {
    Random random(seed);
    change_field(
        image.block(block).subspan(target.offset + target.field.offset, target.field.width),
        variant, random);
    if (!rehashed) break;
    image.rehash(block);
    if (block == kDirectoryStart) image.fit_directory();
  }
}

void fill_regions(ImageBuilder& image) {
  image.data_block(200, 0x11);
  fill_tags(image);
  fill_tables(image);
  make_tree(image);
}

std::vector<Target> all_targets(ImageBuilder& image) {
  TargetList list(image.block_size());
  list.add("superblock", {0, 4}, 0, kSuperblockLayout.fields());
  list.add("seal", {0, 4}, header_seal_offset(image.block_size()), kHeaderSealLayout.fields());
  // The slots in use and the first free one.
  for (size_t slot = 0; slot <= image.slot_of("DATA") + 1; ++slot)
    list.add("slot", {1, 5, 8}, slot * kRegionSlotLayout.size(), kRegionSlotLayout.fields());
  list.add("extended metadata", {2, 6}, 0, kExtendedMetadataLayout.fields());
  list.add("anchor", {3, 7}, 0, kIntegrityAnchorLayout.fields());
  list.add("directory", {9}, 0, kDirectoryHeaderLayout.fields());
  const uint64_t inodes = image.start("INOD");
  list.add("inode layout", {inodes}, 0, kInodeLayoutHeaderLayout.fields());
  list.add("inode field", {inodes}, 8, kInodeModuleFieldLayout.fields());
  list.add("journal", {image.start("MWAL")}, 0, kWalHeaderLayout.fields());
  list.add("tag index", {image.start("TAGI")}, 0, kTagIndexHeaderLayout.fields());
  list.add("tag leaf", {image.start("TAGI") + 1}, 0, kLeafFields);
  list.add("snapshots", {image.start("SNAP")}, 0, kPackedTableHeaderLayout.fields());
  list.add("snapshot", {image.start("SNAP")}, 16, kSnapshotEntryLayout.fields());
  list.add("modules", {image.start("CODE")}, 0, kPackedTableHeaderLayout.fields());
  list.add("module", {image.start("CODE")}, 16, kModuleEntryLayout.fields());
  list.add("integrity tree", {image.start("MTRK")}, 0, kIntegrityTreeHeaderLayout.fields());
  // The fields of trailers. Nothing covers types and generations, so only those of superblock
  // groups and unknown types are reported.
  for (const uint64_t block : {uint64_t{0}, uint64_t{9}, image.start("BMAP"), image.start("TAGI")})
    list.add_trailer("trailer", block);
  return list.take();
}

void spoil_each(ImageBuilder& image, uint64_t seed,
                const std::function<void(const Target& target, bool rehashed)>& look) {
  const std::vector<uint8_t> sound = image.bytes();
  size_t number = 0;
  Share share(test_effort());
  for (const Target& target : all_targets(image))
    for (int variant = 0; variant < static_cast<int>(Variant::kEnd); ++variant)
      for (const bool rehashed : {false, true}) {
        ++number;
        if (!share.takes_next()) continue;
        image.bytes() = sound;
        taint(image, target, Variant{variant}, rehashed, seed + number);
        if (image.bytes() == sound) continue;
        INFO(target.structure, " at ", target.offset, ", ", target.field.name, ", variant ",
             variant, rehashed ? ", rehashed" : "");
        look(target, rehashed);
      }
}

}  // namespace vde::test
