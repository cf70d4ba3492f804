#include "crash/workloads.h"

#include <fmt/format.h>

#include "region/placement.h"
#include "vde/edit.h"

namespace vde::test {
namespace {

constexpr uint64_t kLeast = 256;

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

// More commits than the journal holds, so that it starts over in the middle of a session.
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

// Blocks come and go: within one epoch, across a checkpoint, through the journal and straight home.
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
  // The same place is asked for while its images still wait in the journal.
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

// Much more than a journal holds, straight home, then changed through the journal.
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

constexpr Workload kWorkloads[] = {
    {"labels", "one small commit a session", kLeast, nullptr, play_labels},
    {"wrap", "many small commits a session, over several checkpoints", kLeast, nullptr, play_wrap},
    {"reuse", "blocks allocated, freed and used again", kLeast, nullptr, play_reuse},
    {"direct", "blocks written straight home", kLeast, nullptr, play_direct},
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
