// What a file holds that is not an image, as far as its first bytes say.
#pragma once

#include <optional>
#include <string>

#include "vde/storage.h"

namespace vde {

// Boot code before the volume (docs/FORMAT.md, section 1.1).
struct Preamble {
  // Byte at which the volume starts; nothing where the preamble's header is damaged.
  std::optional<uint64_t> volume;
};

// `head` is the first bytes of `file`, 64 or more where it has as many. A header that fails its
// checksum is trusted only if a superblock's signature is where it says.
[[nodiscard]] std::optional<Preamble> find_preamble(BlockFile& file, Bytes head);

// As a person would call it ("gzip data", "an ext2, ext3 or ext4 file system"), after "holds";
// nothing where no signature is known. kIo.
[[nodiscard]] Result<std::optional<std::string>> known_content(BlockFile& file);

}  // namespace vde
