// An image for tests of the snapshot commands, which run as a shell would run them.
#pragma once

#include <doctest/doctest.h>

#include "support/image_builder.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"

namespace vde::test {

class SnapshotImage {
 public:
  explicit SnapshotImage(const std::vector<uint8_t>& bytes = ImageBuilder().bytes()) {
    write_file(path, bytes);
  }

  // `snapshot VERB IMAGE ARGUMENTS...`
  ToolResult run(std::vector<std::string> words, int status = 0) {
    words.insert(words.begin() + 1, path);
    words.insert(words.begin(), "snapshot");
    ToolCommand command{std::move(words)};
    command.environment = {{"SOURCE_DATE_EPOCH", std::to_string(1'700'000'000 + ++seconds_)}};
    ToolResult result = run_tool(command);
    INFO(describe(result));
    CHECK(result.status == status);
    if (status == 0) CHECK(result.err.empty());
    if (status >= 8) CHECK(result.tells_one_error());
    return result;
  }

  std::string create(std::vector<std::string> options) {
    options.insert(options.begin(), "create");
    std::string id = run(std::move(options)).out;
    REQUIRE(id.size() == 37);
    id.pop_back();
    return id;
  }

  [[nodiscard]] std::vector<uint8_t> bytes() const { return read_file(path); }

  TemporaryFolder folder;
  std::string path = folder / "image.dwvd";

 private:
  int seconds_ = 0;
};

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  size_t begin = 0;
  for (size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    lines.push_back(text.substr(begin, end - begin));
  return lines;
}

inline std::vector<std::string> labels_in(const ToolResult& result) {
  std::vector<std::string> labels;
  for (const nlohmann::json& line : result.json_lines()) labels.push_back(line["label"]);
  return labels;
}

using Labels = std::vector<std::string>;

}  // namespace vde::test
