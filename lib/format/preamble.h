// Boot code before the volume in the same file: docs/FORMAT.md, section 1.1.
#pragma once

#include "format/field.h"

namespace vde {

struct PreambleHeader {
  Text<8> mark{{'D', 'W', 'V', 'D', '-', 'B', 'O', 'O'}};
  uint16_t version = 1;
  uint16_t flags = 0;
  uint32_t content_hash_offset = 0;
  uint64_t total_size = 0;     // bytes, hash and signature included
  uint64_t volume_offset = 0;  // offset of block 0 of the volume, in bytes
  uint32_t kernel_offset = 0;
  uint32_t kernel_size = 0;
  uint32_t spdk_offset = 0;
  uint32_t spdk_size = 0;
  uint32_t runtime_offset = 0;
  uint32_t runtime_size = 0;
  uint64_t checksum = 0;

  bool operator==(const PreambleHeader&) const = default;
};

inline constexpr Layout kPreambleHeaderLayout(
    "preamble", field(0, "mark", &PreambleHeader::mark),
    field(8, "version", &PreambleHeader::version), field(10, "flags", &PreambleHeader::flags),
    field(12, "content_hash_offset", &PreambleHeader::content_hash_offset),
    field(16, "total_size", &PreambleHeader::total_size),
    field(24, "volume_offset", &PreambleHeader::volume_offset),
    field(32, "kernel_offset", &PreambleHeader::kernel_offset),
    field(36, "kernel_size", &PreambleHeader::kernel_size),
    field(40, "spdk_offset", &PreambleHeader::spdk_offset),
    field(44, "spdk_size", &PreambleHeader::spdk_size),
    field(48, "runtime_offset", &PreambleHeader::runtime_offset),
    field(52, "runtime_size", &PreambleHeader::runtime_size),
    field(56, "checksum", &PreambleHeader::checksum));
static_assert(kPreambleHeaderLayout.covers(64));

// `head` is the start of a file. Only bytes 4 to 7 matter: if they match, the file does not have a
// volume at byte 0, whatever else is damaged.
[[nodiscard]] bool has_preamble(Bytes head);
// The first 8 bytes of the SHA-256 of the first 56 bytes of `head`, which must have that many.
[[nodiscard]] uint64_t preamble_checksum(Bytes head);
// True if a volume may start at the header's volume offset: after the preamble, at a multiple of
// 4096.
[[nodiscard]] bool is_possible(const PreambleHeader& header);

}  // namespace vde
