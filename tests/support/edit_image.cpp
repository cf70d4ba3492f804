#include "support/edit_image.h"

#include "format/hash.h"
#include "support/temporary_folder.h"
#include "vde/text.h"

namespace vde::test {
namespace {

constexpr uint64_t kPointerTable = 1;
constexpr uint64_t kMirrorTable = 5;
constexpr uint64_t kDirectorySlots = 8;
constexpr uint64_t kDirectoryHeader = 9;

}  // namespace

void EditedImage::rehash(uint64_t block_number) {
  const MutableBytes bytes = block(block_number);
  const size_t payload = payload_size(block_size_);
  store_le(bytes, payload + 8, checksum(bytes.first(payload)));
}

void EditedImage::put_slot(size_t index, const RegionSlot& slot) {
  const size_t size = kRegionSlotLayout.size();
  for (const uint64_t number : {kPointerTable, kMirrorTable, kDirectorySlots}) {
    kRegionSlotLayout.encode(slot, block(number).subspan(index * size, size));
    rehash(number);
  }
  put(kDirectoryHeader, 8, checksum(block(kDirectorySlots).first(payload_size(block_size_))));
  rehash(kDirectoryHeader);
}

RegionSlot EditedImage::slot(size_t index) {
  return decode_slots(block(kDirectorySlots).first(payload_size(block_size_))).at(index);
}

std::string file_sha256(const std::string& path) {
  return to_hex(sha256(read_file(path)));
}

}  // namespace vde::test
