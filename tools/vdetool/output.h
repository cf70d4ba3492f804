// Standard output or a file, buffered. Reports errors that are often ignored: a full disk, a closed
// pipe.
#pragma once

#include <unistd.h>

#include <string>
#include <string_view>

#include "vde/bytes.h"
#include "vde/error.h"

namespace vde::cli {

// An error is returned once; all later output is dropped silently.
class Output {
 public:
  explicit Output(int descriptor = STDOUT_FILENO) : descriptor_(descriptor) {}

  // Buffers the text until the buffer is full, or until flush().
  [[nodiscard]] Result<void> write(std::string_view text);
  [[nodiscard]] Result<void> write(Bytes bytes);
  [[nodiscard]] Result<void> flush();
  [[nodiscard]] bool has_failed() const { return failed_; }

 private:
  int descriptor_;
  std::string buffer_;
  bool failed_ = false;
};

}  // namespace vde::cli
