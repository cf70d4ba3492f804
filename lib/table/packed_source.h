// The blocks of a packed table (SNAP, CODE), to be read one by one from front to back: from a file,
// or as a transaction sees them.
#pragma once

#include "journal/journal.h"

namespace vde {

class PackedSource {
 public:
  PackedSource() = default;
  PackedSource(const PackedSource&) = delete;
  PackedSource& operator=(const PackedSource&) = delete;
  virtual ~PackedSource() = default;

  // The region's blocks; never none.
  [[nodiscard]] virtual BlockRange region() const = 0;
  // The payload of block `index` of the region, which must verify or be unwritten: that reads as
  // zeros. Valid until the next call.
  [[nodiscard]] virtual Result<Bytes> payload(uint64_t index) = 0;
  // Whether block `index` of the region was never written.
  [[nodiscard]] virtual Result<bool> is_unwritten(uint64_t index) = 0;
  // The first block from `index` on that may hold anything but zeros, or the count of blocks.
  [[nodiscard]] virtual Result<uint64_t> next_written(uint64_t index) = 0;

  [[nodiscard]] uint64_t blocks() const { return region().count(); }
};

// Reads many blocks at once: for whole tables. `file` has no journal that waits (see
// committed_view), and `region` lies within it.
class FileSource : public PackedSource {
 public:
  FileSource(const BlockIo& io, BlockRange region, BlockType tag)
      : io_(io), region_(region), tag_(tag) {}

  [[nodiscard]] BlockRange region() const override { return region_; }
  Result<Bytes> payload(uint64_t index) override;
  Result<bool> is_unwritten(uint64_t index) override;
  Result<uint64_t> next_written(uint64_t index) override;

 private:
  // The block, unchecked; valid until the next call.
  [[nodiscard]] Result<UncheckedBlock> block(uint64_t index);

  BlockIo io_;
  BlockRange region_;
  BlockType tag_;
  BlockRange held_;     // of the region, in buffer_
  BlockRange written_;  // of the region: what next_written() found to be no hole
  BlockBuffer buffer_;
};

// A region as the last commit left it, whether its blocks are home or still in the journal, which
// outlives the source.
class CommittedSource : public PackedSource {
 public:
  CommittedSource(const Journal& journal, BlockRange region, BlockType tag)
      : journal_(journal), region_(region), tag_(tag), buffer_(journal.io().make_buffer()) {}

  [[nodiscard]] BlockRange region() const override { return region_; }
  Result<Bytes> payload(uint64_t index) override;
  Result<bool> is_unwritten(uint64_t index) override;
  Result<uint64_t> next_written(uint64_t index) override;

 private:
  const Journal& journal_;
  BlockRange region_;
  BlockType tag_;
  BlockBuffer buffer_;
};

// The region in slot `slot` of `transaction`, which outlives the source.
class TransactionSource : public PackedSource {
 public:
  TransactionSource(Transaction& transaction, size_t slot)
      : transaction_(transaction), slot_(slot) {}

  [[nodiscard]] BlockRange region() const override;
  Result<Bytes> payload(uint64_t index) override;
  Result<bool> is_unwritten(uint64_t index) override;
  // Knows nothing of holes, because blocks may wait in the journal.
  Result<uint64_t> next_written(uint64_t index) override { return index; }

 private:
  Transaction& transaction_;
  size_t slot_;
};

}  // namespace vde
