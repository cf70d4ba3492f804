// Keys for the parts of an image that were signed or sealed with one: the header seal, the policy
// vault's HMAC and the namespace signature. No key is ever in an image, printed, or written.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "vde/bytes.h"
#include "vde/error.h"

namespace vde {

// Its bytes are overwritten when it is destroyed.
class SecretKey {
 public:
  explicit SecretKey(Bytes bytes) : bytes_(bytes.begin(), bytes.end()) {}
  SecretKey(const SecretKey&) = delete;
  SecretKey& operator=(const SecretKey&) = delete;
  ~SecretKey();

  [[nodiscard]] Bytes bytes() const { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
};

using SharedKey = std::shared_ptr<const SecretKey>;
using SecretKeys = std::vector<SharedKey>;

// The SDK's keys have 32 bytes.
inline constexpr size_t kMaxKeyBytes = 4096;

struct KeyFile {
  SharedKey key;
  bool is_exposed = false;  // users other than the owner may read or write the file
};

// Reads a key: all bytes of the file `path`, a line feed at its end included. kMalformed if the
// file is empty or has more than kMaxKeyBytes; kIo.
[[nodiscard]] Result<KeyFile> read_key_file(const std::string& path);

}  // namespace vde
