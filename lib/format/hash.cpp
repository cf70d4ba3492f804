// OpenSSL has newer functions, which need its whole table of algorithms: a program would hold
// megabytes of them and prepare them at every start. Those for SHA-256 alone are marked as
// deprecated since.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "format/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <cstdlib>

namespace vde {
namespace {

SHA256_CTX* state_of(void* context) {
  return static_cast<SHA256_CTX*>(context);
}

// A wrong hash would be worse than the end of the program.
void must(int done) {
  if (done != 1) std::abort();
}

template <size_t kSize>
Opaque<kSize> hmac_with(const EVP_MD* hash, Bytes key, Bytes bytes) {
  Opaque<kSize> code{};
  unsigned size = 0;
  // Without a pointer the key would count as missing, not as empty.
  const uint8_t none = 0;
  const bool done = HMAC(hash, key.empty() ? &none : key.data(), static_cast<int>(key.size()),
                         bytes.data(), bytes.size(), code.data(), &size) != nullptr;
  must(done && size == kSize ? 1 : 0);
  return code;
}

}  // namespace

void Sha256Stream::Free::operator()(void* context) const {
  delete state_of(context);
}

Sha256Stream::Sha256Stream() : context_(new SHA256_CTX) {
  must(SHA256_Init(state_of(context_.get())));
}

void Sha256Stream::add(Bytes bytes) {
  must(SHA256_Update(state_of(context_.get()), bytes.data(), bytes.size()));
}

Opaque<32> Sha256Stream::finish() {
  Opaque<32> hash{};
  must(SHA256_Final(hash.data(), state_of(context_.get())));
  return hash;
}

Opaque<32> sha256(Bytes bytes) {
  Sha256Stream stream;
  stream.add(bytes);
  return stream.finish();
}

// OpenSSL's own, which needs its table of algorithms: keys are seldom used.
Opaque<32> hmac_sha256(Bytes key, Bytes bytes) {
  return hmac_with<32>(EVP_sha256(), key, bytes);
}

Opaque<64> hmac_sha512(Bytes key, Bytes bytes) {
  return hmac_with<64>(EVP_sha512(), key, bytes);
}

}  // namespace vde
