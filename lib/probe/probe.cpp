#include "probe/probe.h"

#include <fmt/format.h>

#include <algorithm>

#include "io/known_content.h"
#include "probe/group_copy.h"
#include "probe/probe_at.h"

namespace vde {
namespace {

// The blocks at fixed places, usually in one read: a probe reads nothing else.
class Head {
 public:
  Head(BlockFile& file, uint64_t file_size) : file_(file), file_size_(file_size) {
    fetch(kFirstRegionBlock * kDefaultBlockSize);
  }

  // The first `kMinBlockSize` bytes, or zeros for those that could not be read.
  [[nodiscard]] Bytes sector() const { return Bytes(bytes_).first(kMinBlockSize); }
  // The error if even those could not be read.
  [[nodiscard]] const Result<void>& sector_read() const { return sector_read_; }

  [[nodiscard]] FixedBlock block(const BlockIo& io, uint64_t number) {
    FixedBlock block;
    block.number = number;
    block.bytes = io.make_buffer();
    const Result<UncheckedBlock> found = read(io, number, block.bytes);
    if (!found) {
      block.read_error = found.error().message;
      return block;
    }
    block.readable = true;
    block.state = found->state();
    block.trailer = found->unchecked_trailer();
    return block;
  }

 private:
  // If the whole range cannot be read, reads its blocks one by one.
  void fetch(uint64_t bytes) {
    bytes = std::min(bytes, file_size_);
    if (bytes <= fetched_ || failed_) return;
    bytes_.resize(std::max<uint64_t>(bytes, kMinBlockSize));
    failed_ = !file_.read(fetched_, MutableBytes(bytes_).subspan(fetched_, bytes - fetched_));
    if (!failed_) {
      fetched_ = bytes;
    } else if (fetched_ == 0) {
      std::fill(bytes_.begin(), bytes_.end(), uint8_t{0});
      sector_read_ = file_.read(0, MutableBytes(bytes_).first(kMinBlockSize));
    }
  }

  [[nodiscard]] Result<UncheckedBlock> read(const BlockIo& io, uint64_t number,
                                            MutableBytes buffer) {
    const ByteRange place = io.bytes_of({number, number + 1});
    if (place.end > fetched_) fetch(kFirstRegionBlock * io.block_size());
    if (place.end > fetched_) return io.read(number, buffer);
    std::copy_n(bytes_.begin() + static_cast<ptrdiff_t>(place.begin), buffer.size(),
                buffer.begin());
    return UncheckedBlock(number, buffer);
  }

  BlockFile& file_;
  uint64_t file_size_;
  BlockBuffer bytes_;
  uint64_t fetched_ = 0;  // number of bytes of `bytes_` that were read
  bool failed_ = false;
  Result<void> sector_read_;
};

GroupProbe probe_group(Head& head, const BlockIo& io, uint64_t start) {
  GroupProbe group;
  bool whole = true;
  for (uint64_t i = 0; i < kGroupBlocks; ++i) {
    group.blocks[i] = head.block(io, start + i);
    whole = whole && group.blocks[i].is(group_block_type(i));
  }
  if (!group.blocks[0].is(group_block_type(0))) return group;
  const Superblock superblock = kSuperblockLayout.decode(group.blocks[0].payload());
  // Ignore a superblock for another block size, and valid blocks without the signature.
  if (superblock.signature != Superblock{}.signature ||
      superblock.block_size != static_cast<int64_t>(io.block_size()))
    return group;
  group.superblock = superblock;
  group.whole = whole && std::all_of(group.blocks.begin(), group.blocks.end(), [&](const auto& b) {
                  return b.trailer.generation == group.blocks[0].trailer.generation;
                });
  return group;
}

DirectoryProbe probe_directory(Head& head, const BlockIo& io) {
  DirectoryProbe directory;
  for (uint64_t i = 0; i < kDirectoryBlocks; ++i)
    directory.blocks[i] = head.block(io, kDirectoryStart + i);
  if (!directory.blocks[1].is(block_types::kRegionMap)) return directory;
  directory.header = kDirectoryHeaderLayout.decode(directory.blocks[1].payload());
  directory.whole = directory.blocks[0].is(block_types::kRegionMap) &&
                    checksum(directory.blocks[0].payload()) == directory.header->slots_checksum;
  return directory;
}

// A damaged sequence looks like a group that was changed only in part. A better group or the
// directory distinguishes them.
void doubt_odd_generation(GroupProbe& group, const GroupProbe& other,
                          const DirectoryProbe& directory) {
  if (!group.whole || has_own_generation(group)) return;
  const bool has_better = other.whole && has_own_generation(other);
  group.whole =
      !has_better && (!directory.whole || decode_slots(group.blocks[1].payload()) ==
                                              decode_slots(directory.blocks[0].payload()));
}

void take_superblock(Probe& probe, const GroupProbe& group) {
  probe.superblock_block = group.blocks[0].number;
  probe.superblock = *group.superblock;
  const Bytes payload = group.blocks[0].payload();
  probe.seal = kHeaderSealLayout.decode(payload.subspan(header_seal_offset(probe.block_size)));
  if (group.whole) probe.anchor = kIntegrityAnchorLayout.decode(group.blocks[3].payload());
}

// Takes the superblock from the best group; if both are intact, from the newer one.
void choose_superblock(Probe& probe) {
  const GroupProbe* best = nullptr;
  for (const GroupProbe* group : {&probe.primary, &probe.mirror}) {
    if (!group->superblock) continue;
    const bool better = best == nullptr || (group->whole && !best->whole) ||
                        (group->whole == best->whole && group->superblock->checkpoint_sequence >
                                                            best->superblock->checkpoint_sequence);
    if (better) best = group;
  }
  if (best == nullptr) return;
  probe.superblock_source = best->whole ? SuperblockSource::kGroup : SuperblockSource::kBlock;
  take_superblock(probe, *best);
}

// The SDK writes superblocks without trailers. That is a later state than the copy.
bool is_without_trailer(const GroupProbe& group) {
  return group.blocks[0].state == BlockState::kNoTrailer &&
         kSuperblockLayout.decode(group.blocks[0].payload()).signature == Superblock{}.signature;
}

// A crash may destroy both groups at once if they share a sector.
void choose_copy(Probe& probe, const BlockIo& io) {
  if (probe.superblock_source == SuperblockSource::kGroup || !probe.directory.whole) return;
  if (is_without_trailer(probe.primary) || is_without_trailer(probe.mirror)) return;
  const auto slots = decode_slots(probe.directory.blocks[0].payload());
  auto copy = find_group_copy(io, slots, probe.blocks_in_file());
  if (!copy) return;
  probe.copy = std::move(*copy);
  probe.superblock_source = SuperblockSource::kCopy;
  take_superblock(probe, probe.copy);
}

// Trust a pointer table only if its group is intact; the directory is independent of the groups.
void choose_slots(Probe& probe) {
  if (probe.has_group()) {
    probe.slots = decode_slots(probe.group().blocks[1].payload());
    probe.slot_source = SlotSource::kPointerTable;
    return;
  }
  if (probe.directory.whole) {
    probe.slots = decode_slots(probe.directory.blocks[0].payload());
    probe.slot_source = SlotSource::kDirectory;
    return;
  }
  for (const GroupProbe* other : {&probe.primary, &probe.mirror}) {
    if (!other->blocks[1].is(group_block_type(1))) continue;
    probe.slots = decode_slots(other->blocks[1].payload());
    probe.slot_source = SlotSource::kPointerTable;
    return;
  }
}

// Uses the fields of a block 0 or 4 with an invalid trailer if it starts like a superblock.
void fall_back_to_unverified(Probe& probe) {
  for (const GroupProbe* group : {&probe.primary, &probe.mirror}) {
    if (!group->blocks[0].readable) continue;
    const Superblock superblock = kSuperblockLayout.decode(group->blocks[0].payload());
    if (superblock.signature != Superblock{}.signature ||
        superblock.block_size != static_cast<int64_t>(probe.block_size))
      continue;
    probe.superblock = superblock;
    probe.superblock_source = SuperblockSource::kUnverified;
    probe.superblock_block = group->blocks[0].number;
    const Bytes payload = group->blocks[0].payload();
    probe.seal = kHeaderSealLayout.decode(payload.subspan(header_seal_offset(probe.block_size)));
    if (probe.slot_source == SlotSource::kNone && group->blocks[1].readable) {
      probe.slots = decode_slots(group->blocks[1].payload());
      probe.slot_source = SlotSource::kUnverified;
    }
    return;
  }
}

Probe probe_at(Head& head, const BlockIo& io, uint64_t file_size,
               GroupCopy copy = GroupCopy::kUsed) {
  Probe probe;
  probe.file_size = file_size;
  probe.block_size = io.block_size();
  probe.primary = probe_group(head, io, kPrimaryGroup);
  probe.mirror = probe_group(head, io, kMirrorGroup);
  probe.directory = probe_directory(head, io);
  doubt_odd_generation(probe.primary, probe.mirror, probe.directory);
  doubt_odd_generation(probe.mirror, probe.primary, probe.directory);
  choose_superblock(probe);
  if (copy == GroupCopy::kUsed) choose_copy(probe, io);
  choose_slots(probe);
  if (probe.superblock_source == SuperblockSource::kNone) fall_back_to_unverified(probe);
  return probe;
}

// The block sizes to try: the one in block 0 first, then all others.
std::vector<uint32_t> candidate_sizes(Bytes head) {
  std::vector<uint32_t> sizes;
  const int32_t said = kSuperblockLayout.decode(head).block_size;
  if (is_block_size(said)) sizes.push_back(static_cast<uint32_t>(said));
  for (uint32_t size = kMinBlockSize; size <= kMaxBlockSize; size *= 2)
    if (sizes.empty() || sizes.front() != size) sizes.push_back(size);
  return sizes;
}

// Whether one of the first blocks after the fixed ones is valid, and of a region that every image
// has: the bitmap comes first, and the journal soon.
bool has_region_block(BlockFile& file, uint32_t block_size) {
  constexpr uint64_t kLooked = 16;
  const BlockIo io(file, block_size);
  BlockBuffer buffer = io.make_buffer();
  for (uint64_t number = kFirstRegionBlock; number < kFirstRegionBlock + kLooked; ++number) {
    const auto block = io.read(number, buffer);
    if (!block) return false;
    for (const BlockType type :
         {block_types::kBitmap, block_types::kInodes, block_types::kMetadataWal})
      if (block->check(type)) return true;
  }
  return false;
}

Result<void> refuse_preamble(BlockFile& file, Bytes head) {
  const auto preamble = find_preamble(file, head);
  if (!preamble) return {};
  if (!preamble->volume)
    return fail(
        ErrorCode::kNotAnImage,
        "has a preamble (boot code before the volume) with a damaged header, so the start of "
        "the volume is unknown",
        "search for the bytes 44 57 56 44 02 00 at multiples of 4096");
  return fail(
      ErrorCode::kNotAnImage,
      fmt::format("has a preamble (boot code): the volume starts at byte {}", *preamble->volume),
      fmt::format("copy the volume to a separate file: 'tail -c +{} FILE > VOLUME'",
                  *preamble->volume + 1));
}

// Whether the file begins as one of version 1: its block size is where later ones have "dw://".
bool is_version_1(Bytes head) {
  constexpr size_t kVersionOffset = 4;
  constexpr size_t kBlockSizeOffset = 8;
  return head[kVersionOffset] == 1 && is_block_size(load_le<uint32_t>(head, kBlockSizeOffset));
}

// The error if neither a superblock nor the directory is valid.
Error not_an_image(BlockFile& file, Bytes head) {
  Error error{
      ErrorCode::kNotAnImage, "not a DWVD image (no valid superblock or region directory)", {}, {}};
  if (kSuperblockLayout.decode(head).signature == Superblock{}.signature) {
    error.message = "has the DWVD signature, but no valid superblock or region directory";
    error.hint = "run 'vdetool rescue IMAGE --output NEW'";
    if (is_version_1(head)) {
      error.message = "is a DWVD file of version 1, which is not supported";
      error.hint =
          "keep it: the SDK's migration to version 2 loses bitmap, inode table and journal";
    }
  } else if (const auto known = known_content(file); known && *known) {
    error.message = fmt::format("not a DWVD image: holds {}", **known);
    if (**known == "gzip data") error.hint = "decompress it first";
  }
  return error;
}

}  // namespace

bool has_own_generation(const GroupProbe& group) {
  return group.superblock && group.blocks[0].trailer.generation ==
                                 static_cast<uint32_t>(group.superblock->checkpoint_sequence);
}

uint64_t Probe::usable_blocks() const {
  if (!superblock_verified() || superblock.total_blocks < 0) return blocks_in_file();
  return std::min(blocks_in_file(), static_cast<uint64_t>(superblock.total_blocks));
}

Result<Probe> probe_image(BlockFile& file, GroupCopy copy) {
  VDE_TRY_ASSIGN(size, file.size());
  Probe nothing;
  nothing.file_size = size;
  if (size < kMinBlockSize) {
    nothing.problem =
        Error{ErrorCode::kNotAnImage,
              size == 0 ? "not a DWVD image (file is empty)" : "not a DWVD image (file too short)",
              {},
              {}};
    return nothing;
  }
  // Continue if the first sector cannot be read: the mirror and the directory may be intact.
  Head head(file, size);
  if (Result<void> preamble = refuse_preamble(file, head.sector()); !preamble) {
    nothing.problem = std::move(preamble.error());
    return nothing;
  }
  std::optional<Probe> unverified;
  for (const uint32_t block_size : candidate_sizes(head.sector())) {
    Probe probe = probe_at(head, BlockIo(file, block_size), size, copy);
    if (probe.verified()) {
      if (probe.superblock_source == SuperblockSource::kNone) return probe;
      if (Result<void> known = check_identity(probe.superblock); !known)
        probe.problem = std::move(known.error());
      return probe;
    }
    if (!unverified && probe.superblock_source == SuperblockSource::kUnverified)
      unverified = std::move(probe);
  }
  for (const uint32_t block_size : candidate_sizes(head.sector())) {
    if (!has_region_block(file, block_size)) continue;
    Probe probe = probe_at(head, BlockIo(file, block_size), size, copy);
    probe.has_region_block = true;
    return probe;
  }
  Probe& probe = unverified ? *unverified : nothing;
  probe.problem =
      head.sector_read() ? not_an_image(file, head.sector()) : head.sector_read().error();
  return std::move(probe);
}

Result<Probe> probe_with_size(BlockFile& file, uint32_t block_size) {
  VDE_TRY_ASSIGN(size, file.size());
  Head head(file, size);
  return probe_at(head, BlockIo(file, block_size), size);
}

Result<void> check_can_show(const Probe& probe) {
  if (!probe.problem || probe.superblock_source == SuperblockSource::kUnverified) return {};
  return tl::make_unexpected(*probe.problem);
}

Result<void> check_can_judge(const Probe& probe) {
  if (!probe.problem) return {};
  return tl::make_unexpected(*probe.problem);
}

Result<void> refuse_preamble(BlockFile& file) {
  VDE_TRY_ASSIGN(size, file.size());
  BlockBuffer head(std::min<uint64_t>(size, kMinBlockSize));
  VDE_TRY(file.read(0, head));
  return refuse_preamble(file, head);
}

Result<void> check_features(const Probe& probe) {
  if (!probe.superblock_verified()) return {};
  const uint32_t unknown = unknown_incompatible_features(probe.superblock.incompatible_features);
  if (unknown == 0) return {};
  std::string bits;
  for (uint32_t bit = 0; bit < 32; ++bit)
    if ((unknown >> bit & 1) != 0) bits += fmt::format("{}{}", bits.empty() ? "" : ", ", bit);
  return fail_at(probe.superblock_block, ErrorCode::kUnsupported,
                 fmt::format("uses unsupported features (bit {})", bits), "try a newer vdetool");
}

Result<void> check_can_write(const Probe& probe, bool unseal) {
  if (probe.superblock_verified() && probe.superblock.min_writer_version > 2)
    return fail(
        ErrorCode::kUnsupported,
        fmt::format("needs a writer of version {} or later", probe.superblock.min_writer_version),
        "vdetool writes version 2");
  if (probe.seal.is_set() && !unseal)
    return fail(ErrorCode::kUnsupported, "the image is sealed",
                "use --key-file to renew the seal, or --unseal to remove it");
  constexpr uint32_t kHandsOff =
      kRegionEncrypted | kRegionWorm | kRegionReadOnly | kRegionMigrating;
  for (const RegionSlot& slot : probe.slots)
    if (!slot.is_free() && (slot.flags & kHandsOff) != 0)
      return fail(
          ErrorCode::kUnsupported,
          fmt::format("region {} is encrypted, WORM, read-only or migrating", to_string(slot.type)),
          "use the program that created the image");
  return {};
}

Result<Probe> probe_to_show(BlockFile& file) {
  VDE_TRY_ASSIGN(probe, probe_image(file));
  VDE_TRY(check_can_show(probe));
  return std::move(probe);
}

Result<Probe> probe_to_judge(BlockFile& file, GroupCopy copy) {
  VDE_TRY_ASSIGN(probe, probe_image(file, copy));
  VDE_TRY(file.check_reachable());
  VDE_TRY(check_can_judge(probe));
  return std::move(probe);
}

Result<Probe> probe_to_use(BlockFile& file) {
  VDE_TRY_ASSIGN(probe, probe_to_judge(file));
  VDE_TRY(check_features(probe));
  return std::move(probe);
}

}  // namespace vde
