// The command line: help, mistakes, global options, and the output of verify and explain.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>

#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/verify_images.h"

using namespace vde::test;
using nlohmann::json;

namespace {

constexpr std::array<const char*, 5> kCommands = {"format", "info", "dump", "verify", "explain"};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

void check_usage_error(const ToolResult& result, std::string_view words = "") {
  INFO(describe(result));
  CHECK(result.status == 16);
  CHECK(result.out.empty());
  CHECK(result.tells_one_error());
  CHECK(contains(result.err, words));
}

// What a command prints on a terminal.
std::string on_terminal(ToolCommand command) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE(terminal >= 0);
  REQUIRE(grantpt(terminal) == 0);
  REQUIRE(unlockpt(terminal) == 0);
  std::array<char, 64> name{};
  REQUIRE(ptsname_r(terminal, name.data(), name.size()) == 0);
  command.output = name.data();
  const ToolResult result = run_tool(command);
  INFO(describe(result));
  CHECK(result.status == 4);
  std::array<char, 4096> text{};
  const ssize_t count = read(terminal, text.data(), text.size());
  close(terminal);
  REQUIRE(count > 0);
  return {text.data(), static_cast<size_t>(count)};
}

}  // namespace

TEST_CASE("help names every command, its usage, and the exit statuses") {
  const ToolResult help = run_tool({"--help"});
  CHECK(help.status == 0);
  CHECK(help.err.empty());
  CHECK(contains(help.out, "Exit status:\n   0  success"));
  CHECK(run_tool({"-h"}).out == help.out);
  CHECK(run_tool({"help"}).out == help.out);
  for (const char* command : kCommands) {
    CAPTURE(command);
    CHECK(contains(help.out, std::string("  ") + command + "  "));
    const ToolResult of_command = run_tool({"help", command});
    CHECK(of_command.status == 0);
    CHECK(of_command.err.empty());
    CHECK(contains(of_command.out, std::string("Usage: vdetool ") + command));
    CHECK(run_tool({command, "--help"}).out == of_command.out);
    CHECK(run_tool({command, "image", "-h"}).out == of_command.out);
  }
}

TEST_CASE("--version prints one line, with and without a command") {
  const ToolResult version = run_tool({"--version"});
  CHECK(version.status == 0);
  CHECK(version.out.starts_with("vdetool "));
  CHECK(version.out.find('\n') == version.out.size() - 1);
  CHECK(run_tool({"--quiet", "--version"}).out == version.out);
  for (const char* command : kCommands) CHECK(run_tool({command, "--version"}).out == version.out);
}

TEST_CASE("a misspelled command suggests the nearest one; others point to help") {
  struct Case {
    const char* typed;
    const char* meant;
  };
  for (const Case& typo : {Case{"verfiy", "verify"}, Case{"fromat", "format"}, Case{"inf", "info"},
                           Case{"dumb", "dump"}, Case{"explian", "explain"}}) {
    const std::string words = std::string("did you mean '") + typo.meant + "'?";
    check_usage_error(run_tool({typo.typed}), words);
    check_usage_error(run_tool({"--quiet", typo.typed, "image"}), words);
    check_usage_error(run_tool({"help", typo.typed}), words);
  }
  check_usage_error(run_tool({"frobnicate"}), "see 'vdetool --help'");
  check_usage_error(run_tool({""}));
  check_usage_error(run_tool({"-"}));
  check_usage_error(run_tool({"\x1b[31m\n"}), "'\\x1b[31m\\n'");
}

TEST_CASE("a misspelled verb suggests the nearest one; others point to the help of the group") {
  struct Case {
    const char* group;
    const char* typed;
    const char* meant;
  };
  for (const Case& typo :
       {Case{"tag", "exprot", "export"}, Case{"module", "lst", "list"},
        Case{"module", "extrct", "extract"}, Case{"module", "regster", "register"},
        Case{"snapshot", "creat", "create"}, Case{"snapshot", "undelte", "undelete"}}) {
    const std::string words = std::string("did you mean '") + typo.meant + "'?";
    check_usage_error(run_tool({typo.group, typo.typed, "image"}), words);
    check_usage_error(run_tool({"help", typo.group, typo.typed}), words);
    check_usage_error(run_tool({typo.group, "frobnicate", "image"}),
                      std::string("see 'vdetool ") + typo.group + " --help'");
    check_usage_error(run_tool({typo.group}), "no command given");
    const ToolResult help = run_tool({"help", typo.group, typo.meant});
    CHECK(help.status == 0);
    CHECK(contains(help.out, std::string("vdetool ") + typo.group + " " + typo.meant));
  }
}

TEST_CASE("missing, unknown and unexpected arguments are usage errors of one line") {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{},
                                             {"--quiet"},
                                             {"format"},
                                             {"format", "image"},
                                             {"format", "--size", "1M"},
                                             {"format", "image", "--size"},
                                             {"info"},
                                             {"info", "a", "b"},
                                             {"info", "--nonsense", "a"},
                                             {"dump"},
                                             {"dump", "a", "b"},
                                             {"dump", "a", "--block"},
                                             {"verify"},
                                             {"verify", "a", "--scope", "some"},
                                             {"verify", "a", "--fail-on", "note"},
                                             {"verify", "a", "--format", "xml"},
                                             {"--lock-wait", "nan", "info", "a"},
                                             {"info", "a", "--lock-wait", "NaN(1)"},
                                             {"info", "a", "--lock-wait", "inf"},
                                             {"verify", "a", "--jobs", "-1"},
                                             {"verify", "a", "--jobs", "many"},
                                             {"explain", "SUPB-001", "SUPB-002"},
                                             {"info", "a", "--color", "sometimes"},
                                             {"info", "a", "--lock-wait", "-1"},
                                             {"info", "a", "--lock-wait", "soon"},
                                             {"--lock-wait"},
                                             {"--nonsense", "info", "a"}})
    check_usage_error(run_tool(wrong));
}

TEST_CASE("options may stand before and after the command and its image") {
  const VerifyImages images;
  const std::string shown = run_tool({"info", images.clean, "--json"}).out;
  CHECK(contains(shown, "\"command\":\"info\""));
  CHECK(run_tool({"--json", "info", images.clean}).out == shown);
  CHECK(run_tool({"info", "--json", images.clean}).out == shown);
  CHECK(run_tool({"--lock-wait", "1", "--json", "info", images.clean}).out == shown);
  CHECK(run_tool({"--color=never", "info", "--json", "-q", images.clean}).out == shown);
  CHECK(run_tool({"info", "--json", "--", images.clean}).out == shown);
}

TEST_CASE("a name that begins with a dash can be given after --") {
  const VerifyImages images;
  std::filesystem::rename(images.clean, images.folder / "-image");
  const ToolResult result = run_tool({.arguments = {"verify", "--", "-image"}, .in_child = [&] {
                                        if (chdir(images.folder.path().c_str()) != 0) _exit(127);
                                      }});
  INFO(describe(result));
  CHECK(result.status == 0);
}

TEST_CASE("with --json an error is one object on standard error") {
  const VerifyImages images;
  write_file(images.folder / "text", std::string(5000, 'x'));
  struct Case {
    std::vector<std::string> arguments;
    const char* code;
    int status;
  };
  for (const Case& wrong :
       {Case{{"info"}, "usage", 16}, Case{{"frmat"}, "usage", 16}, Case{{}, "usage", 16},
        Case{{"info", "a", "--nonsense"}, "usage", 16}, Case{{"info", images.missing}, "io", 8},
        Case{{"info", images.folder / "\xff"}, "io", 8},
        Case{{"dump", images.folder / "text"}, "not_an_image", 8},
        Case{{"dump", images.clean, "--block", "99999"}, "usage", 16},
        Case{{"dump", images.clean, "--region", "NONE"}, "not_found", 1},
        Case{{"format", images.clean, "--size", "1M"}, "exists", 8},
        Case{{"format", images.missing, "--size", "1"}, "usage", 16},
        Case{{"explain", "NONE-001"}, "not_found", 1}}) {
    for (const bool in_front : {true, false}) {
      std::vector<std::string> arguments = wrong.arguments;
      arguments.insert(in_front ? arguments.begin() : arguments.end(), "--json");
      const ToolResult result = run_tool(arguments);
      INFO(describe(result));
      CHECK(result.status == wrong.status);
      CHECK(result.out.empty());
      CHECK(result.err.find('\n') == result.err.size() - 1);
      const json error = json::parse(result.err).at("error");
      CHECK(error.at("code") == wrong.code);
      CHECK(error.at("status") == wrong.status);
      CHECK_FALSE(error.at("message").get<std::string>().empty());
      CHECK(error.at("hint").is_string());
    }
  }
}

TEST_CASE("--quiet prints only errors") {
  const VerifyImages images;
  const auto check_silent = [](const std::vector<std::string>& arguments, int status) {
    const ToolResult result = run_tool(arguments);
    INFO(describe(result));
    CHECK(result.status == status);
    CHECK(result.out.empty());
    CHECK(result.err.empty());
  };
  check_silent({"verify", "--quiet", images.clean}, 0);
  check_silent({"verify", "-q", images.warned}, 0);
  check_silent({"-q", "format", images.missing, "--size", "1M"}, 0);
  // What makes it fail is an error then.
  const ToolResult warned = run_tool({"verify", "-q", images.warned, "--fail-on", "warning"});
  CHECK(warned.status == 4);
  CHECK(contains(warned.out, ": warning "));
  const ToolResult damaged = run_tool({"-q", "verify", images.damaged});
  CHECK(damaged.status == 4);
  CHECK(contains(damaged.out, ": error "));
  CHECK_FALSE(contains(damaged.out, ": warning "));
  CHECK_FALSE(contains(damaged.out, " checked)"));
}

TEST_CASE("colour is for terminals, unless --color or NO_COLOR say otherwise") {
  const VerifyImages images;
  const std::vector<std::string> plain = {"verify", images.damaged};
  const std::vector<std::string> always = {"verify", images.damaged, "--color=always"};
  const std::vector<std::string> never = {"verify", images.damaged, "--color", "never"};
  CHECK_FALSE(contains(run_tool(plain).out, "\x1b["));
  CHECK_FALSE(contains(run_tool(never).out, "\x1b["));
  CHECK(contains(run_tool(always).out, "\x1b[1;31merror\x1b[0m"));
  CHECK(contains(on_terminal({.arguments = plain}), "\x1b[1;31merror\x1b[0m"));
  CHECK(contains(on_terminal({.arguments = plain, .environment = {{"NO_COLOR", ""}}}), "\x1b["));
  CHECK_FALSE(
      contains(on_terminal({.arguments = plain, .environment = {{"NO_COLOR", "1"}}}), "\x1b["));
  CHECK_FALSE(contains(on_terminal({.arguments = never}), "\x1b["));
  CHECK(contains(on_terminal({.arguments = always, .environment = {{"NO_COLOR", "1"}}}), "\x1b["));
}

TEST_CASE("verify of several images ORs their statuses and summarizes each") {
  const VerifyImages images;
  struct Case {
    std::vector<std::string> images;
    int status;
  };
  for (const Case& several :
       {Case{{images.clean, images.clean}, 0}, Case{{images.clean, images.damaged}, 4},
        Case{{images.damaged, images.clean}, 4}, Case{{images.missing, images.clean}, 8},
        Case{{images.damaged, images.missing, images.clean}, 12}}) {
    std::vector<std::string> arguments = {"verify", "--json"};
    arguments.insert(arguments.end(), several.images.begin(), several.images.end());
    const ToolResult result = run_tool(arguments);
    INFO(describe(result));
    CHECK(result.status == several.status);
    std::vector<std::string> summarized;
    for (const json& line : result.json_lines())
      if (line.at("type") == "summary") summarized.push_back(line.at("image"));
    CHECK(summarized == several.images);
  }
}

TEST_CASE("every line of verify's JSON has the documented names; --format json is the same") {
  const VerifyImages images;
  const ToolResult result = run_tool({"verify", "--json", images.damaged});
  CHECK(run_tool({"verify", images.damaged, "--format", "json"}).out == result.out);
  size_t errors = 0;
  for (const json& line : result.json_lines()) {
    CHECK(line.at("schema_version") == 1);
    CHECK(line.at("command") == "verify");
    CHECK(line.at("image") == images.damaged);
    if (line.at("type") != "finding") continue;
    for (const char* name : {"code", "severity", "block", "region", "message", "fixable"})
      CHECK(line.contains(name));
    CHECK(line.at("affects").is_array());
    if (line.at("severity") == "error") ++errors;
  }
  const json summary = result.json_lines().back();
  CHECK(summary.at("type") == "summary");
  CHECK(summary.at("status") == 4);
  CHECK(summary.at("meaning") == "damaged");
  CHECK(summary.at("errors") == errors);
  CHECK(summary.at("left") == errors);
  CHECK(summary.at("corrected") == 0);
}

TEST_CASE("explain lists every finding and explains each") {
  const ToolResult list = run_tool({"explain", "--json"});
  CHECK(list.status == 0);
  const auto kinds = list.json_lines();
  CHECK(kinds.size() > 20);
  const ToolResult text = run_tool({"explain"});
  CHECK(static_cast<size_t>(std::count(text.out.begin(), text.out.end(), '\n')) == kinds.size());
  std::set<std::string> codes;
  for (const json& kind : kinds) {
    const std::string code = kind.at("code");
    CAPTURE(code);
    CHECK(codes.insert(code).second);
    CHECK(contains(text.out, code + "  "));
    const json explained = run_tool({"explain", code, "--json"}).json();
    for (const char* name : {"severity", "title", "meaning", "risk", "next"}) {
      CHECK(explained.at(name).get<std::string>().size() > 3);
      CHECK(explained.at(name) == kind.at(name));
    }
    const ToolResult words = run_tool({"explain", code});
    CHECK(words.status == 0);
    CHECK(words.out.starts_with(code + " ("));
    CHECK(contains(words.out, kind.at("next").get<std::string>()));
  }
  CHECK(run_tool({"explain", "supb-001"}).out == run_tool({"explain", "SUPB-001"}).out);
  CHECK(run_tool({"explain", "NONE-001"}).status == 1);
}
