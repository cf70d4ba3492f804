#include "crash/io_failure_workloads.h"

#include <algorithm>
#include <stdexcept>

#include "region/placement.h"
#include "support/image_builder.h"
#include "support/one_change.h"
#include "support/vectors.h"

namespace vde::test {
namespace {

EditOptions at_second(int64_t second) {
  return {from_unix_seconds(1'700'000'000 + second), false};
}

// `count` new blocks of data, through the journal.
Result<BlockRange> add_blocks(Volume& volume, Transaction& transaction, uint64_t count,
                              uint8_t fill) {
  VDE_TRY_ASSIGN(run, volume.allocator().allocate(transaction, count));
  for (uint64_t n = run.begin; n < run.end; ++n) {
    VDE_TRY_ASSIGN(payload, transaction.replace(n, block_types::kData));
    std::fill(payload.begin(), payload.end(), fill);
  }
  return run;
}

// Same, written directly.
Result<BlockRange> add_blocks_directly(Volume& volume, Transaction& transaction, uint64_t count,
                                       uint8_t fill) {
  VDE_TRY_ASSIGN(run, volume.allocator().allocate(transaction, count));
  BlockBuffer blocks(count * volume.journal().io().block_size(), fill);
  VDE_TRY(transaction.write_direct(run.begin, block_types::kData, blocks));
  return run;
}

Result<void> edit_label(BlockFile& file, const Acknowledge& acknowledge) {
  VDE_TRY(set_label(file, "another", at_second(1)));
  acknowledge();
  return {};
}

auto resize_to(uint64_t blocks, uint32_t block_size) {
  return [=](BlockFile& file, const Acknowledge& acknowledge) -> Result<void> {
    VDE_TRY(resize_volume(file, blocks * block_size, at_second(1)));
    acknowledge();
    return {};
  };
}

// More than fits into the journal, so that it contains a checkpoint; blocks are allocated, changed
// and freed.
Result<void> commit_many(BlockFile& file, const Acknowledge& acknowledge) {
  VDE_TRY_ASSIGN(volume, try_open_volume(file, at_second(1)));
  BlockRange run;
  for (uint8_t i = 1; i <= 18; ++i) {
    VDE_TRY_ASSIGN(transaction, volume->begin());
    if (i % 4 == 1) {
      VDE_TRY_ASSIGN(added, add_blocks(*volume, transaction, 3, i));
      run = added;
    } else if (i % 4 == 0) {
      VDE_TRY(volume->allocator().release(transaction, run));
    } else if (i % 4 == 2) {
      VDE_TRY(add_blocks_directly(*volume, transaction, 2, i));
    } else {
      VDE_TRY_ASSIGN(payload, transaction.edit(run.begin + 1, block_types::kData));
      payload[i] = i;
    }
    VDE_TRY(volume->commit(transaction));
    acknowledge();
  }
  return volume->close();
}

Result<size_t> slot_of(const Transaction& transaction, BlockType tag) {
  const auto& slots = transaction.journal().regions().raw_slots();
  for (size_t i = 0; i < slots.size(); ++i)
    if (slots[i].type == tag) return i;
  return fail(ErrorCode::kNotFound, "no such region");
}

// SNAP is the last region before the data area and grows in place, TAGI has to move.
Result<void> grow_regions(BlockFile& file, const Acknowledge& acknowledge) {
  VDE_TRY_ASSIGN(volume, try_open_volume(file, at_second(1)));
  for (const BlockType tag :
       {block_types::kSnapshots, block_types::kTagIndex, block_types::kCode}) {
    VDE_TRY_ASSIGN(transaction, volume->begin());
    VDE_TRY_ASSIGN(slot, slot_of(transaction, tag));
    const auto count = static_cast<uint64_t>(transaction.regions().raw_slots()[slot].count);
    VDE_TRY(grow_region(transaction, volume->allocator(), slot, count * 2, SpareKind::kZeroed));
    VDE_TRY(volume->commit(transaction));
    acknowledge();
  }
  return volume->close();
}

// A commit whose after-images do not fit into the journal, and another one after it.
Result<void> spill(BlockFile& file, const Acknowledge& acknowledge) {
  VDE_TRY_ASSIGN(volume, try_open_volume(file, at_second(1)));
  VDE_TRY_ASSIGN(first, volume->begin());
  VDE_TRY_ASSIGN(run, add_blocks(*volume, first, 70, 1));
  VDE_TRY(add_blocks_directly(*volume, first, 5, 2));
  VDE_TRY(volume->commit(first));
  acknowledge();
  VDE_TRY_ASSIGN(second, volume->begin());
  for (uint64_t n = run.begin; n < run.end; ++n) {
    VDE_TRY_ASSIGN(payload, second.edit(n, block_types::kData));
    payload[0] = 3;
  }
  VDE_TRY(volume->commit(second));
  acknowledge();
  VDE_TRY_ASSIGN(third, volume->begin());
  VDE_TRY_ASSIGN(payload, third.edit(run.begin, block_types::kData));
  payload[1] = 4;
  VDE_TRY(volume->commit(third));
  acknowledge();
  return volume->close();
}

std::vector<uint8_t> image(uint32_t block_size, uint64_t blocks = 256) {
  return ImageBuilder({block_size, blocks, kAllModules}).bytes();
}

// An image with live records in its journal.
template <class Run>
std::vector<uint8_t> crashed(std::vector<uint8_t> start, uint64_t commits, Run run) {
  MemoryFile file(std::move(start));
  std::vector<uint8_t> at_crash;
  uint64_t done = 0;
  const Result<void> result = run(file, [&] {
    if (++done == commits) at_crash = file.bytes();
  });
  if (!result || at_crash.empty()) throw std::logic_error("nothing was left to recover");
  return at_crash;
}

}  // namespace

std::vector<Workload> make_workloads() {
  return {
      {"label", image(512), edit_label},
      {"label, 4096-byte blocks", image(4096), edit_label},
      {"label on an image of the SDK", vector_image("tags-64"), edit_label},
      {"grow", image(512), resize_to(300, 512)},
      {"grow, with a bitmap that needs room", image(512, 3900), resize_to(4100, 512)},
      {"shrink", image(512, 300), resize_to(256, 512)},
      {"many commits", image(512), commit_many},
      {"grow regions", image(512, 300), grow_regions},
      {"spill", image(512, 700), spill},
      {"recover one commit", crashed(image(512), 1, commit_many), edit_label},
      {"recover several commits", crashed(image(512), 9, commit_many), edit_label},
      {"recover a moved region", crashed(image(512, 300), 2, grow_regions), edit_label},
      {"recover a spilled commit", crashed(image(512, 700), 2, spill), edit_label},
  };
}

}  // namespace vde::test
