// Images whose seal is right, and the keys for them.
#pragma once

#include "format/keyed_hash.h"
#include "support/image_builder.h"
#include "vde/keys/secret_key.h"

namespace vde::test {

// 32 bytes that begin with `first`.
[[nodiscard]] inline SharedKey test_key(uint8_t first = 1) {
  std::vector<uint8_t> bytes(32);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(first + i * 7);
  return std::make_shared<const SecretKey>(bytes);
}

// Seals block 0 and its mirror.
inline void seal_image(ImageBuilder& image, const SharedKey& key) {
  for (const uint64_t group : {kPrimaryGroup, kMirrorGroup}) {
    const MutableBytes payload = image.payload(group);
    kHeaderSealLayout.encode(seal_with(key->bytes(), payload),
                             payload.last(kHeaderSealLayout.size()));
    image.rehash(group);
  }
}

}  // namespace vde::test
