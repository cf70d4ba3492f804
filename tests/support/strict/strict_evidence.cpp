#include "support/strict/strict_evidence.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

namespace vde::test::strict {
namespace {

using Digest = std::vector<uint8_t>;

// An image that validates, and its blocks.
class Evidence {
 public:
  explicit Evidence(Bytes bytes) : bytes_(bytes), image_(bytes) {
    if (!image_.validates()) throw Failure("the image does not validate");
  }

  [[nodiscard]] const Image& image() const { return image_; }
  [[nodiscard]] Bytes block(uint64_t number) const {
    const auto size = static_cast<size_t>(image_.superblock().block_size);
    if ((number + 1) * size > bytes_.size()) throw Failure("a block lies outside the file");
    return bytes_.subspan(number * size, size);
  }
  [[nodiscard]] Bytes payload(uint64_t number) const {
    const Bytes whole = block(number);
    return whole.first(whole.size() - kTrailerSize);
  }
  // Block `index` of the group in use.
  [[nodiscard]] Bytes in_group(uint64_t index) const {
    return payload((image_.group() == Group::kMirror ? 4 : 0) + index);
  }

 private:
  Bytes bytes_;
  Image image_;
};

Digest hmac(const EVP_MD* hash, Bytes key, Bytes bytes) {
  Digest digest(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  HMAC(hash, key.data(), static_cast<int>(key.size()), bytes.data(), bytes.size(), digest.data(),
       &size);
  digest.resize(size);
  return digest;
}

Digest sha256(const std::vector<uint8_t>& bytes) {
  Digest digest(32);
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return digest;
}

bool is_zero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

Proof judge(Bytes stored, const Digest& computed) {
  if (is_zero(stored)) return Proof::kAbsent;
  return std::ranges::equal(stored, computed) ? Proof::kFits : Proof::kWrong;
}

}  // namespace

Proof header_seal(Bytes image, Bytes key) {
  const Evidence evidence(image);
  const Bytes head = evidence.in_group(0);
  const size_t at = head.size() - 32;
  return judge(head.subspan(at), hmac(EVP_sha256(), key, head.first(at)));
}

Proof policy_seal(Bytes image, Bytes key) {
  const Evidence evidence(image);
  const auto slot = evidence.image().slot("POLV");
  if (!slot) return Proof::kAbsent;
  const auto first = static_cast<uint64_t>(slot->start);
  return judge(evidence.payload(first + 1).first(32),
               hmac(EVP_sha256(), key, evidence.payload(first)));
}

Proof namespace_signature(Bytes image, Bytes key) {
  const Evidence evidence(image);
  const Bytes metadata = evidence.in_group(2);
  return judge(metadata.subspan(0x70, 64), hmac(EVP_sha512(), key, metadata.first(0x70)));
}

Proof metadata_chain(Bytes image) {
  const Evidence evidence(image);
  const Bytes anchor = evidence.in_group(3);
  std::vector<Slot> slots = evidence.image().directory();
  // Of the slots with type DATA, the last one is the data area; the others belong to modules.
  const auto data = std::find_if(slots.rbegin(), slots.rend(),
                                 [](const Slot& slot) { return slot.type == "DATA"; });
  if (data != slots.rend()) slots.erase(std::next(data).base());
  std::erase_if(slots, [](const Slot& slot) { return slot.type == "SUPB"; });
  std::ranges::sort(slots, {}, &Slot::start);
  Digest hash(32);
  for (const Slot& slot : slots) {
    const Bytes first = evidence.block(static_cast<uint64_t>(slot.start));
    hash.insert(hash.end(), first.begin(), first.end());
    hash = sha256(hash);
  }
  return judge(anchor.subspan(0x148, 32), hash);
}

}  // namespace vde::test::strict
