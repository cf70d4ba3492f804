// Sorted sets of inodes that were read once: in memory as far as there is room, else in a scratch
// file.
#pragma once

#include <optional>
#include <string>

#include "io/scratch_file.h"
#include "query/inode_stream.h"
#include "vde/activity.h"

namespace vde {

// A set in a scratch file or in memory.
struct InodeSet {
  std::shared_ptr<const std::vector<int64_t>> kept;  // null: in the file
  uint64_t offset = 0;                               // bytes
  uint64_t count = 0;
};

class InodeSets {
 public:
  // `memory` bytes for all sets together. For `folder` see ScratchFile::create(). `activity` must
  // outlive this object.
  InodeSets(uint64_t memory, std::string folder, const Activity& activity)
      : memory_(memory), folder_(std::move(folder)), activity_(activity) {}

  // Keeps all inodes of a stream that has not been started. kIo, kNoSpace, kInterrupted.
  [[nodiscard]] Result<InodeSet> keep(InodeStream& stream);
  // The same, in the scratch file.
  [[nodiscard]] Result<InodeSet> spill(InodeStream& stream);

  // The set as a stream, any number of times. This object must outlive it.
  [[nodiscard]] InodeStreamPtr open(const InodeSet& set) const;

 private:
  [[nodiscard]] Result<InodeSet> spill_rest(const std::vector<int64_t>& first, InodeStream& rest);

  uint64_t memory_;  // bytes that are left
  std::string folder_;
  const Activity& activity_;
  std::unique_ptr<ScratchFile> file_;  // null until it is needed
};

}  // namespace vde
