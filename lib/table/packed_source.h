// The blocks of a packed table (SNAP, CODE), read one by one front to back: from a file, or as a
// transaction sees them.
#pragma once

#include "journal/journal.h"

namespace vde {

class PackedSource {
 public:
  PackedSource() = default;
  PackedSource(const PackedSource&) = delete;
  PackedSource& operator=(const PackedSource&) = delete;
  virtual ~PackedSource() = default;

  // The region's blocks; never empty.
  [[nodiscard]] virtual BlockRange region() const = 0;
  // The payload of block `index` of the region. The block must be valid, or unwritten, which reads
  // as zeros. Valid until the next call.
  [[nodiscard]] virtual Result<Bytes> payload(uint64_t index) = 0;
  // True if block `index` of the region was never written.
  [[nodiscard]] virtual Result<bool> is_unwritten(uint64_t index) = 0;
  // The first block from `index` on that may contain nonzero bytes, or the number of blocks.
  [[nodiscard]] virtual Result<uint64_t> next_written(uint64_t index) = 0;

  [[nodiscard]] uint64_t blocks() const { return region().count(); }
};

// Reads many blocks at once, for whole tables. The journal of `file` must have no live records (see
// committed_view), and `region` must lie within the file.
class FileSource : public PackedSource {
 public:
  FileSource(const BlockIo& io, BlockRange region, BlockType type)
      : io_(io), region_(region), type_(type) {}

  [[nodiscard]] BlockRange region() const override { return region_; }
  Result<Bytes> payload(uint64_t index) override;
  Result<bool> is_unwritten(uint64_t index) override;
  Result<uint64_t> next_written(uint64_t index) override;

 private:
  // The block, unchecked; valid until the next call.
  [[nodiscard]] Result<UncheckedBlock> block(uint64_t index);

  BlockIo io_;
  BlockRange region_;
  BlockType type_;
  BlockRange held_;     // block indices in the region, in buffer_
  BlockRange written_;  // block indices: what next_written() found to be data
  BlockBuffer buffer_;
};

// A region as of the last commit of `journal`, which must outlive the source.
class CommittedSource : public PackedSource {
 public:
  CommittedSource(const Journal& journal, BlockRange region, BlockType type)
      : journal_(journal), region_(region), type_(type), buffer_(journal.io().make_buffer()) {}

  [[nodiscard]] BlockRange region() const override { return region_; }
  Result<Bytes> payload(uint64_t index) override;
  Result<bool> is_unwritten(uint64_t index) override;
  Result<uint64_t> next_written(uint64_t index) override;

 private:
  const Journal& journal_;
  BlockRange region_;
  BlockType type_;
  BlockBuffer buffer_;
};

// The region in slot `slot` of `transaction`, which must outlive the source.
class TransactionSource : public PackedSource {
 public:
  TransactionSource(Transaction& transaction, size_t slot)
      : transaction_(transaction), slot_(slot) {}

  [[nodiscard]] BlockRange region() const override;
  Result<Bytes> payload(uint64_t index) override;
  Result<bool> is_unwritten(uint64_t index) override;
  // Does not search for holes, because blocks may be in the journal.
  Result<uint64_t> next_written(uint64_t index) override { return index; }

 private:
  Transaction& transaction_;
  size_t slot_;
};

}  // namespace vde
