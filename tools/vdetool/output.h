// Standard output or a file, buffered, with the errors that printing usually forgets: a full disk,
// a closed pipe.
#pragma once

#include <unistd.h>

#include <string>
#include <string_view>

#include "vde/bytes.h"
#include "vde/error.h"

namespace vde::cli {

// A failure is returned once; everything after it is dropped without another.
class Output {
 public:
  explicit Output(int descriptor = STDOUT_FILENO) : descriptor_(descriptor) {}

  // Keeps the text until there is enough of it, or until flush().
  [[nodiscard]] Result<void> write(std::string_view text);
  [[nodiscard]] Result<void> write(Bytes bytes);
  [[nodiscard]] Result<void> flush();

 private:
  int descriptor_;
  std::string buffer_;
  bool failed_ = false;
};

}  // namespace vde::cli
