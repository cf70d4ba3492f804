// The cryptographic hashes of the format. The checksum of blocks is in block.h.
#pragma once

#include <memory>

#include "format/field.h"

namespace vde {

[[nodiscard]] Opaque<32> sha256(Bytes bytes);

// SHA-256 of bytes that are added piece by piece.
class Sha256Stream {
 public:
  Sha256Stream();
  void add(Bytes bytes);
  // The hash of all bytes added. Nothing may be added afterwards.
  [[nodiscard]] Opaque<32> finish();

 private:
  struct Free {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Free> context_;
};

// `key` may have any length; the format uses keys of 32 bytes.
[[nodiscard]] Opaque<32> hmac_sha256(Bytes key, Bytes bytes);
[[nodiscard]] Opaque<64> hmac_sha512(Bytes key, Bytes bytes);

}  // namespace vde
