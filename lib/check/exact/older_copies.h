// The files that blocks may be taken from: the image itself, and older copies of it.
#pragma once

#include "check/exact/correction.h"
#include "check/exact/wanted_blocks.h"
#include "check/repair/repair_base.h"

namespace vde {

class OlderCopies {
 public:
  enum class Notes { kNo, kYes };
  // Copies of another volume, or with blocks of another size, are left out, and a note says so.
  [[nodiscard]] static Result<OlderCopies> open(RepairBase& repair, Notes notes);

  // Reads the image and, as far as something is missing then, the copies.
  [[nodiscard]] Result<void> look_through(WantedBlocks& wanted, Activity& activity) const;
  // The payload of a block that look_through() found; valid until the next call. Nothing where it
  // has another checksum now.
  [[nodiscard]] Result<std::optional<Bytes>> read(FoundBlock found, uint64_t checksum);
  // "the image", "backup.dwvd"
  [[nodiscard]] std::string name_of(size_t file) const;
  // "block 12 of backup.dwvd"
  [[nodiscard]] std::string source_of(FoundBlock found) const;

  // The payload with this checksum among the blocks before the first region of the copies, and the
  // name of its block; valid until the next call.
  [[nodiscard]] std::optional<BlockCopy> find_fixed(uint64_t checksum);

  // Block `number` as each copy has it, whatever became of it.
  [[nodiscard]] std::vector<BlockCopy> copies_of(uint64_t number);

 private:
  struct File {
    std::string name;  // empty for the image
    BlockIo io;
  };

  std::vector<File> files_;  // the image first
  BlockBuffer buffer_;
  std::vector<BlockBuffer> blocks_;  // of copies_of()
};

}  // namespace vde
