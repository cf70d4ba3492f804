#include "format/tag/tag_extension.h"

#include <algorithm>

namespace vde {
namespace {

constexpr size_t kRecordSize = kTagExtensionLayout.size();
constexpr size_t kRecordHashed = kRecordSize - sizeof(uint64_t);
constexpr size_t kFreeHead = 3;  // type and count of a free node
constexpr size_t kFreeEnd = kFreeHead + sizeof(int32_t);

}  // namespace

std::optional<TagExtension> decode_tag_extension(Bytes payload) {
  const auto block_size = static_cast<uint32_t>(payload.size()) + kTrailerSize;
  const TagIndexHeader header = kTagIndexHeaderLayout.decode(payload);
  if (!tag_extension_fits(block_size, header.bloom_bits)) return std::nullopt;
  const Bytes bytes = payload.last(kRecordSize);
  const TagExtension extension = kTagExtensionLayout.decode(bytes);
  const TagExtension expected;
  if (extension.mark != expected.mark || extension.version != expected.version ||
      extension.hash != checksum(bytes.first(kRecordHashed)))
    return std::nullopt;
  return extension;
}

void encode_tag_extension(const TagExtension& extension, MutableBytes payload) {
  const MutableBytes bytes = payload.last(kRecordSize);
  kTagExtensionLayout.encode(extension, bytes);
  store_le(bytes, kRecordHashed, checksum(bytes.first(kRecordHashed)));
}

void encode_free_tag_node(int32_t next, MutableBytes payload) {
  std::fill(payload.begin(), payload.end(), uint8_t{0});
  store_le(payload, kFreeHead, next);
}

std::optional<int32_t> decode_free_tag_node(Bytes payload) {
  if (!all_zero(payload.first(kFreeHead)) || !all_zero(payload.subspan(kFreeEnd)))
    return std::nullopt;
  return load_le<int32_t>(payload, kFreeHead);
}

}  // namespace vde
