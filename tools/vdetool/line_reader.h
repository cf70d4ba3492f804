// Lines of a text file or of standard input, with their numbers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vde/activity.h"
#include "vde/error.h"

namespace vde::cli {

class LineReader {
 public:
  static constexpr size_t kLongestLine = size_t{64} << 10;  // bytes

  // `path` "-" or empty is standard input. `longest`: bytes of the longest line.
  [[nodiscard]] static Result<LineReader> open(const std::string& path,
                                               size_t longest = kLongestLine);
  LineReader(LineReader&& other) noexcept;
  LineReader& operator=(LineReader&&) = delete;
  ~LineReader();

  // Sets `line` to the next line without its line feed, which is optional in the last line, without
  // one carriage return at its end, and without a byte order mark at the start of the file; valid
  // until the next call. False at the end. kMalformed for a line that is too long, kInterrupted if
  // `activity` requests a stop.
  [[nodiscard]] Result<bool> next(std::string_view& line, Activity& activity);

  // The number of the last line, counted from 1.
  [[nodiscard]] uint64_t number() const { return number_; }

 private:
  LineReader(int descriptor, size_t longest);
  [[nodiscard]] Result<void> fill(Activity& activity);

  int descriptor_;
  size_t longest_;
  std::vector<char> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  bool is_at_end_ = false;
  uint64_t number_ = 0;
};

}  // namespace vde::cli
