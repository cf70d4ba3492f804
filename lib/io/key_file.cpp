#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "io/file_descriptor.h"
#include "vde/keys/secret_key.h"

namespace vde {
namespace {

// Bytes of a key on their way into a SecretKey.
struct KeyBuffer {
  std::array<uint8_t, kMaxKeyBytes + 1> bytes{};
  size_t count = 0;

  KeyBuffer() = default;
  KeyBuffer(const KeyBuffer&) = delete;
  KeyBuffer& operator=(const KeyBuffer&) = delete;
  ~KeyBuffer() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

// Reads until the end of the file, or until there are too many bytes for a key.
Result<void> fill(int fd, KeyBuffer& buffer) {
  while (buffer.count < buffer.bytes.size()) {
    const ssize_t count =
        ::read(fd, buffer.bytes.data() + buffer.count, buffer.bytes.size() - buffer.count);
    if (count == 0) break;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure("cannot read the key");
    buffer.count += static_cast<size_t>(count);
  }
  return {};
}

bool is_exposed(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
         (status.st_mode & (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)) != 0;
}

}  // namespace

SecretKey::~SecretKey() {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

Result<KeyFile> read_key_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (file.get() < 0) return system_failure("cannot open the key file");
  KeyBuffer buffer;
  VDE_TRY(fill(file.get(), buffer));
  if (buffer.count == 0)
    return fail(ErrorCode::kMalformed, "the key file is empty", "a key has 32 bytes");
  if (buffer.count > kMaxKeyBytes)
    return fail(ErrorCode::kMalformed, fmt::format("a key file has at most {} bytes", kMaxKeyBytes),
                "a key has 32 bytes");
  return KeyFile{std::make_shared<const SecretKey>(Bytes(buffer.bytes).first(buffer.count)),
                 is_exposed(file.get())};
}

}  // namespace vde
