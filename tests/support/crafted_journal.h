// Journal records as an attacker writes them: with valid trailers, chaining and checksum, whatever
// they refer to.
#pragma once

#include <functional>
#include <vector>

#include "format/journal_record.h"
#include "io/block_io.h"
#include "support/image_builder.h"

namespace vde::test {

struct CraftedEntry {
  uint64_t target = 0;
  uint64_t place = 0;  // block number in the image; 0 = the next block of the record
  BlockBuffer image;   // a whole block with its trailer
};

class CraftedJournal {
 public:
  // The journal of `image` must be clean; `image` must outlive this object.
  explicit CraftedJournal(ImageBuilder& image);

  // Writes a record after the earlier ones, and each after-image to its place if the file has it.
  // The superblock is that of the image except for its sequence and the effect of `change`. Returns
  // the record's first block.
  uint64_t add(
      const std::vector<CraftedEntry>& entries,
      const std::function<void(Superblock&)>& change = [](Superblock&) {});

  // The header seal of the records that follow; none at first.
  void set_seal(const Opaque<32>& seal) { seal_ = seal; }

  // The first block of the next record.
  [[nodiscard]] uint64_t next() const { return next_; }

  // A valid block of type `type` with all payload bytes `fill`.
  [[nodiscard]] BlockBuffer valid_block(BlockType tag, uint8_t fill) const;

 private:
  [[nodiscard]] uint64_t blocks() { return image_.bytes().size() / image_.block_size(); }
  [[nodiscard]] RecordHead make_head(const std::function<void(Superblock&)>& change);
  void put(uint64_t number, Bytes block);

  ImageBuilder& image_;
  uint64_t next_;
  uint64_t epoch_ = 0;
  uint64_t previous_ = 0;
  uint32_t records_ = 0;
  Opaque<32> seal_{};
};

}  // namespace vde::test
