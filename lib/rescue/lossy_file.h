// A file with unreadable sectors, read as far as possible.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "vde/storage.h"

namespace vde {

// Reads `source`, which must outlive it, and never writes. Sectors that cannot be read are lost:
// they read as kLostByte, so that a block with such a sector fails its checksum and is not taken
// for one that was never written. Each is tried once.
class LossyFile : public BlockFile {
 public:
  static constexpr uint8_t kLostByte = 0xDB;
  static constexpr uint64_t kSector = 512;  // bytes

  explicit LossyFile(BlockFile& source) : source_(source) {}

  Result<void> read(uint64_t offset, MutableBytes out) override;
  Result<void> write(uint64_t, Bytes) override { return read_only(); }
  Result<void> sync() override { return {}; }
  Result<uint64_t> size() override { return source_.size(); }
  Result<void> resize(uint64_t) override { return read_only(); }
  Result<void> allocate(ByteRange) override { return read_only(); }
  Result<void> zero(ByteRange) override { return read_only(); }
  // All of `within` if the system cannot find holes.
  Result<ByteRange> next_data(ByteRange within) override;
  Result<void> check_reachable() override { return source_.check_reachable(); }
  Result<void> lock(LockMode, std::chrono::milliseconds) override { return {}; }

  // The bytes that could not be read so far: disjoint, ascending, not touching.
  [[nodiscard]] std::vector<ByteRange> lost() const;

 private:
  static Result<void> read_only();
  // Reads the part of one sector that `out` is; fills it if the sector is lost. An error if
  // the source cannot be reached.
  [[nodiscard]] Result<void> read_sector(uint64_t offset, MutableBytes out);
  [[nodiscard]] bool touches_lost(ByteRange bytes) const;
  void lose(uint64_t sector);

  BlockFile& source_;
  mutable std::mutex mutex_;
  std::map<uint64_t, uint64_t> lost_;  // begin -> end
};

}  // namespace vde
