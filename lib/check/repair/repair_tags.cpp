// Rebuilds the tag tree from the intact leaves: in its own blocks if the tree fits into one commit,
// else in free blocks.
#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "check/exact/search.h"
#include "check/lost/lost_lines.h"
#include "check/passes.h"
#include "check/repair/sole_blocks.h"
#include "check/salvage/tag_blocks.h"
#include "check/salvage/tag_salvage.h"
#include "format/tag/tag_index.h"
#include "tag/tag_rebuild.h"
#include "tag/tag_sort.h"

namespace vde {
namespace {

// Memory for sorting entries, in bytes; more entries go to temporary files.
constexpr uint64_t kSortMemory = uint64_t{16} << 20;
// The maximum size of a new index that is built in memory, to replace the old one in place.
constexpr uint64_t kMaxInPlaceBytes = uint64_t{16} << 20;
// The maximum size of the entries for which verify does a dry run of the repair.
constexpr uint64_t kMaxDryRunBytes = uint64_t{4} << 20;
constexpr std::string_view kUnproven = "the block is damaged; its bytes are unverified";

// What is wrong with an index.
struct Judgement {
  bool damaged = false;              // the tree has to be rebuilt
  std::vector<uint64_t> stray = {};  // unreachable blocks that are not nodes
};

// Whether a block is damaged, or only the header is empty or unwritten.
Result<bool> has_damaged_block(StructureRepair& repair, const PlacedRegion& region) {
  bool damaged = false;
  bool head_empty = false;
  bool head_unwritten = false;
  for (uint64_t at = region.blocks.begin; at < region.blocks.end; ++at) {
    if (repair.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(block, repair.read(at));
    damaged |= !block.is_unwritten() && !block.check(block_types::kTagIndex);
    const bool empty = all_zero(block.unchecked_payload());
    if (at == region.blocks.begin) {
      head_empty = empty;
      head_unwritten = block.is_unwritten();
    }
    damaged |= head_unwritten && !block.is_unwritten();
    damaged |= head_empty && !empty;
  }
  return damaged;
}

Result<Judgement> judge(StructureRepair& repair, const PlacedRegion& region) {
  Judgement judgement;
  VDE_TRY_ASSIGN(damaged, has_damaged_block(repair, region));
  judgement.damaged = damaged;
  if (damaged) return judgement;
  const std::function<void(const Finding&)> sink = [&](const Finding& finding) {
    judgement.damaged |= finding.kind->severity == Severity::kError &&
                         need_of(*finding.kind) == RepairNeed::kTagTree;
    if (finding.kind == &kind_of(FindingCode::kTagBlockNoNode) && finding.block)
      judgement.stray.push_back(*finding.block);
  };
  Reporter reporter(sink, nullptr, repair.io().block_size());
  const VerifyOptions options;
  Activity activity;
  const JournalOnDisk journal;
  ExactSearch nothing(0, activity);
  VerifyContext context{repair.io(), repair.probe(), options, activity,
                        reporter,    journal,        nothing, {}};
  context.regions.push_back(region);
  VDE_TRY(check_tags(context));
  return judgement;
}

// The tag index, if it is neither encrypted nor compressed.
std::optional<PlacedRegion> plain_index(StructureRepair& repair) {
  const auto region = repair.sole_region(block_types::kTagIndex);
  if (!region || region->blocks.count() <= kTagRoot) return std::nullopt;
  if (!repair.slots()[region->slot].is_plain()) return std::nullopt;
  return region;
}

// The tree is whole and has as many tags as the header counts: nothing is lost with these blocks.
Result<void> empty_stray(StructureRepair& repair, const std::vector<uint64_t>& blocks) {
  repair.step(blocks.size() == 1
                  ? "empty an unreachable block of the tag index"
                  : fmt::format("empty {} unreachable blocks of the tag index", blocks.size()),
              "the tree, which is whole and has as many tags as the header counts");
  for (const uint64_t block : blocks) VDE_TRY(repair.replace(block, block_types::kTagIndex));
  return {};
}

// The tags to keep, sorted. If a tag was also found outside the tree, the tree's version is kept;
// if it was found only outside the tree, the newest version.
class KeptTags {
 public:
  explicit KeptTags(uint32_t block_size) : block_size_(block_size), sort_(kSortMemory, {}) {}

  Result<void> gather(TagSalvage& salvage) {
    VDE_TRY(salvage.gather(
        [&](const TagView& entry, uint64_t rank) { return sort_.add(entry, rank); }));
    size_.duplicates = TagDuplicates::kKept;
    std::string last;
    const LostTags::Visitor count_lost = [&](const TagView& entry, uint64_t block) -> Result<void> {
      salvage.count_lost(entry, block);
      return {};
    };
    VDE_TRY(salvage.lost_tags().start());
    const auto count = [&](const TagView& entry) -> Result<void> {
      salvage.count_kept();
      VDE_TRY(salvage.lost_tags().keep(entry, count_lost));
      if (size_.keys == 0 || entry.key != last) ++size_.keys;
      last.assign(entry.key);
      ++size_.entries;
      size_.entry_bytes += tag_entry_size(entry);
      if (auto fits = check_tag_entry(entry, block_size_); !fits) unfit_ = std::move(fits.error());
      return {};
    };
    VDE_TRY(each(count));
    return salvage.lost_tags().finish(count_lost);
  }

  // Lists the lost tags, and those that cannot be read.
  Result<void> list_lost(StructureRepair& repair, TagSalvage& salvage) {
    const LostTags::Visitor name = [&](const TagView& entry, uint64_t block) {
      return repair.lose({LostKind::kTag, block, std::string(kUnproven), entry});
    };
    VDE_TRY(salvage.lost_tags().start());
    VDE_TRY(each([&](const TagView& entry) { return salvage.lost_tags().keep(entry, name); }));
    VDE_TRY(salvage.lost_tags().finish(name));
    return lose_unread(repair, LostKind::kTag, salvage.unread(), salvage.unread_tags());
  }

  // Why an entry cannot be written: other programs allow longer keys.
  [[nodiscard]] const std::optional<Error>& unfit() const { return unfit_; }

  [[nodiscard]] const TagRebuildSize& size() const { return size_; }

  // Visits the tags in the order of key and inode. May be called more than once.
  template <class Visit>
  Result<void> each(Visit visit) {
    VDE_TRY(sort_.start_reading());
    SortedTag ahead;
    VDE_TRY_ASSIGN(more, sort_.next(ahead));
    while (more) {
      TagEntry kept = copy_of(ahead.entry);
      uint64_t rank = ahead.line;
      while (true) {
        VDE_TRY_ASSIGN(another, sort_.next(ahead));
        more = another;
        const bool same = more && ahead.entry.inode == kept.inode && ahead.entry.key == kept.key;
        if (!same || ahead.line == 0) break;
        if (rank == 0 || ahead.line <= rank) continue;
        kept = copy_of(ahead.entry);
        rank = ahead.line;
      }
      VDE_TRY(visit(TagView{kept.key, kept.value, kept.inode, kept.block}));
    }
    return {};
  }

 private:
  static TagEntry copy_of(const TagView& entry) {
    return {std::string(entry.key), std::string(entry.value), entry.inode, entry.block};
  }

  uint32_t block_size_;
  std::optional<Error> unfit_;
  TagSort sort_;  // with the rank as the line number of each entry
  TagRebuildSize size_;
};

// The blocks of an index that is small enough for one commit.
class SmallIndex : public TagSink {
 public:
  explicit SmallIndex(uint32_t block_size) : block_size_(block_size) {}

  Result<void> write(uint32_t first, MutableBytes blocks) override {
    const size_t count = blocks.size() / block_size_;
    payloads_.resize(std::max(payloads_.size(), first + count));
    for (size_t i = 0; i < count; ++i) {
      const Bytes payload = Bytes(blocks).subspan(i * block_size_, payload_size(block_size_));
      payloads_[first + i].assign(payload.begin(), payload.end());
    }
    return {};
  }

  [[nodiscard]] const std::vector<BlockBuffer>& payloads() const { return payloads_; }

 private:
  uint32_t block_size_;
  std::vector<BlockBuffer> payloads_;
};

// What a rebuild keeps and loses.
struct TagRebuildPlan {
  TagSalvage& salvage;
  KeptTags& tags;
  SoleBlocks sole;
  bool loses_tags;
  Loss loss;
};

// Without consent to a loss, rebuild() writes nothing.
Result<void> begin_step(StructureRepair& repair, TagRebuildPlan& plan) {
  if (!repair.lossy_step("rebuild the tag tree", "the intact leaves", plan.loss)) return {};
  if (plan.loses_tags) VDE_TRY(plan.tags.list_lost(repair, plan.salvage));
  return plan.sole.report(repair);
}

// Writes these blocks to the region, and zeros after them, in one commit, because the new tree
// overwrites the leaves. Always writes block 0: no node may be newer than it. False if there are
// too many blocks for one commit.
Result<bool> write_in_place(StructureRepair& repair, const PlacedRegion& region,
                            TagRebuildPlan& plan, const std::vector<BlockBuffer>& blocks,
                            uint32_t used) {
  const BlockBuffer zeros(payload_size(repair.io().block_size()));
  const auto wanted = [&](uint64_t i) -> Bytes { return i < used ? blocks[i] : zeros; };
  std::vector<uint64_t> changes;  // block numbers
  for (uint64_t i = 0; i < region.blocks.count(); ++i) {
    VDE_TRY_ASSIGN(block, repair.read(region.blocks.begin + i));
    const auto checked = block.check(block_types::kTagIndex);
    const bool stays = i > 0 && checked && std::ranges::equal(checked->payload(), wanted(i)) &&
                       !is_newer(repair.probe(), checked->trailer().generation);
    if (!stays) changes.push_back(region.blocks.begin + i);
  }
  VDE_TRY_ASSIGN(room, repair.make_room(changes));
  if (!room) return false;
  VDE_TRY(begin_step(repair, plan));
  for (const uint64_t number : changes) {
    VDE_TRY_ASSIGN(payload, repair.replace(number, block_types::kTagIndex));
    std::ranges::copy(wanted(number - region.blocks.begin), payload.begin());
  }
  repair.slots()[region.slot].used = used;
  return true;
}

// False if the tree does not fit into the region, or into one commit.
Result<bool> rebuild_in_place(StructureRepair& repair, const PlacedRegion& region,
                              TagRebuildPlan& plan) {
  KeptTags& tags = plan.tags;
  const uint32_t block_size = repair.io().block_size();
  const uint64_t max = std::min(
      {region.blocks.count(), repair.max_in_commit(), kMaxInPlaceBytes / uint64_t{block_size}});
  if (tags.size().entry_bytes / block_size > max) return false;
  SmallIndex index(block_size);
  // One block more: at the end the builder may move its only leaf into the root.
  const auto builder = TagBuilder::make(index, max + 1, block_size, tags.size().keys,
                                        TagDuplicates::kKept, TagPacking::kFull);
  const auto added = tags.each([&](const TagView& entry) { return builder->add(entry); });
  if (!added && added.error().code == ErrorCode::kNoSpace) return false;
  VDE_TRY(added);
  auto size = builder->finish(0);
  if (!size && size.error().code == ErrorCode::kNoSpace) return false;
  if (!size) return propagate(size);
  if (size->used > max) return false;
  return write_in_place(repair, region, plan, index.payloads(), size->used);
}

Result<void> fill_run(StructureRepair& repair, size_t slot, KeptTags& tags) {
  VDE_TRY_ASSIGN(allocator, repair.allocator());
  VDE_TRY_ASSIGN(bulk, TagRebuild::begin(repair.transaction(), allocator, tags.size()));
  VDE_TRY(tags.each([&](const TagView& entry) -> Result<void> {
    if (repair.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    return bulk->add(entry);
  }));
  return bulk->finish(slot, 0);
}

// Builds the tree in free blocks. The old blocks stay unchanged until the commit, so only free
// space limits its size. Returns the reason if the image does not allow it.
Result<std::optional<Error>> rebuild_elsewhere(StructureRepair& repair, const PlacedRegion& region,
                                               TagRebuildPlan& plan) {
  VDE_TRY(repair.settle());
  if (auto filled = fill_run(repair, region.slot, plan.tags); !filled) {
    const ErrorCode code = filled.error().code;
    if (code != ErrorCode::kNoSpace && code != ErrorCode::kDamaged) return propagate(filled);
    repair.drop_changes();
    return std::optional(std::move(filled.error()));
  }
  VDE_TRY(begin_step(repair, plan));
  const RegionSlot& slot = repair.slots()[region.slot];
  if (const auto blocks = block_range(slot.start, slot.count)) repair.touched(*blocks);
  // Blocks that share a sector with others are on the disk only now; the next steps read them.
  VDE_TRY(repair.settle());
  return std::optional<Error>();
}

// Whether a block of another type is a part of this index: the checksum does not cover the type.
bool is_of_index(const UncheckedBlock& block, const PlacedRegion& region) {
  const Bytes payload = block.unchecked_payload();
  if (block.number() == region.blocks.begin) return is_tag_header(block);
  return is_tag_node(payload, region.blocks.count());
}

Result<SoleBlocks> find_sole(StructureRepair& repair, const PlacedRegion& region) {
  std::vector<uint64_t> blocks;
  for (uint64_t at = region.blocks.begin; at < region.blocks.end; ++at) {
    VDE_TRY_ASSIGN(block, repair.read(at));
    if (block.check_any() && !block.check(region.type)) blocks.push_back(at);
  }
  const BelongsHere belongs = [&](const UncheckedBlock& block) {
    return is_of_index(block, region);
  };
  return find_sole_blocks(repair, region, blocks, "tag index", belongs);
}

Result<void> rebuild(StructureRepair& repair, const PlacedRegion& region) {
  TagSalvage salvage(repair, region.blocks);
  KeptTags tags(repair.io().block_size());
  VDE_TRY(tags.gather(salvage));
  Loss loss = salvage.loss();
  const bool loses_tags = !loss.what.empty();
  VDE_TRY_ASSIGN(sole, find_sole(repair, region));
  sole.add_to(loss);
  TagRebuildPlan plan{salvage, tags, std::move(sole), loses_tags, std::move(loss)};
  if (!repair.consents(plan.loss)) return begin_step(repair, plan);
  std::optional<Error> reason = tags.unfit();
  if (!reason) {
    VDE_TRY_ASSIGN(done, rebuild_in_place(repair, region, plan));
    if (done) return {};
    VDE_TRY_ASSIGN(refusal, rebuild_elsewhere(repair, region, plan));
    reason = refusal;
  }
  if (!reason) return {};
  std::string note = "the tag tree cannot be rebuilt: " + reason->message;
  if (reason->code == ErrorCode::kNoSpace)
    note += "; enlarge the volume with 'vdetool resize', and repair again";
  repair.note(std::move(note));
  return {};
}

}  // namespace

Result<void> repair_tags(StructureRepair& repair) {
  const auto region = plain_index(repair);
  if (!region) return {};
  VDE_TRY_ASSIGN(judgement, judge(repair, *region));
  if (judgement.damaged) return rebuild(repair, *region);
  return judgement.stray.empty() ? Result<void>{} : empty_stray(repair, judgement.stray);
}

Result<bool> can_repair_tags(StructureRepair& repair) {
  const auto region = plain_index(repair);
  if (!region) return false;
  VDE_TRY_ASSIGN(judgement, judge(repair, *region));
  if (!judgement.damaged) return !judgement.stray.empty();
  TagRebuildSize size;
  TagSalvage salvage(repair, region->blocks);
  VDE_TRY(salvage.gather([&](const TagView& entry, uint64_t) -> Result<void> {
    ++size.entries;
    size.entry_bytes += tag_entry_size(entry);
    return {};
  }));
  if (size.entry_bytes <= kMaxDryRunBytes) {
    const size_t before = repair.step_count();
    VDE_TRY(rebuild(repair, *region));
    return repair.step_count() > before;
  }
  size.keys = size.entries;
  VDE_TRY(repair.settle());
  VDE_TRY_ASSIGN(allocator, repair.allocator());
  return TagRebuild::begin(repair.transaction(), allocator, size).has_value();
}

}  // namespace vde
