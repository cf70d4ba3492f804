// OpenSSL has newer functions, which need its whole table of algorithms: a program would hold
// megabytes of them and prepare them at every start. Those for SHA-2 alone are marked as deprecated
// since.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "format/hash.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
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

struct Sha256 {
  using Context = SHA256_CTX;
  static constexpr size_t kSize = 32;
  static constexpr size_t kBlock = 64;
  static constexpr auto kInit = SHA256_Init;
  static constexpr auto kUpdate = SHA256_Update;
  static constexpr auto kFinish = SHA256_Final;
};

struct Sha512 {
  using Context = SHA512_CTX;
  static constexpr size_t kSize = 64;
  static constexpr size_t kBlock = 128;
  static constexpr auto kInit = SHA512_Init;
  static constexpr auto kUpdate = SHA512_Update;
  static constexpr auto kFinish = SHA512_Final;
};

template <class Sha>
Opaque<Sha::kSize> hash_of(Bytes first, Bytes second) {
  Opaque<Sha::kSize> hash{};
  typename Sha::Context context;
  must(Sha::kInit(&context));
  must(Sha::kUpdate(&context, first.data(), first.size()));
  must(Sha::kUpdate(&context, second.data(), second.size()));
  must(Sha::kFinish(hash.data(), &context));
  OPENSSL_cleanse(&context, sizeof(context));
  return hash;
}

// RFC 2104. OpenSSL's own function needs its table of algorithms.
template <class Sha>
Opaque<Sha::kSize> hmac(Bytes key, Bytes bytes) {
  std::array<uint8_t, Sha::kBlock> inner{};
  if (key.size() <= inner.size())
    std::ranges::copy(key, inner.begin());
  else
    std::ranges::copy(hash_of<Sha>(key, {}), inner.begin());
  std::array<uint8_t, Sha::kBlock> outer{};
  for (size_t i = 0; i < inner.size(); ++i) {
    outer[i] = inner[i] ^ 0x5C;
    inner[i] ^= 0x36;
  }
  const Opaque<Sha::kSize> code = hash_of<Sha>(outer, hash_of<Sha>(inner, bytes));
  OPENSSL_cleanse(inner.data(), inner.size());
  OPENSSL_cleanse(outer.data(), outer.size());
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

Opaque<32> hmac_sha256(Bytes key, Bytes bytes) {
  return hmac<Sha256>(key, bytes);
}

Opaque<64> hmac_sha512(Bytes key, Bytes bytes) {
  return hmac<Sha512>(key, bytes);
}

}  // namespace vde
