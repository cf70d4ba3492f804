// OpenSSL has newer functions, which need its whole table of algorithms: a program would hold
// megabytes of them and prepare them at every start. Those for SHA-256 alone are marked as
// deprecated since.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "format/hash.h"

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

// RFC 2104, section 2.
Opaque<32> hmac_sha256(Bytes key, Bytes bytes) {
  std::array<uint8_t, SHA256_CBLOCK> padded{};
  const Opaque<32> long_key = key.size() > padded.size() ? sha256(key) : Opaque<32>{};
  if (key.size() > padded.size()) key = long_key;
  std::copy(key.begin(), key.end(), padded.begin());
  const auto keyed = [&padded](uint8_t with, Bytes text) {
    std::array<uint8_t, SHA256_CBLOCK> start = padded;
    for (uint8_t& byte : start) byte ^= with;
    Sha256Stream stream;
    stream.add(start);
    stream.add(text);
    return stream.finish();
  };
  return keyed(0x5C, keyed(0x36, bytes));
}

}  // namespace vde
