// Creates snapshots for tests, and reads them.
#pragma once

#include "support/image_builder.h"
#include "support/session.h"
#include "support/strict/strict_reader.h"
#include "vde/snapshots.h"

namespace vde::test {

inline EditOptions at_second(int64_t second) {
  return {Ticks{kSomeOptions.now.value + second * kTicksPerSecond}, false};
}

inline SnapshotOptions labelled(std::string label) {
  SnapshotOptions request;
  request.label = std::move(label);
  return request;
}

inline Result<Snapshot> found(BlockFile& file, std::string_view ref) {
  const auto reader = open_snapshots(file);
  return reader->find(ref);
}

inline std::vector<std::string> chain_labels(BlockFile& file, const Guid& id,
                                             bool* whole = nullptr) {
  const auto reader = open_snapshots(file);
  std::vector<std::string> labels;
  const Result<void> walked = reader->chain(id, [&](const Snapshot& snapshot) {
    labels.push_back(snapshot.label);
    return true;
  });
  if (whole != nullptr) *whole = walked.has_value();
  return labels;
}

// The strict reader's entries without padding, as the library represents them.
inline std::vector<Snapshot> strict_snapshots(ImageBuilder& image) {
  const StrictReader reader(image.bytes());
  REQUIRE(reader.outcome("SNAP") == Outcome::kReads);
  std::vector<Snapshot> all;
  for (const strict::Snapshot& entry : reader.snapshots()) {
    if (entry.created == 0) continue;
    all.push_back({Guid{entry.id}, Guid{entry.parent}, Ticks{entry.created},
                   entry.inode_table_start, entry.inode_table_blocks, entry.data_blocks,
                   entry.flags, entry.label});
  }
  return all;
}

}  // namespace vde::test
