#include "journal/survey.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "io/known_content.h"

namespace vde {
namespace {

FixedBlock look_at(const BlockIo& io, uint64_t number) {
  FixedBlock block;
  block.number = number;
  block.bytes = io.make_buffer();
  const Result<UncheckedBlock> found = io.read(number, block.bytes);
  if (!found) {
    block.read_error = found.error().message;
    return block;
  }
  block.readable = true;
  block.state = found->state();
  block.trailer = found->unchecked_trailer();
  return block;
}

GroupSurvey look_at_group(const BlockIo& io, uint64_t start) {
  GroupSurvey group;
  bool whole = true;
  for (uint64_t i = 0; i < kGroupBlocks; ++i) {
    group.blocks[i] = look_at(io, start + i);
    whole = whole && group.blocks[i].is(group_tag(i));
  }
  if (!group.blocks[0].is(group_tag(0))) return group;
  const Superblock superblock = kSuperblockLayout.decode(group.blocks[0].payload());
  // A superblock that names another block size says nothing about this one; sealed bytes without
  // the signature are none.
  if (superblock.signature != Superblock{}.signature ||
      superblock.block_size != static_cast<int64_t>(io.block_size()))
    return group;
  group.superblock = superblock;
  const auto generation = static_cast<uint32_t>(superblock.checkpoint_sequence);
  group.whole = whole && std::all_of(group.blocks.begin(), group.blocks.end(), [&](const auto& b) {
                  return b.trailer.generation == generation;
                });
  return group;
}

DirectorySurvey look_at_directory(const BlockIo& io) {
  DirectorySurvey directory;
  for (uint64_t i = 0; i < kDirectoryBlocks; ++i)
    directory.blocks[i] = look_at(io, kDirectoryStart + i);
  if (!directory.blocks[1].is(tags::kRegionMap)) return directory;
  directory.header = kDirectoryHeaderLayout.decode(directory.blocks[1].payload());
  directory.whole = directory.blocks[0].is(tags::kRegionMap) &&
                    checksum(directory.blocks[0].payload()) == directory.header->slots_checksum;
  return directory;
}

// Takes the superblock from the best group; of two whole ones from the newer.
void choose_superblock(Survey& survey) {
  const GroupSurvey* best = nullptr;
  for (const GroupSurvey* group : {&survey.primary, &survey.mirror}) {
    if (!group->superblock) continue;
    const bool better = best == nullptr || (group->whole && !best->whole) ||
                        (group->whole == best->whole && group->superblock->checkpoint_sequence >
                                                            best->superblock->checkpoint_sequence);
    if (better) best = group;
  }
  if (best == nullptr) return;
  survey.superblock_source = best->whole ? SuperblockSource::kGroup : SuperblockSource::kBlock;
  survey.superblock_block = best->blocks[0].number;
  survey.superblock = *best->superblock;
  const Bytes payload = best->blocks[0].payload();
  survey.seal = kHeaderSealLayout.decode(payload.subspan(header_seal_offset(survey.block_size)));
  if (best->whole) survey.anchor = kIntegrityAnchorLayout.decode(best->blocks[3].payload());
}

// A pointer table is as good as its group; the directory stands on its own.
void choose_slots(Survey& survey) {
  const GroupSurvey& group =
      survey.superblock_block == kMirrorGroup ? survey.mirror : survey.primary;
  if (survey.superblock_source == SuperblockSource::kGroup) {
    survey.slots = decode_slots(group.blocks[1].payload());
    survey.slot_source = SlotSource::kPointerTable;
    return;
  }
  if (survey.directory.whole) {
    survey.slots = decode_slots(survey.directory.blocks[0].payload());
    survey.slot_source = SlotSource::kDirectory;
    return;
  }
  for (const GroupSurvey* other : {&survey.primary, &survey.mirror}) {
    if (!other->blocks[1].is(group_tag(1))) continue;
    survey.slots = decode_slots(other->blocks[1].payload());
    survey.slot_source = SlotSource::kPointerTable;
    return;
  }
}

// The fields of a block 0 or 4 that fails its trailer but starts as a superblock does.
void fall_back_to_unverified(Survey& survey) {
  for (const GroupSurvey* group : {&survey.primary, &survey.mirror}) {
    if (!group->blocks[0].readable) continue;
    const Superblock superblock = kSuperblockLayout.decode(group->blocks[0].payload());
    if (superblock.signature != Superblock{}.signature ||
        superblock.block_size != static_cast<int64_t>(survey.block_size))
      continue;
    survey.superblock = superblock;
    survey.superblock_source = SuperblockSource::kUnverified;
    survey.superblock_block = group->blocks[0].number;
    const Bytes payload = group->blocks[0].payload();
    survey.seal = kHeaderSealLayout.decode(payload.subspan(header_seal_offset(survey.block_size)));
    if (survey.slot_source == SlotSource::kNone && group->blocks[1].readable) {
      survey.slots = decode_slots(group->blocks[1].payload());
      survey.slot_source = SlotSource::kUnverified;
    }
    return;
  }
}

Survey survey_at(const BlockIo& io, uint64_t file_size) {
  Survey survey;
  survey.file_size = file_size;
  survey.block_size = io.block_size();
  survey.primary = look_at_group(io, kPrimaryGroup);
  survey.mirror = look_at_group(io, kMirrorGroup);
  survey.directory = look_at_directory(io);
  choose_superblock(survey);
  choose_slots(survey);
  if (survey.superblock_source == SuperblockSource::kNone) fall_back_to_unverified(survey);
  return survey;
}

// The block sizes to try: what block 0 says first, then all of them.
std::vector<uint32_t> candidate_sizes(Bytes head) {
  std::vector<uint32_t> sizes;
  const int32_t said = kSuperblockLayout.decode(head).block_size;
  if (is_block_size(said)) sizes.push_back(static_cast<uint32_t>(said));
  for (uint32_t size = kMinBlockSize; size <= kMaxBlockSize; size *= 2)
    if (sizes.empty() || sizes.front() != size) sizes.push_back(size);
  return sizes;
}

Result<void> refuse_preamble(BlockFile& file, Bytes head) {
  const auto preamble = find_preamble(file, head);
  if (!preamble) return {};
  if (!preamble->volume)
    return fail(ErrorCode::kUnsupported,
                "has a preamble (boot code before the volume) whose header is damaged, so it is "
                "unknown where the volume starts",
                "look for the bytes 44 57 56 44 02 00 at multiples of 4096");
  return fail(
      ErrorCode::kUnsupported,
      fmt::format("has a preamble (boot code): the volume starts at byte {}", *preamble->volume),
      fmt::format("copy the volume to a file of its own: 'tail -c +{} FILE > VOLUME'",
                  *preamble->volume + 1));
}

// Neither a superblock nor the directory verifies.
tl::unexpected<Error> not_an_image(BlockFile& file, Bytes head) {
  if (kSuperblockLayout.decode(head).signature == Superblock{}.signature)
    return fail(ErrorCode::kUnsupported,
                "has the DWVD signature, but no superblock or directory in it verifies",
                "look at it with 'vdetool dump'");
  const auto known = known_content(file);
  if (known && *known)
    return fail(ErrorCode::kUnsupported, fmt::format("not a DWVD image: it holds {}", **known));
  return fail(ErrorCode::kUnsupported,
              "not a DWVD image: no superblock or directory in it verifies");
}

}  // namespace

uint64_t Survey::usable_blocks() const {
  if (!superblock_verified() || superblock.total_blocks < 0) return blocks_in_file();
  return std::min(blocks_in_file(), static_cast<uint64_t>(superblock.total_blocks));
}

Result<Survey> survey_image(BlockFile& file, bool tolerate_unverified) {
  VDE_TRY_ASSIGN(size, file.size());
  if (size < kMinBlockSize)
    return fail(ErrorCode::kUnsupported,
                size == 0 ? "is empty" : "not a DWVD image: it is too short");
  // An unreadable first sector is no reason to give up: the mirror and the directory may be whole.
  BlockBuffer head(kMinBlockSize);
  Result<void> head_read = file.read(0, head);
  VDE_TRY(refuse_preamble(file, head));
  std::optional<Survey> unverified;
  for (const uint32_t block_size : candidate_sizes(head)) {
    Survey survey = survey_at(BlockIo(file, block_size), size);
    if (survey.verified()) {
      if (survey.superblock_source != SuperblockSource::kNone)
        VDE_TRY(check_identity(survey.superblock));
      return survey;
    }
    if (!unverified && survey.superblock_source == SuperblockSource::kUnverified)
      unverified = std::move(survey);
  }
  if (unverified && tolerate_unverified) return std::move(*unverified);
  if (!head_read) return propagate(head_read);
  return not_an_image(file, head);
}

Result<void> refuse_preamble(BlockFile& file) {
  VDE_TRY_ASSIGN(size, file.size());
  BlockBuffer head(std::min<uint64_t>(size, kMinBlockSize));
  VDE_TRY(file.read(0, head));
  return refuse_preamble(file, head);
}

std::optional<size_t> data_area_slot(const std::vector<RegionSlot>& slots) {
  for (size_t i = slots.size(); i-- > 0;)
    if (!slots[i].is_free() && slots[i].tag == tags::kData) return i;
  return std::nullopt;
}

std::vector<BlockRange> metadata_blocks(const std::vector<RegionSlot>& slots) {
  std::vector<BlockRange> ranges = {{0, kFirstRegionBlock}};
  const auto data_area = data_area_slot(slots);
  for (size_t i = 0; i < slots.size(); ++i) {
    const auto range = block_range(slots[i].start, slots[i].count);
    if (!slots[i].is_free() && data_area != i && range) ranges.push_back(*range);
  }
  return ranges;
}

Result<void> check_features(const Survey& survey) {
  if (!survey.superblock_verified()) return {};
  const uint32_t unknown = unknown_incompatible_features(survey.superblock.incompatible_features);
  if (unknown == 0) return {};
  std::string bits;
  for (uint32_t bit = 0; bit < 32; ++bit)
    if ((unknown >> bit & 1) != 0) bits += fmt::format("{}{}", bits.empty() ? "" : ", ", bit);
  return fail_at(survey.superblock_block, ErrorCode::kUnsupported,
                 fmt::format("uses unknown incompatible features (bit {})", bits),
                 "use the program that made the image, or a later version of this one");
}

Result<Survey> survey_to_use(BlockFile& file) {
  VDE_TRY_ASSIGN(survey, survey_image(file, false));
  VDE_TRY(check_features(survey));
  return survey;
}

}  // namespace vde
