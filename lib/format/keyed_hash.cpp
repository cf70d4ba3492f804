#include "format/keyed_hash.h"

#include <openssl/crypto.h>

#include "format/extended_metadata.h"
#include "format/hash.h"
#include "format/region/policy.h"

namespace vde {
namespace {

bool are_equal_bytes(Bytes one, Bytes other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace

HeaderSeal seal_with(Bytes key, Bytes payload) {
  return {hmac_sha256(key, payload.first(payload.size() - kHeaderSealLayout.size()))};
}

bool seal_fits(Bytes key, Bytes payload) {
  return are_equal_bytes(seal_with(key, payload).header_seal,
                         payload.last(kHeaderSealLayout.size()));
}

bool policies_fit(Bytes key, Bytes policies, Bytes seal) {
  return are_equal_bytes(hmac_sha256(key, policies), seal.first(kPolicySealLayout.size()));
}

bool namespace_fits(Bytes key, Bytes extended) {
  const Bytes signed_bytes = extended.first(kNamespaceSignatureOffset);
  const Opaque<64> signature = hmac_sha512(key, signed_bytes);
  return are_equal_bytes(signature, extended.subspan(signed_bytes.size(), signature.size()));
}

}  // namespace vde
