// Changes to images that are there already. Each function does one durable change: when it returns
// without an error the change is on the disk, and a crash before that leaves the image as it was.
// The caller holds the exclusive lock for writing, a shared one for reading.
#pragma once

#include <memory>
#include <string>

#include "vde/block_file.h"
#include "vde/ticks.h"

namespace vde {

struct EditOptions {
  Ticks now;            // the time of the change
  bool unseal = false;  // change a sealed image, which clears its seal
};

// The image as its last commit left it: `file` itself, or, where commits wait in its journal, a
// view that has them. Never writes to `file`, which must outlive the view. kDamaged where the
// journal cannot be believed.
[[nodiscard]] Result<std::unique_ptr<BlockFile>> committed_view(BlockFile& file);

// The volume's label, bytes as they are.
[[nodiscard]] Result<std::string> read_label(BlockFile& file);
// At most 64 bytes of UTF-8.
[[nodiscard]] Result<void> set_label(BlockFile& file, std::string_view label,
                                     const EditOptions& options);

struct Resized {
  uint64_t old_size = 0;  // bytes
  uint64_t new_size = 0;
};

// Gives the volume `size` bytes. Growing extends the file first; shrinking cuts it afterwards, and
// is kNoSpace where blocks behind the new end are in use. kNotFound where it has that size already.
[[nodiscard]] Result<Resized> resize_volume(BlockFile& file, uint64_t size,
                                            const EditOptions& options);

}  // namespace vde
