// A part of a file as a file of its own.
#pragma once

#include <memory>

#include "vde/storage.h"

namespace vde {

// Shows `file` from byte `start` on, only for reading: a volume after boot code, or within the dump
// of a disk. Empty if the file ends before. The file itself if `start` is 0.
[[nodiscard]] std::unique_ptr<BlockFile> part_of_file(std::unique_ptr<BlockFile> file,
                                                      uint64_t start);

}  // namespace vde
