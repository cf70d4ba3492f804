// Checks the layers of docs/DESIGN.md with the #include lines of the sources: a file may use its
// own layer and lower ones, nothing else.
#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

// Lowest first. check, inspect and query are on the same level; rescue, copy and map are above
// them.
const std::map<std::string, int> kRank = {
    {"base", 0},    {"format", 1}, {"io", 2},      {"probe", 3}, {"journal", 4},
    {"table", 5},   {"region", 6}, {"tag", 7},     {"image", 8}, {"check", 9},
    {"inspect", 9}, {"query", 9},  {"rescue", 10}, {"copy", 10}, {"map", 10}};

// The layer that a public header (lib/include/vde) belongs to.
const std::map<std::string, std::string> kPublic = {
    {"activity.h", "base"}, {"bytes.h", "base"},       {"create.h", "image"},
    {"error.h", "base"},    {"guid.h", "base"},        {"image.h", "image"},
    {"input.h", "io"},      {"inspect.h", "inspect"},  {"module_abi.h", "base"},
    {"modules.h", "image"}, {"part_of_file.h", "io"},  {"new_file.h", "io"},
    {"repair.h", "check"},  {"rescue.h", "rescue"},    {"snapshots.h", "image"},
    {"storage.h", "io"},    {"tag_types.h", "format"}, {"tags.h", "image"},
    {"text.h", "base"},     {"ticks.h", "base"},       {"undo.h", "io"},
    {"verify.h", "check"},  {"copy.h", "copy"},        {"query.h", "query"},
    {"map.h", "map"},       {"nbd.h", "io"},           {"secret_key.h", "io"},
};

const fs::path kRoot = VDE_SOURCE_DIR;

struct Include {
  std::string from;  // relative to the project
  std::string what;  // as written between the quotes
};

std::vector<fs::path> sources_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder))
    if (entry.path().extension() == ".h" || entry.path().extension() == ".cpp")
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<Include> includes_in(const fs::path& folder) {
  std::vector<Include> includes;
  for (const fs::path& file : sources_in(folder)) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      constexpr std::string_view kStart = "#include \"";
      if (!line.starts_with(kStart)) continue;
      const size_t end = line.find('"', kStart.size());
      includes.push_back({file.lexically_relative(kRoot).string(),
                          line.substr(kStart.size(), end - kStart.size())});
    }
  }
  return includes;
}

// The layer of "vde/x.h" or "layer/x.h"; empty if it is not in a layer.
std::string layer_of(const std::string& include) {
  const fs::path path = include;
  const std::string folder = path.begin()->string();
  if (folder == "vde") {
    const auto found = kPublic.find(path.filename().string());
    return found == kPublic.end() ? std::string{} : found->second;
  }
  return kRank.contains(folder) ? folder : std::string{};
}

// Same, for a file of lib/ by its path in the project.
std::string layer_of_file(const std::string& file) {
  return layer_of(fs::path(file)
                      .lexically_relative(file.starts_with("lib/include/") ? "lib/include" : "lib")
                      .string());
}

bool may_use(const std::string& user, const std::string& used) {
  return user == used || kRank.at(used) < kRank.at(user);
}

// Region slots are untrusted bytes, which RegionTable checks. Only the layers below the table,
// checks and repairs, and the code that creates an image may use them directly.
bool may_name_slots(const std::string& file) {
  if (file == "lib/image/plan.cpp" || file == "lib/image/write_image.cpp") return true;
  const std::string layer = layer_of_file(file);
  return layer == "format" || layer == "probe" || layer == "journal" || layer == "check" ||
         layer == "inspect" || layer == "rescue" || layer == "copy" || layer == "map";
}

bool names_slots(const std::string& text) {
  const auto names = [&](std::string_view word) {
    const auto is_part = [&](size_t at) {
      return at < text.size() &&
             (std::isalnum(static_cast<unsigned char>(text[at])) != 0 || text[at] == '_');
    };
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
      if ((at == 0 || !is_part(at - 1)) && !is_part(at + word.size())) return true;
    return false;
  };
  return names("RegionSlot") || names("raw_slots");
}

}  // namespace

TEST_CASE("every file of lib belongs to a layer, every public header too") {
  size_t public_headers = 0;
  for (const fs::path& file : sources_in("lib")) {
    const std::string path = file.lexically_relative(kRoot).string();
    CAPTURE(path);
    CHECK_FALSE(layer_of_file(path).empty());
    if (path.starts_with("lib/include/")) ++public_headers;
  }
  CHECK(public_headers == kPublic.size());
}

TEST_CASE("the includes of lib point downwards only") {
  const std::vector<Include> includes = includes_in("lib");
  CHECK(includes.size() > 100);
  for (const Include& include : includes) {
    CAPTURE(include.from);
    CAPTURE(include.what);
    const std::string user = layer_of_file(include.from);
    const std::string used = layer_of(include.what);
    REQUIRE_FALSE(used.empty());
    CHECK(may_use(user, used));
  }
}

TEST_CASE("region slots are used where they are read, written and checked, and nowhere else") {
  size_t naming = 0;
  for (const fs::path& file : sources_in("lib")) {
    const std::string path = file.lexically_relative(kRoot).string();
    CAPTURE(path);
    std::ifstream in(file);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!names_slots(text)) continue;
    ++naming;
    CHECK(may_name_slots(path));
  }
  CHECK(naming > 10);
}

// A header with its source is one unit.
TEST_CASE("no folder has more than 25 units") {
  std::map<fs::path, std::set<fs::path>> units;
  for (const char* root : {"lib", "tools"})
    for (const fs::path& file : sources_in(root)) units[file.parent_path()].insert(file.stem());
  CHECK(units.size() > 10);
  for (const auto& folder : units) {
    CAPTURE(folder.first);
    CHECK(folder.second.size() <= 25);
  }
}

TEST_CASE("public headers include nothing but public headers") {
  for (const Include& include : includes_in("lib/include")) {
    CAPTURE(include.from);
    CAPTURE(include.what);
    CHECK(include.what.starts_with("vde/"));
  }
}

TEST_CASE("the program uses only public headers and its own") {
  const std::vector<Include> includes = includes_in("tools/vdetool");
  CHECK(includes.size() > 10);
  for (const Include& include : includes) {
    CAPTURE(include.from);
    CAPTURE(include.what);
    const bool own = fs::exists(kRoot / "tools/vdetool" / include.what);
    CHECK((own || (include.what.starts_with("vde/") && !layer_of(include.what).empty())));
  }
}

TEST_CASE("an include that points upwards or sideways is detected") {
  CHECK(layer_of_file("lib/include/vde/verify.h") == "check");
  CHECK(layer_of_file("lib/io/block_io.h") == "io");
  CHECK(may_use("journal", layer_of("probe/probe.h")));
  CHECK_FALSE(may_use("probe", layer_of("journal/recovery.h")));
  CHECK(may_use("io", layer_of("format/block.h")));
  CHECK(may_use("image", layer_of("vde/create.h")));
  CHECK_FALSE(may_use("io", layer_of("vde/create.h")));
  CHECK_FALSE(may_use("check", layer_of("vde/inspect.h")));
  CHECK_FALSE(may_use("format", layer_of("io/block_io.h")));
  CHECK(layer_of("tools/output.h").empty());
}

TEST_CASE("a file that uses slots without permission is detected") {
  CHECK(names_slots("for (const RegionSlot& slot : slots)"));
  CHECK(names_slots("regions.raw_slots()[3]"));
  CHECK_FALSE(names_slots("const Region& region, RegionSlots, draw_slots, kRegionSlotLayout"));
  CHECK(may_name_slots("lib/probe/region_table.h"));
  CHECK(may_name_slots("lib/image/write_image.cpp"));
  CHECK_FALSE(may_name_slots("lib/image/image.cpp"));
  CHECK_FALSE(may_name_slots("lib/region/placement.cpp"));
  CHECK_FALSE(may_name_slots("lib/include/vde/image.h"));
}
