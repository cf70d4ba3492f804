// Data that a command writes for a FILE argument: to standard output, or to a file that is there
// whole or not at all.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "output.h"

namespace vde::cli {

class OutputFile {
 public:
  // `path` "-" or empty is standard output. A regular file, or a name that is free, gets its new
  // content in one step when finish() is called; anything else, a device or a pipe, is written as
  // data comes. kUsage where it is `image` itself.
  [[nodiscard]] static Result<std::unique_ptr<OutputFile>> open(const std::string& path,
                                                                const std::string& image,
                                                                Output& standard_output);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  // What was not finished is gone.
  ~OutputFile();

  [[nodiscard]] Output& output() { return own_ ? *own_ : standard_output_; }
  // What was written is in its place, and durable where that is a regular file.
  [[nodiscard]] Result<void> finish();

 private:
  explicit OutputFile(Output& standard_output) : standard_output_(standard_output) {}
  [[nodiscard]] Result<void> create(const std::string& path);

  Output& standard_output_;
  std::optional<Output> own_;
  int descriptor_ = -1;
  std::string target_;
  std::string temporary_;  // empty where there is none
};

}  // namespace vde::cli
