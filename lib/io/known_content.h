// Recognizes other file formats by their first bytes.
#pragma once

#include <optional>
#include <string>

#include "vde/storage.h"

namespace vde {

// Boot code before the volume (docs/FORMAT.md, section 1.1).
struct Preamble {
  // Offset of the volume in the file; nothing if the preamble's header is damaged.
  std::optional<uint64_t> volume;
};

// `head` is the first bytes of `file`: at least 64, or all if it is shorter. A header whose
// checksum does not match is trusted only if there is a superblock signature at the place it names.
[[nodiscard]] std::optional<Preamble> find_preamble(BlockFile& file, Bytes head);

// Names the content, e.g. "gzip data" or "an ext2, ext3 or ext4 file system", for use after
// "holds". Nothing if no signature is recognized. kIo.
[[nodiscard]] Result<std::optional<std::string>> known_content(BlockFile& file);

}  // namespace vde
