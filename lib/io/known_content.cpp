#include "io/known_content.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "format/preamble.h"
#include "format/superblock.h"

namespace vde {
namespace {

struct Signature {
  uint64_t offset;
  std::string_view bytes;
  std::string_view kind;
};

using namespace std::string_view_literals;

constexpr auto kSignatures = std::to_array<Signature>({
    {0, "DWVD"sv, "a DWVD image"},
    {0, "VDEUNDO1"sv, "the undo file of a repair"},
    {0,
     "\x7f"
     "ELF"sv,
     "an ELF program"},
    {0, "\x1f\x8b"sv, "gzip data"},
    {0, "PK\x03\x04"sv, "a zip archive"},
    {0, "SQLite format 3\0"sv, "an SQLite database"},
    {0, "QFI\xfb"sv, "a QCOW image"},
    {0, "hsqs"sv, "a squashfs image"},
    {0, "XFSB"sv, "an XFS file system"},
    {0, "LUKS\xba\xbe"sv, "a LUKS volume"},
    {0, "\x89PNG"sv, "a PNG image"},
    {0, "%PDF"sv, "a PDF document"},
    {257, "ustar"sv, "a tar archive"},
    {510, "\x55\xaa"sv, "a partition table or boot sector"},
    {0x438, "\x53\xef"sv, "an ext2, ext3 or ext4 file system"},
    {0x10040, "_BHRfS_M"sv, "a btrfs file system"},
});

constexpr uint64_t kLookedAt = 0x10048;

// A preamble starts like a superblock, so exclude the preamble's own mark.
bool starts_volume(BlockFile& file, uint64_t offset) {
  std::array<uint8_t, kPreambleHeaderLayout.size()> head{};
  const auto size = file.size();
  if (!size || offset >= *size || *size - offset < head.size()) return false;
  if (!file.read(offset, head)) return false;
  return kSuperblockLayout.decode(head).signature == Superblock{}.signature && !has_preamble(head);
}

std::string describe(const Preamble& preamble) {
  if (!preamble.volume) return "boot code with a damaged header before a DWVD volume";
  return fmt::format("boot code before a DWVD volume, which starts at byte {}", *preamble.volume);
}

}  // namespace

std::optional<Preamble> find_preamble(BlockFile& file, Bytes head) {
  if (!has_preamble(head)) return std::nullopt;
  const PreambleHeader header = kPreambleHeaderLayout.decode(head);
  const bool trusted = is_possible(header) && (header.checksum == preamble_checksum(head) ||
                                               starts_volume(file, header.volume_offset));
  return trusted ? Preamble{header.volume_offset} : Preamble{};
}

Result<std::optional<std::string>> known_content(BlockFile& file) {
  VDE_TRY_ASSIGN(size, file.size());
  std::vector<uint8_t> head(std::min(size, kLookedAt));
  VDE_TRY(file.read(0, head));
  if (const auto preamble = find_preamble(file, head))
    return std::optional<std::string>(describe(*preamble));
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  for (const Signature& signature : kSignatures)
    if (text.size() > signature.offset &&
        text.substr(signature.offset).starts_with(signature.bytes))
      return std::optional<std::string>(signature.kind);
  return std::optional<std::string>{};
}

}  // namespace vde
