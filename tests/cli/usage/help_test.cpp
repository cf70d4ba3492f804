// The help of every command, and the errors for a wrong command line.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/run_tool.h"

using namespace vde::test;

namespace {

bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// The error for a wrong command line, without the program's name.
std::string wrong_line(const std::vector<std::string>& arguments) {
  const ToolResult result = run_tool(arguments);
  INFO(describe(result));
  CHECK(result.status == 16);
  REQUIRE(result.err.starts_with("vdetool: "));
  return result.err.substr(9, result.err.size() - 10);
}

}  // namespace

TEST_CASE("the program's help: purpose, usage, commands, options, examples, exit statuses") {
  const std::string help = run_tool({"--help"}).out;
  CHECK(
      help.starts_with("Create, inspect, tag, check and repair DWVD v2 images.\n\n"
                       "Usage: vdetool [OPTIONS] COMMAND ...\n\nCommands:\n"));
  CHECK(says(help, "\n  tag              Set, get, find, remove, "));
  CHECK(says(help, "\n  -q, --quiet"));
  CHECK(says(help, "--lock-wait SECONDS  wait up to SECONDS for a locked image"));
  CHECK(says(help, "\nExamples:\n  vdetool format "));
}

TEST_CASE("a command's help names its arguments, defaults and global options") {
  const std::string find = run_tool({"tag", "find", "--help"}).out;
  CHECK(
      find.starts_with("Search tags by key prefix, key range, value or inode.\n\n"
                       "Usage: vdetool tag find IMAGE [OPTIONS]\n\nArguments:\n  IMAGE  image "));
  CHECK(says(find, "      --prefix TEXT  keys starting with TEXT\n"));
  CHECK(says(find, "\n  -h, --help         show this help\n"));
  CHECK(says(find, "\nGlobal options (--json, --quiet, --lock-wait and others): vdetool --help"));
  const std::string format = run_tool({"format", "--help"}).out;
  CHECK(says(format, "Usage: vdetool format IMAGE --size SIZE [OPTIONS]\n"));
  CHECK(says(format, "(default: 1/64 of the volume)"));
  CHECK(says(run_tool({"tag", "set", "--help"}).out,
             "Usage: vdetool tag set IMAGE INODE KEY[=VALUE]... [OPTIONS]\n"));
  CHECK(says(run_tool({"label", "--help"}).out, "Usage: vdetool label IMAGE [TEXT] [OPTIONS]\n"));
  CHECK(says(run_tool({"tag", "--help"}).out, "Usage: vdetool tag COMMAND ...\n\nCommands:\n"));
}

TEST_CASE("names of other programs' commands suggest the one that is meant") {
  CHECK(wrong_line({"fsck"}) == "unknown command 'fsck'; did you mean 'verify'?");
  CHECK(wrong_line({"mkfs", "image"}) == "unknown command 'mkfs'; did you mean 'format'?");
  CHECK(wrong_line({"create"}) ==
        "unknown command 'create'; did you mean 'format' or 'snapshot create'?");
  CHECK(wrong_line({"ls"}) ==
        "unknown command 'ls'; did you mean 'tag list', 'module list' or 'snapshot list'?");
  CHECK(wrong_line({"tag", "rm", "image"}) == "unknown command 'tag rm'; did you mean 'remove'?");
  CHECK(wrong_line({"frobnicate"}) == "unknown command 'frobnicate'; see 'vdetool --help'");
}

TEST_CASE("an unknown option suggests the nearest one, or points to the command's help") {
  CHECK(wrong_line({"tag", "find", "a", "--limt", "2"}) ==
        "unknown option '--limt'; did you mean '--limit'?");
  CHECK(wrong_line({"info", "a", "--qiet"}) == "unknown option '--qiet'; did you mean '--quiet'?");
  CHECK(wrong_line({"tag", "find", "a", "2", "--offset"}) ==
        "unknown option '--offset'; see 'vdetool tag find --help'");
  CHECK(wrong_line({"info", "a", "b"}) == "unexpected argument 'b'; see 'vdetool info --help'");
}

TEST_CASE("a key that looks like an option needs --") {
  CHECK(wrong_line({"tag", "set", "a", "42", "-x=1"}) ==
        "unknown option '-x=1'; put '--' before keys that begin with '-'");
}

TEST_CASE("errors about values and missing arguments name the option or argument") {
  CHECK(wrong_line({"info"}) == "IMAGE is required; see 'vdetool info --help'");
  CHECK(wrong_line({"format", "a"}) == "--size is required; see 'vdetool format --help'");
  CHECK(wrong_line({"format", "a", "--size"}).starts_with("--size needs a value; "));
  CHECK(wrong_line({"format", "a", "--size", "1M", "--size", "2M"})
            .starts_with("--size is given more than once; "));
  CHECK(wrong_line({"info", "a", "--lock-wait", "abc"})
            .starts_with("--lock-wait: 'abc' is not a number of seconds; "));
  CHECK(wrong_line({"info", "a", "--color", "purple"})
            .starts_with("--color must be auto, always or never; "));
  CHECK(wrong_line({"verify", "a", "--jobs", "1.5"})
            .starts_with("--jobs: '1.5' is not a number of threads from 0 to 256; "));
  CHECK(wrong_line({"verify", "a", "--dry-run"}).starts_with("--dry-run requires --repair; "));
  CHECK(wrong_line({"verify", "a", "--repair", "--undo", "u", "--no-undo"})
            .starts_with("--undo and --no-undo cannot be combined; "));
  CHECK(wrong_line({"dump", "a", "--regions", "--block", "1"}) ==
        "a: use only one of --superblock, --regions, --region, --block, --offset and --tree");
}

TEST_CASE("only verify reads an image from standard input, and the error says so") {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"info", "-"}, {"dump", "-"}, {"tag", "list", "-"}}) {
    const ToolResult result = run_tool(words);
    CHECK(result.status == 8);
    CHECK(result.err == "vdetool: -: only verify can read an image from standard input\n");
  }
}
