// An image in a file, and the tag commands on it.
#pragma once

#include <doctest/doctest.h>

#include <tuple>

#include "support/image_builder.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "vde/text.h"

namespace vde::test {

using Words = std::vector<std::string>;

// An image of 1 MiB in a file of its own.
struct TagImage {
  explicit TagImage(const std::vector<uint8_t>& bytes = ImageBuilder().bytes()) {
    write_file(path, bytes);
  }
  [[nodiscard]] std::vector<uint8_t> bytes() const { return read_file(path); }

  // `tag VERB IMAGE ARGUMENTS`
  [[nodiscard]] Words words(const std::string& verb, const Words& arguments) const {
    Words all = {"tag", verb, path};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }
  ToolResult run(const std::string& verb, const Words& arguments, int status = 0) const {
    ToolResult result = run_tool(words(verb, arguments));
    INFO(describe(result));
    CHECK(result.status == status);
    if (status == 0) CHECK(result.err.empty());
    if (status != 0 && !result.err.starts_with("{") && !result.err.empty())
      CHECK(result.tells_one_error());
    return result;
  }
  std::string list() const { return run("list", {}).out; }

  // `tag import IMAGE` of `text` on standard input.
  ToolResult import(const std::string& text, const Words& arguments, int status) const {
    const std::string input = folder / "input";
    write_file(input, std::string_view(text));
    ToolResult result =
        run_tool(ToolCommand{.arguments = words("import", arguments), .input = input});
    INFO(describe(result));
    CHECK(result.status == status);
    return result;
  }
  // The import is refused with `status`, says `why`, and changes no tag.
  void check_import_refused(const std::string& text, const Words& arguments, int status,
                            const std::string& why) const {
    const std::string before = list();
    const ToolResult result = import(text, arguments, status);
    INFO(describe(result));
    CHECK(result.tells_one_error());
    CHECK(result.err.find(why) != std::string::npos);
    CHECK(list() == before);
  }

  TemporaryFolder folder;
  std::string path = folder / "image.dwvd";
};

inline std::string bytes_of(const nlohmann::json& object, const std::string& name) {
  if (object.contains(name)) return object.at(name).get<std::string>();
  const auto bytes = from_base64(object.at(name + "_base64").get<std::string>());
  REQUIRE(bytes.has_value());
  return *bytes;
}

using Row = std::tuple<std::string, std::string, int64_t, int64_t>;  // key, value, inode, block

inline std::vector<Row> rows_of(const ToolResult& result) {
  std::vector<Row> rows;
  for (const nlohmann::json& line : result.json_lines())
    rows.emplace_back(bytes_of(line, "key"), bytes_of(line, "value"), line.at("inode"),
                      line.at("block"));
  return rows;
}

}  // namespace vde::test
