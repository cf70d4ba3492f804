// Journal records as an attacker writes them: sealed, chained and with the right checksum, whatever
// they name.
#pragma once

#include <functional>
#include <vector>

#include "format/journal_record.h"
#include "io/block_io.h"
#include "support/image_builder.h"

namespace vde::test {

struct CraftedEntry {
  uint64_t target = 0;
  uint64_t place = 0;  // of the image; 0 = the next block of the record
  BlockBuffer image;   // a whole block, sealed
};

class CraftedJournal {
 public:
  // The journal of `image`, which outlives this, is clean.
  explicit CraftedJournal(ImageBuilder& image);

  // Writes a record behind those before it, and each image to its place if the file has that; the
  // superblock is that of the image but for its sequence and what `change` does. Returns the
  // record's first block.
  uint64_t add(
      const std::vector<CraftedEntry>& entries,
      const std::function<void(Superblock&)>& change = [](Superblock&) {});

  // The first block of the next record.
  [[nodiscard]] uint64_t next() const { return next_; }

  // A block of `tag` whose payload is `fill` all over, sealed.
  [[nodiscard]] BlockBuffer sealed(BlockType tag, uint8_t fill) const;

 private:
  [[nodiscard]] uint64_t blocks() { return image_.bytes().size() / image_.block_size(); }
  [[nodiscard]] RecordHead make_head(const std::function<void(Superblock&)>& change);
  void put(uint64_t number, Bytes block);

  ImageBuilder& image_;
  uint64_t next_;
  uint64_t epoch_ = 0;
  uint64_t previous_ = 0;
  uint32_t records_ = 0;
};

}  // namespace vde::test
