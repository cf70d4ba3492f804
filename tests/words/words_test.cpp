// The banned turns of banned.txt do not occur in what users and developers read.
#include <doctest/doctest.h>
#include <regex.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "support/run_tool.h"
#include "text_units.h"

using namespace vde::test;
namespace fs = std::filesystem;

namespace {

const fs::path kRoot = VDE_SOURCE_DIR;

std::string content_of(const fs::path& path) {
  std::ifstream file(path);
  REQUIRE_MESSAGE(file.is_open(), path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

// A POSIX extended regular expression; the case of letters does not matter.
class Pattern {
 public:
  explicit Pattern(const std::string& text) : compiled_(new regex_t, free_regex) {
    REQUIRE_MESSAGE(regcomp(compiled_.get(), text.c_str(), REG_EXTENDED | REG_ICASE) == 0, text);
  }
  // The first match from `from` on, or an empty range at the end of `text`.
  [[nodiscard]] std::pair<size_t, size_t> find(const std::string& text, size_t from) const {
    regmatch_t match{};
    if (regexec(compiled_.get(), text.c_str() + from, 1, &match, from > 0 ? REG_NOTBOL : 0) != 0)
      return {text.size(), text.size()};
    return {from + static_cast<size_t>(match.rm_so), from + static_cast<size_t>(match.rm_eo)};
  }

 private:
  static void free_regex(regex_t* compiled) {
    regfree(compiled);
    delete compiled;
  }
  std::shared_ptr<regex_t> compiled_;
};

struct Turn {
  std::string text;
  std::string instead;
  Pattern banned;
  std::vector<Pattern> allowed;
};

std::vector<std::string> columns_of(const std::string& line) {
  std::vector<std::string> columns;
  size_t begin = 0;
  while (begin <= line.size()) {
    const size_t end = std::min(line.find(" # ", begin), line.size());
    columns.push_back(line.substr(begin, end - begin));
    begin = end + 3;
  }
  return columns;
}

std::vector<Turn> read_turns() {
  std::vector<Turn> turns;
  for (const TextUnit& line : lines(content_of(kRoot / "tests/words/banned.txt"))) {
    if (line.text.starts_with("#")) continue;
    const std::vector<std::string> columns = columns_of(line.text);
    REQUIRE_MESSAGE(columns.size() >= 2, line.text);
    Turn turn{columns[0], columns[1], Pattern(columns[0]), {}};
    for (size_t i = 2; i < columns.size(); ++i) turn.allowed.emplace_back(columns[i]);
    turns.push_back(std::move(turn));
  }
  return turns;
}

const std::vector<Turn>& turns() {
  static const std::vector<Turn> kTurns = read_turns();
  return kTurns;
}

bool is_allowed(const Turn& turn, const std::string& text, size_t begin, size_t end) {
  return std::any_of(turn.allowed.begin(), turn.allowed.end(), [&](const Pattern& allowed) {
    for (auto match = allowed.find(text, 0); match.first < text.size();
         match = allowed.find(text, match.first + 1))
      if (match.first <= begin && end <= match.second) return true;
    return false;
  });
}

// The banned part of `text`, or nothing.
std::string banned_part(const Turn& turn, const std::string& text) {
  for (auto match = turn.banned.find(text, 0); match.first < text.size();
       match = turn.banned.find(text, match.first + 1))
    if (!is_allowed(turn, text, match.first, match.second)) {
      const size_t begin = match.first - std::min<size_t>(match.first, 30);
      return text.substr(begin, match.second - begin + 20);
    }
  return {};
}

void check_units(const std::string& where, const std::vector<TextUnit>& units) {
  for (const TextUnit& unit : units)
    for (const Turn& turn : turns()) {
      const std::string part = banned_part(turn, unit.text);
      CHECK_MESSAGE(part.empty(), where, ":", unit.line, ": '", part, "': write ", turn.instead);
    }
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const fs::path& path = entry.path();
    if (path.extension() == ".cpp" || path.extension() == ".h") found.push_back(path);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string name_of(const fs::path& path) {
  return path.lexically_relative(kRoot).string();
}

// The help of a command and of its verbs: its words, and its width.
void check_help(const std::vector<std::string>& command) {
  std::vector<std::string> arguments = command;
  arguments.emplace_back("--help");
  const ToolResult help = run_tool(arguments);
  INFO(describe(help));
  REQUIRE(help.status == 0);
  check_units("help", lines(help.out));
  bool listed = false;
  size_t begin = 0;
  for (size_t end = 0; (end = help.out.find('\n', begin)) != std::string::npos; begin = end + 1)
    CHECK_MESSAGE(end - begin <= 80, help.out.substr(begin, end - begin));
  for (const TextUnit& line : lines(help.out)) {
    if (line.text.ends_with(":")) {
      listed = line.text == "Commands:";
    } else if (listed) {
      std::vector<std::string> verb = command;
      verb.push_back(line.text.substr(0, line.text.find(' ')));
      check_help(verb);
    }
  }
}

}  // namespace

TEST_CASE("every banned turn is found, and what is allowed is not") {
  CHECK(turns().size() > 30);
  const auto is_banned = [](const std::string& text) {
    return std::any_of(turns().begin(), turns().end(),
                       [&](const Turn& turn) { return !banned_part(turn, text).empty(); });
  };
  for (const char* bad :
       {"file.dwvd is no DWVD image", "64M for one", "the default is 4K, _start without",
        "the bytes behind the last entry", "64 is the most", "it puts right what it can",
        "The tree is made anew.", "which tags to remove is not said", "an object a line",
        "there already", "threads; 0 = one a core", "he was told"})
    CHECK_MESSAGE(is_banned(bad), bad);
  for (const char* good : {"there is no region TAGI", "not a DWVD image", "for one block",
                           "without a value", "the least significant bit"})
    CHECK_FALSE_MESSAGE(is_banned(good), good);
}

TEST_CASE("help, of every command") {
  check_help({});
}

TEST_CASE("explanations of findings") {
  check_units("explain", lines(run_tool({"explain"}).out));
  for (const TextUnit& line : lines(run_tool({"explain"}).out)) {
    const std::string code = line.text.substr(0, line.text.find(' '));
    check_units("explain " + code, lines(run_tool({"explain", code}).out));
  }
}

TEST_CASE("string literals of the program and the library") {
  for (const char* folder : {"lib", "tools"})
    for (const fs::path& path : files_below(kRoot / folder))
      check_units(name_of(path), string_literals(content_of(path)));
}

TEST_CASE("public headers, and the headers of the program") {
  for (const char* folder : {"lib/include", "tools"})
    for (const fs::path& path : files_below(kRoot / folder))
      check_units(name_of(path), comments(content_of(path)));
}

TEST_CASE("manual pages") {
  for (const char* page : {"man/vdetool.1", "man/dwvd.5"})
    check_units(page, mdoc_paragraphs(content_of(kRoot / page)));
}

TEST_CASE("documents") {
  check_units("README.md", markdown_paragraphs(content_of(kRoot / "README.md")));
  for (const auto& entry : fs::directory_iterator(kRoot / "docs"))
    if (entry.path().extension() == ".md")
      check_units(name_of(entry.path()), markdown_paragraphs(content_of(entry.path())));
}

// What the functions that cut files into texts promise.
TEST_CASE("literals, comments and paragraphs are found with their lines") {
  const std::string source =
      "#include \"behind.h\"\n// one\n// comment\nconst char* a = \"is \"\n  \"no good\";  // x\n"
      "char c = '\"';\nauto r = R\"(raw\ntext)\";\n";
  const auto literals = string_literals(source);
  REQUIRE(literals.size() == 2);
  CHECK(literals[0].text == "is no good");
  CHECK(literals[0].line == 4);
  CHECK(literals[1].text == "raw text");
  const auto found = comments(source);
  REQUIRE(found.size() == 2);
  CHECK(found[0].text == "one comment");
  CHECK(found[0].line == 2);
  const auto paragraphs = markdown_paragraphs(
      "# Title\ntwo\nlines `is no code`\n\n```\nfenced\n```\n| say | not | why |\n| a | is no | b "
      "|\n");
  REQUIRE(paragraphs.size() == 3);
  CHECK(paragraphs[0].text == "# Title two lines ...");
  CHECK(paragraphs[2].text == "| a | b |");
}
