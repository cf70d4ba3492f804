#include "format/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>

namespace vde {
namespace {

// An empty span may have a null address, which HMAC interprets as "use the previous key".
constexpr uint8_t kNoKey = 0;

}  // namespace

// These calls fail only if memory or a SHA-256 provider is missing. Returning a wrong hash would be
// worse than ending the program.
Opaque<32> sha256(Bytes bytes) {
  Opaque<32> hash{};
  if (EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, EVP_sha256(), nullptr) != 1)
    std::abort();
  return hash;
}

void Sha256Stream::Free::operator()(void* context) const {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context));
}

Sha256Stream::Sha256Stream() : context_(EVP_MD_CTX_new()) {
  if (!context_ ||
      EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_.get()), EVP_sha256(), nullptr) != 1)
    std::abort();
}

void Sha256Stream::add(Bytes bytes) {
  if (EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_.get()), bytes.data(), bytes.size()) != 1)
    std::abort();
}

Opaque<32> Sha256Stream::finish() {
  Opaque<32> hash{};
  if (EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_.get()), hash.data(), nullptr) != 1)
    std::abort();
  return hash;
}

Opaque<32> hmac_sha256(Bytes key, Bytes bytes) {
  const uint8_t* key_data = key.empty() ? &kNoKey : key.data();
  Opaque<32> hash{};
  if (HMAC(EVP_sha256(), key_data, static_cast<int>(key.size()), bytes.data(), bytes.size(),
           hash.data(), nullptr) == nullptr)
    std::abort();
  return hash;
}

}  // namespace vde
