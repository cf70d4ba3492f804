// The output of a command with a FILE argument: standard output, or a file that is written
// atomically.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "output.h"
#include "vde/new_file.h"

namespace vde::cli {

// True for standard output: "-", an empty path, or its name in /dev or /proc.
[[nodiscard]] bool names_standard_output(const std::string& path);

class OutputFile {
 public:
  // `path` may name standard output, which is written as it is. Another regular file, or a new one,
  // gets its content in one step when finish() is called; a device or a pipe is written
  // immediately. kUsage if `path` is `image` itself; kExists for a regular file that is not empty,
  // unless `replace`.
  [[nodiscard]] static Result<std::unique_ptr<OutputFile>> open(const std::string& path,
                                                                const std::string& image,
                                                                bool replace,
                                                                Output& standard_output);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  // Deletes a file that was not finished.
  ~OutputFile();

  // Whether it is a regular file, not a stream.
  [[nodiscard]] bool is_file() const { return file_.has_value(); }
  [[nodiscard]] Output& output() { return own_ ? *own_ : standard_output_; }
  // Puts the file in its place; a regular file is then durable.
  [[nodiscard]] Result<void> finish();

 private:
  explicit OutputFile(Output& standard_output) : standard_output_(standard_output) {}
  [[nodiscard]] Result<void> create(const std::string& path);
  [[nodiscard]] Result<void> create_file(const std::string& target);

  Output& standard_output_;
  std::optional<Output> own_;
  int descriptor_ = -1;          // of a device or a pipe
  std::optional<NewFile> file_;  // a regular file
};

}  // namespace vde::cli
