#include "crash/workloads.h"

#include <fmt/format.h>

#include "crash/foreign_image.h"
#include "crash/tag_workloads.h"
#include "region/packed_editor.h"
#include "region/placement.h"
#include "support/evidence_image.h"
#include "support/one_change.h"
#include "table/snapshot_table.h"

namespace vde::test {
namespace {

constexpr uint64_t kMin = 256;

void play_labels(Stage& stage) {
  for (int i = 0; i < 3; ++i) {
    stage.open();
    Transaction transaction = stage.begin();
    stage.set_label(transaction);
    stage.commit(transaction);
    stage.close();
  }
  stage.edit([](BlockFile& file, const EditOptions& options) {
    return set_label(file, "the end", options);
  });
}

void play_few(Stage& stage) {
  stage.open();
  for (int i = 0; i < 4; ++i) {
    Transaction transaction = stage.begin();
    stage.set_label(transaction);
    stage.commit(transaction);
  }
  stage.close();
}

// More commits than fit into the journal, so that it starts over in the middle of a session.
void play_wrap(Stage& stage) {
  stage.open();
  Transaction first = stage.begin();
  const BlockRange blocks = stage.add_staged(first, 6);
  stage.commit(first);
  for (uint64_t i = 0; i < 70; ++i) {
    Transaction transaction = stage.begin();
    for (uint64_t j = 0; j <= i % 3; ++j)
      stage.rewrite(transaction, blocks.begin + (i + j) % blocks.count());
    if (i % 5 == 0) stage.set_label(transaction);
    stage.commit(transaction);
  }
  stage.close();
}

// Blocks are allocated and freed: within one epoch, across a checkpoint, through the journal and
// directly.
void play_reuse(Stage& stage) {
  stage.open();
  Transaction one = stage.begin();
  const BlockRange kept = stage.add_direct(one, 3);
  const BlockRange freed = stage.add_staged(one, 3);
  stage.commit(one);
  Transaction two = stage.begin();
  stage.rewrite(two, freed.begin);
  stage.rewrite(two, kept.begin + 1);
  stage.commit(two);
  Transaction three = stage.begin();
  stage.release(three, freed);
  stage.commit(three);
  // The same place is requested while its after-images are still in the journal.
  Transaction four = stage.begin();
  stage.add_direct(four, 2, freed.begin);
  stage.commit(four);
  stage.checkpoint();
  Transaction five = stage.begin();
  const BlockRange again = stage.add_direct(five, 2, freed.begin);
  stage.release(five, {kept.begin, kept.begin + 1});
  stage.commit(five);
  Transaction six = stage.begin();
  stage.release(six, again);
  stage.add_staged(six, 2, again.begin);
  stage.commit(six);
  stage.close();
}

// Much more than a journal holds, written directly, then changed through the journal.
void play_direct(Stage& stage) {
  stage.open();
  for (int i = 0; i < 3; ++i) {
    Transaction transaction = stage.begin();
    const BlockRange run = stage.add_direct(transaction, 9);
    stage.add_staged(transaction, 1);
    stage.commit(transaction);
    Transaction change = stage.begin();
    stage.rewrite(change, run.begin + 4);
    stage.commit(change);
  }
  stage.close();
}

// Transactions that are larger than the journal: their after-images go to free blocks.
void play_spill(Stage& stage) {
  stage.open();
  // Blocks that it allocates itself are not free, regardless of the committed bitmap.
  Transaction one = stage.begin();
  const BlockRange large = stage.add_staged(one, 66);
  const BlockRange direct = stage.add_direct(one, 4);
  stage.commit(one);
  Transaction two = stage.begin();
  stage.rewrite(two, large.begin + 1);
  stage.rewrite(two, direct.begin);
  stage.commit(two);
  // Places of after-images are free again only after a checkpoint.
  Transaction three = stage.begin();
  stage.add_direct(three, 40, direct.end);
  stage.release(three, direct);
  stage.commit(three);
  stage.checkpoint();
  Transaction four = stage.begin();
  for (uint64_t i = 0; i < 64; ++i) stage.rewrite(four, large.begin + i);
  stage.commit(four);
  Transaction five = stage.begin();
  for (uint64_t i = 0; i < 63; ++i) stage.rewrite(five, large.begin + i);
  stage.add_staged(five, 1);
  stage.commit(five);
  stage.close();
}

// A transaction without room fails, and changes nothing.
void play_no_space(Stage& stage) {
  stage.open();
  Transaction one = stage.begin();
  const BlockRange large = stage.add_direct(one, 100);
  stage.commit(one);
  Transaction two = stage.begin();
  for (uint64_t i = 0; i < 90; ++i) stage.rewrite(two, large.begin + i);
  const Result<void> refused = stage.volume().commit(two);
  if (refused || refused.error().code != ErrorCode::kNoSpace)
    throw MustFailure("a commit without room was not refused");
  Transaction three = stage.begin();
  stage.rewrite(three, large.begin);
  stage.commit(three);
  stage.close();
}

void grow(Stage& stage, BlockType tag, uint64_t more, SpareKind spare) {
  Transaction transaction = stage.begin();
  size_t slot = 0;
  while (transaction.regions().raw_slots()[slot].type != tag) ++slot;
  const auto start = static_cast<uint64_t>(transaction.regions().raw_slots()[slot].start);
  const auto count = static_cast<uint64_t>(transaction.regions().raw_slots()[slot].count);
  // Its last block has an after-image of its own.
  must(transaction.replace(start + count - 1, tag));
  must(grow_region(transaction, stage.volume().allocator(), slot, count + more, spare));
  stage.commit(transaction);
}

// The last region grows in place, the first ones move; blocks stay in use around them.
void play_regions(Stage& stage) {
  stage.open();
  grow(stage, block_types::kSnapshots, 3, SpareKind::kZeroed);
  grow(stage, block_types::kTagIndex, 4, SpareKind::kZeroed);
  Transaction one = stage.begin();
  stage.add_direct(one, 2);
  stage.commit(one);
  grow(stage, block_types::kSnapshots, 5, SpareKind::kZeroed);
  stage.checkpoint();
  // The old places of the regions.
  Transaction two = stage.begin();
  stage.add_direct(two, 3, 12);
  stage.add_staged(two, 3, 12);
  stage.commit(two);
  grow(stage, block_types::kTagIndex, 2, SpareKind::kUnwritten);
  stage.close();
}

// A table that another program never wrote: one entry, then its unused blocks in steps.
void play_unused(Stage& stage) {
  for (int session = 0; session < 2; ++session) {
    stage.open();
    Transaction one = stage.begin();
    const size_t slot = one.regions().find(block_types::kSnapshots)->slot;
    PackedEditor editor =
        must(PackedEditor::open(one, stage.volume().allocator(), slot, snapshot_table()));
    SnapshotEntry entry;
    entry.id.bytes[0] = static_cast<uint8_t>(session + 1);
    std::vector<uint8_t> record(encoded_size(entry));
    encode(entry, record);
    must(editor.append(record));
    BlockRange unused = editor.lacking_trailers();
    stage.commit(one);
    // The first session ends before the last step.
    for (int steps = session == 0 ? 1 : 3; steps > 0 && !unused.empty(); --steps) {
      Transaction step = stage.begin();
      unused.begin = must(add_trailers(step, slot, unused, 1));
      stage.commit(step);
    }
    if (session == 0) {
      if (unused.empty()) throw MustFailure("there is nothing left to do");
      stage.crash();
    } else {
      stage.close();
    }
  }
}

void make_unused(MemoryFile& image, uint32_t block_size) {
  const BlockRange table = ImageEditor(image).region(block_types::kSnapshots);
  std::fill_n(image.bytes().begin() + static_cast<ptrdiff_t>(table.begin * block_size),
              table.count() * block_size, uint8_t{0});
}

void resize(Stage& stage, uint64_t blocks) {
  stage.edit([&](BlockFile& file, const EditOptions& options) -> Result<void> {
    VDE_TRY(resize_volume(file, blocks * stage.block_size(), options));
    return {};
  });
}

void use_all(Stage& stage, uint64_t direct, uint64_t hint) {
  stage.open();
  Transaction transaction = stage.begin();
  stage.add_direct(transaction, direct, hint);
  stage.commit(transaction);
  Transaction next = stage.begin();
  stage.set_label(next);
  stage.commit(next);
  stage.crash();
}

// Free blocks with old content.
void use_and_release(Stage& stage, uint64_t hint) {
  stage.open();
  Transaction transaction = stage.begin();
  const BlockRange run = stage.add_direct(transaction, 3, hint);
  stage.commit(transaction);
  Transaction next = stage.begin();
  stage.release(next, run);
  stage.commit(next);
  stage.close();
}

void play_resize(Stage& stage) {
  resize(stage, 270);
  use_all(stage, 2, 258);
  resize(stage, 300);
  use_and_release(stage, 280);
  resize(stage, 262);
}

// The bitmap needs another block, so it has to move.
void play_resize_bitmap(Stage& stage) {
  resize(stage, 4010);
  use_all(stage, 2, 4000);
  resize(stage, 4005);
}

// Programs are killed and restarted.
void play_killed(Stage& stage) {
  stage.open();
  Transaction one = stage.begin();
  const BlockRange run = stage.add_staged(one, 3);
  stage.commit(one);
  Transaction two = stage.begin();
  stage.rewrite(two, run.begin);
  stage.commit(two);
  stage.crash();
  for (int i = 0; i < 3; ++i) {
    stage.open();
    Transaction three = stage.begin();
    stage.rewrite(three, run.begin + 1);
    if (i == 1) stage.release(three, {run.begin, run.begin + 1});
    stage.commit(three);
    stage.crash();
  }
  // This session never commits its writes.
  stage.open();
  Transaction lost = stage.begin();
  stage.add_direct(lost, 3, run.begin);
  stage.crash();
  stage.open();
  Transaction last = stage.begin();
  stage.add_direct(last, 2);
  stage.commit(last);
  stage.close();
}

// An image as the SDK creates it: no mark, its own dirty journal, an incomplete bitmap.
void make_foreign(MemoryFile& image, uint32_t) {
  ImageEditor editor(image);
  editor.forget_journal(false);
  editor.overwrite_journal(3000);
  const uint64_t bitmap = editor.region(block_types::kBitmap).begin;
  const BlockRange snapshots = editor.region(block_types::kSnapshots);
  clear_bits(editor.payload(bitmap), snapshots.begin, snapshots.end);
  editor.rehash(bitmap, 1);
}

// A writer that stopped between the groups, and bytes outside of known fields.
void make_lagging(MemoryFile& image, uint32_t) {
  ImageEditor editor(image);
  editor.forget_journal(true);
  for (const uint64_t table : {kPrimaryGroup + 1, kMirrorGroup + 1}) {
    editor.payload(table).back() = 0x5a;
    editor.rehash(table, 1);
  }
  editor.change_group(kPrimaryGroup, [](Superblock& superblock) {
    ++superblock.checkpoint_sequence;
    superblock.label.bytes[0] = 'L';
  });
}

void play_foreign(Stage& stage) {
  stage.start_unclean();
  stage.open();
  Transaction one = stage.begin();
  stage.add_staged(one, 2);
  stage.commit(one);
  Transaction two = stage.begin();
  stage.set_label(two);
  stage.commit(two);
  stage.crash();
  stage.open();
  stage.close();
}

// The first commit removes a seal, not the opening.
void make_sealed(MemoryFile& image, uint32_t block_size) {
  ImageEditor editor(image);
  for (const uint64_t group : {kPrimaryGroup, kMirrorGroup}) {
    editor.payload(group)[header_seal_offset(block_size)] = 0x77;
    editor.rehash(group, 1);
  }
}

void play_sealed(Stage& stage) {
  stage.open(true);
  Transaction one = stage.begin();
  stage.set_label(one);
  stage.commit(one);
  stage.close();
}

// Every commit renews a seal.
void make_renewable(MemoryFile& image, uint32_t block_size) {
  ImageBuilder builder(std::move(image.bytes()), block_size);
  seal_image(builder, test_key());
  image.bytes() = std::move(builder.bytes());
}

void play_renewed(Stage& stage) {
  stage.start_sealed(test_key());
  play_reuse(stage);
}

// A metadata chain hash that fits. The first region after the bitmap grows and moves, so that its
// first block is another one.
void make_chained(MemoryFile& image, uint32_t block_size) {
  ImageBuilder builder(std::move(image.bytes()), block_size);
  chain_image(builder);
  image.bytes() = std::move(builder.bytes());
}

void play_chained(Stage& stage) {
  stage.start_chained();
  play_killed(stage);
  play_regions(stage);
}

// A commit that the next session repeats, except for the label.
void play_retry(Stage& stage) {
  stage.open();
  Transaction one = stage.begin();
  stage.add_staged(one, 2);
  stage.commit(one);
  stage.crash();
}

void play_chained_retry(Stage& stage) {
  stage.start_chained();
  play_retry(stage);
}

constexpr Workload kWorkloads[] = {
    {"labels", "one small commit per session", kMin, nullptr, play_labels},
    {"few", "a few commits in one session", kMin, nullptr, play_few},
    {"wrap", "many small commits per session, over several checkpoints", kMin, nullptr, play_wrap},
    {"reuse", "blocks allocated, freed and reused", kMin, nullptr, play_reuse},
    {"direct", "blocks written directly", kMin, nullptr, play_direct},
    {"spill", "transactions larger than the journal", 400, nullptr, play_spill},
    {"no-space", "a transaction without room", kMin, nullptr, play_no_space},
    {"regions", "regions grow in place and move", kMin, nullptr, play_regions},
    {"modules", "modules registered and removed, and a table that grows", kMin, nullptr,
     play_modules},
    {"snapshots", "snapshots created and deleted, and a table that moves", kMin, nullptr,
     play_snapshots},
    {"module-folders", "several modules registered in one commit", kMin, nullptr,
     play_module_folders},
    {"pruned", "snapshots pruned and purged", kMin, nullptr, play_pruned},
    {"unused", "a table that was never written, and its unused blocks", kMin, make_unused,
     play_unused},
    {"resize", "the volume grows and shrinks", kMin, nullptr, play_resize},
    {"resize-bitmap", "the volume outgrows its bitmap (512-byte blocks)", 3950, nullptr,
     play_resize_bitmap},
    {"killed", "sessions that end without a checkpoint", kMin, nullptr, play_killed},
    {"retry", "a commit that is repeated after a crash", kMin, nullptr, play_retry},
    {"foreign", "an image of the SDK", kMin, make_foreign, play_foreign},
    {"lagging", "superblock groups that differ", kMin, make_lagging, play_foreign},
    {"sealed", "a seal that is removed", kMin, make_sealed, play_sealed},
    {"renewed", "a seal that every commit renews", kMin, make_renewable, play_renewed},
    {"chained", "a metadata chain hash", kMin, make_chained, play_chained},
    {"chained-retry", "the same, and a commit that is repeated after a crash", kMin, make_chained,
     play_chained_retry},
    {"tags", "tags set and removed: splits, merges, growth", kMin, nullptr, play_tag_changes},
    {"tag-bulk", "a rebuilt tag index", kMin, nullptr, play_tag_bulk},
    {"random-1", "everything at once", 900, nullptr, [](Stage& stage) { play_random(stage, 1); }},
    {"random-2", "everything at once", 1200, nullptr, [](Stage& stage) { play_random(stage, 2); }},
    {"random-3", "everything at once", 1500, nullptr, [](Stage& stage) { play_random(stage, 3); }},
};

}  // namespace

std::span<const Workload> workloads() {
  return kWorkloads;
}

Recording record(const Workload& workload, uint32_t block_size) {
  MemoryFile image(fresh_image(block_size, workload.blocks));
  if (workload.prepare != nullptr) workload.prepare(image, block_size);
  Stage stage(fmt::format("{}/{}", workload.name, block_size), block_size,
              std::move(image.bytes()));
  workload.play(stage);
  return stage.finish();
}

}  // namespace vde::test
