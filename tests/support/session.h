// Sessions on images in tests; failures end the test and print the reason.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>

#include "support/must.h"
#include "support/one_change.h"

namespace vde::test {

inline std::unique_ptr<Volume> open_volume(BlockFile& file) {
  return must(try_open_volume(file));
}

inline OpenTags open_tags(BlockFile& file) {
  return must(try_open_tags(file));
}

inline OpenSnapshots open_snapshots(BlockFile& file) {
  return must(try_open_snapshots(file));
}

[[nodiscard]] inline std::vector<Snapshot> snapshots_in(BlockFile& file) {
  std::vector<Snapshot> all;
  const auto reader = open_snapshots(file);
  must(reader->list([&](const Snapshot& snapshot) {
    all.push_back(snapshot);
    return true;
  }));
  return all;
}

// Sets the payload of block `number` to `fill`, through the journal.
inline void fill_block(Transaction& transaction, uint64_t number, uint8_t fill) {
  const MutableBytes payload = must(transaction.replace(number, block_types::kData));
  std::fill(payload.begin(), payload.end(), fill);
}

// `count` new blocks of data, filled through the journal and committed.
inline BlockRange commit_data(Volume& volume, uint64_t count, uint8_t fill) {
  Transaction transaction = must(volume.begin());
  const BlockRange run = must(volume.allocator().allocate(transaction, count));
  for (uint64_t n = run.begin; n < run.end; ++n) fill_block(transaction, n, fill);
  must(volume.commit(transaction));
  return run;
}

// Commits new content for data blocks `blocks`.
inline void commit_change(Volume& volume, BlockRange blocks, uint8_t fill) {
  Transaction transaction = must(volume.begin());
  for (uint64_t n = blocks.begin; n < blocks.end; ++n) fill_block(transaction, n, fill);
  must(volume.commit(transaction));
}

// Leaves commits in the journal of an image: of a new data block of ones, and of changes to it up
// to one that fills it with `last`. Returns the block.
inline uint64_t leave_commits(BlockFile& file, uint8_t last) {
  const auto volume = open_volume(file);
  const uint64_t block = commit_data(*volume, 1, 1).begin;
  for (uint8_t fill = 2; fill <= last; ++fill) commit_change(*volume, {block, block + 1}, fill);
  return block;
}

// The first byte of the payload of block `number`, as `transaction` sees it.
inline uint8_t first_byte(Transaction& transaction, uint64_t number) {
  return must(transaction.read(number, block_types::kData))[0];
}

}  // namespace vde::test
