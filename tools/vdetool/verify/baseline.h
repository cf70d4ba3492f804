// Baselines of verify: findings that are known and accepted, as lines of `verify --json`.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "output_file.h"
#include "vde/activity.h"
#include "vde/verify.h"

namespace vde::cli {

// The findings that a baseline accepts.
class Baseline {
 public:
  // Reads the file at `path`; keeps what is about one of `images`. kMalformed, naming the line, for
  // a line that `verify --json` does not write.
  [[nodiscard]] Result<void> read(const std::string& path, const std::vector<std::string>& images,
                                  Activity& activity);

  // Whether a finding with this code, region and block in this image, as given, was read.
  [[nodiscard]] bool accepts(const std::string& image, const Finding& finding) const;

 private:
  std::set<std::string> keys_;
};

// A baseline that is being written: it appears under its name complete or not at all.
class NewBaseline {
 public:
  // kUsage if `path` is one of `images` or standard output; kExists for a file that is neither
  // empty nor a baseline.
  [[nodiscard]] static Result<NewBaseline> create(const std::string& path,
                                                  const std::vector<std::string>& images,
                                                  Output& standard_output);

  [[nodiscard]] Result<void> add(const std::string& image, const Finding& finding);
  [[nodiscard]] Result<void> publish() { return file_->finish(); }

 private:
  explicit NewBaseline(std::unique_ptr<OutputFile> file) : file_(std::move(file)) {}

  std::unique_ptr<OutputFile> file_;
};

}  // namespace vde::cli
