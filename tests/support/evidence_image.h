// Images whose seal and metadata chain hash are right, and the keys for them.
#pragma once

#include "format/keyed_hash.h"
#include "journal/metadata_chain.h"
#include "support/image_builder.h"
#include "support/must.h"
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

// Sets the metadata chain hash in both groups. The seal does not depend on it.
inline void chain_image(ImageBuilder& image) {
  const auto heads = chain_heads(image.slots(), must(probe_image(image.file())).manifest(),
                                 image.bytes().size() / image.block_size());
  const Opaque<32> hash = must(chain_hash(
      heads, [&](uint64_t number) -> Result<Bytes> { return Bytes(image.block(number)); }));
  for (const uint64_t anchor : {kPrimaryGroup + 3, kMirrorGroup + 3}) {
    IntegrityAnchor value = kIntegrityAnchorLayout.decode(image.payload(anchor));
    value.metadata_chain_hash = hash;
    value.chain_generation = 1;
    value.chain = Ticks{638'000'000'000'000'000};
    kIntegrityAnchorLayout.encode(value, image.payload(anchor));
    image.rehash(anchor);
  }
}

}  // namespace vde::test
