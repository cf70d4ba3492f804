// explain: its lines, and that the commands in its texts exist.
#include <doctest/doctest.h>

#include <map>
#include <regex>

#include "support/run_tool.h"

using namespace vde::test;
using nlohmann::json;

namespace {

// The commands in quotes in `text`, "vdetool tag set --block".
std::vector<std::string> commands_in(const std::string& text) {
  const std::regex quoted("'(vdetool [^']*)'");
  std::vector<std::string> commands;
  for (std::sregex_iterator at(text.begin(), text.end(), quoted), end; at != end; ++at)
    commands.push_back((*at)[1]);
  return commands;
}

std::vector<std::string> words_of(const std::string& command) {
  std::vector<std::string> words;
  std::istringstream in(command);
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// The help of the command, without its options and operands: those are not in lower case.
const std::string& help_of(const std::vector<std::string>& words) {
  static std::map<std::string, std::string> known;
  std::vector<std::string> arguments;
  for (size_t i = 1; i < words.size() && std::islower(words[i][0]) != 0; ++i)
    arguments.push_back(words[i]);
  std::string name;
  for (const std::string& word : arguments) name += word + " ";
  std::string& help = known[name];
  if (!help.empty()) return help;
  arguments.emplace_back("--help");
  const ToolResult result = run_tool(arguments);
  INFO(describe(result));
  CHECK(result.status == 0);
  help = result.out;
  return help;
}

}  // namespace

TEST_CASE("explain: meaning, risk, what to do, whether a repair is possible and what it loses") {
  const ToolResult result = run_tool({"explain", "TAGI-002"});
  INFO(describe(result));
  CHECK(result.status == 0);
  CHECK(result.out.starts_with("TAGI-002 (error): a node of the tag tree cannot be read\n\n"));
  for (const char* line : {"\nMeaning:", "\nAt risk:", "\nTo do:",
                           "\nRepair:        sometimes possible. Run 'vdetool verify IMAGE "
                           "--repair --dry-run' to see.\n",
                           "\nRepair loses:  the tags of nodes that cannot be read"})
    CHECK(result.out.find(line) != std::string::npos);
  const json kind = run_tool({"explain", "TAGI-002", "--json"}).json();
  CHECK(kind["repair"] == "sometimes");
  CHECK(kind["repair_loses"].get<std::string>().starts_with("the tags of nodes"));
}

TEST_CASE("a note that needs no repair says so, and loses nothing") {
  const ToolResult result = run_tool({"explain", "SUPB-007"});
  CHECK(result.out.find("\nTo do:         Nothing needs to be done.\n") != std::string::npos);
  CHECK(result.out.find("\nRepair:        not needed.\n") != std::string::npos);
  CHECK(result.out.find("Repair loses:") == std::string::npos);
  CHECK(run_tool({"explain", "SUPB-007", "--json"}).json()["repair_loses"] == nullptr);
}

TEST_CASE("every command that explain names exists, with its options") {
  size_t commands = 0;
  const std::string globals = run_tool({"--help"}).out;
  for (const json& kind : run_tool({"explain", "--json"}).json_lines()) {
    for (const std::string& command : commands_in(kind["next"].get<std::string>())) {
      CAPTURE(kind["code"].get<std::string>());
      CAPTURE(command);
      const std::vector<std::string> words = words_of(command);
      const std::string& help = help_of(words);
      for (const std::string& word : words)
        if (word.starts_with("--")) CHECK((help + globals).find(word) != std::string::npos);
      ++commands;
    }
  }
  CHECK(commands > 50);
}
