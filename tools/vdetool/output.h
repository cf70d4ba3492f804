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

  // Breaks lines of text to fit `width` columns from now on; 0: leaves them as they are.
  void fit_lines(size_t width) { width_ = width; }

  // Buffers the text until the buffer is full, or until flush().
  [[nodiscard]] Result<void> write(std::string_view text);
  // Bytes are never broken into lines.
  [[nodiscard]] Result<void> write(Bytes bytes);
  [[nodiscard]] Result<void> flush();
  [[nodiscard]] bool has_failed() const { return failed_; }

 private:
  void add_lines(std::string_view text);

  int descriptor_;
  size_t width_ = 0;  // columns, or 0
  std::string line_;  // the last line, if it has to fit and has no end yet
  std::string buffer_;
  bool failed_ = false;
};

}  // namespace vde::cli
