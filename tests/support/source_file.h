// A file that a command of the program may only read, and a name for what it makes of it.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/edit_image.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"

namespace vde::test {

struct SourceFile {
  explicit SourceFile(const std::vector<uint8_t>& bytes) { write_file(path, bytes); }

  // Runs `words` and `options`, and checks the exit status and that the source is left alone.
  [[nodiscard]] ToolResult run(std::vector<std::string> words,
                               const std::vector<std::string>& options, int status) const {
    const std::vector<uint8_t> before = read_file(path);
    words.insert(words.end(), options.begin(), options.end());
    ToolResult result = run_tool(words);
    INFO(describe(result));
    CHECK(result.status == status);
    CHECK(read_file(path) == before);
    return result;
  }

  TemporaryFolder folder;
  std::string path = folder / "source.dwvd";
};

}  // namespace vde::test
