// The compute code cache of an image that is open for reading.
#pragma once

#include "region/module_table.h"
#include "vde/modules.h"

namespace vde {

// The slot of the code cache. kUnsupported where the image has none, or one that must not be read.
[[nodiscard]] Result<size_t> code_slot(const std::vector<RegionSlot>& slots);

[[nodiscard]] Module public_module(const ModuleEntry& entry);
[[nodiscard]] ModuleEntry entry_of(const Module& module);

class CodeCache {
 public:
  // As the last commit left it; `image` outlives it.
  [[nodiscard]] static Result<CodeCache> open(BlockFile& image);

  [[nodiscard]] const BlockIo& io() const { return io_; }
  [[nodiscard]] BlockRange region() const { return region_; }

  // Hands out the entries as they lie there, not decoded.
  [[nodiscard]] Result<void> walk(const PackedVisitor& visit) const;
  // Where a module's bytes lie; kDamaged as module_extent.
  [[nodiscard]] Result<BlockRange> extent(const Module& module) const;

 private:
  CodeCache(std::unique_ptr<BlockFile> view, uint32_t block_size)
      : view_(std::move(view)), io_(*view_, block_size) {}

  std::unique_ptr<BlockFile> view_;
  BlockIo io_;
  BlockRange region_;
  uint64_t total_blocks_ = 0;
};

}  // namespace vde
