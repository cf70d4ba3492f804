// The file of verify --repair --plan is refused, with the field's name, unless every field of it is
// there and is what it must be.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <set>

#include "support/image_builder.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"

using namespace vde;
using namespace vde::test;
using nlohmann::json;

namespace {

// A plan for a damaged image, with every option that is a file.
struct PlannedRepair {
  PlannedRepair() {
    write_file(image, ImageBuilder().bytes());
    write_file(older, ImageBuilder().bytes());
    write_file(image, ImageBuilder().wipe(6).bytes());
    const ToolResult made = run_tool(
        {"verify", image, "--repair", "--plan", path, "--from", older, "--undo", folder / "undo"});
    INFO(describe(made));
    REQUIRE(made.status == 4);
    plan = json::parse(read_file(path));
    damaged = read_file(image);
  }

  // The error of applying `content`, which must change nothing.
  [[nodiscard]] std::string error_of(const std::string& content) const {
    write_file(path, content);
    const ToolResult result = run_tool({"verify", image, "--repair", "--apply", path, "--json"});
    INFO(describe(result));
    CHECK(result.status == 8);
    CHECK(read_file(image) == damaged);
    const json error = json::parse(result.err).at("error");
    CHECK(error.at("code") == "malformed");
    CHECK(error.at("file") == path);
    return error.at("message");
  }

  TemporaryFolder folder;
  std::string image = folder / "image";
  std::string older = folder / "older";
  std::string path = folder / "plan";
  json plan;
  std::vector<uint8_t> damaged;
};

// Calls `visit` with the pointer and the name of each value in `value`.
void each_value(const json& value, const json::json_pointer& at, const std::string& name,
                const std::function<void(const json::json_pointer&, const std::string&)>& visit) {
  if (!name.empty()) visit(at, name);
  if (value.is_object())
    for (const auto& [key, member] : value.items())
      each_value(member, at / key, name.empty() ? key : fmt::format("{}.{}", name, key), visit);
  if (value.is_array())
    for (size_t i = 0; i < value.size(); ++i)
      each_value(value[i], at / i, fmt::format("{}[{}]", name, i), visit);
}

struct WrongValue {
  std::string_view pointer;
  json value;
};

const WrongValue kOutOfRange[] = {
    {"/schema_version", 0},
    {"/schema_version", 2},
    {"/type", "plan"},
    {"/image", ""},
    {"/time", "yesterday"},
    {"/time", "2024-12-16T12:00:00.0000000Z"},
    {"/time_ticks", -1},
    {"/time_ticks", INT64_MAX},
    {"/time_ticks", UINT64_MAX},
    {"/time_unix", 1},
    {"/options/scope", ""},
    {"/options/scope", "everything"},
    {"/options/no_undo", true},
    {"/options/undo/file", ""},
    {"/options/undo/file", std::string("a\0b", 3)},
    {"/options/from/0/file", ""},
    {"/repair/uuid", "12"},
    {"/repair/file_size", -1},
    {"/repair/file_size", 0},
    {"/repair/block_size", -512},
    {"/repair/old_hash", "12"},
    {"/repair/new_hash", "0123456789ABCDEF"},
    {"/repair/lost", -1},
    {"/repair/steps/0/lost", -1},
    {"/repair/steps/0/blocks/0/first", -1},
    {"/repair/steps/0/blocks/0/last", 0},
};

}  // namespace

TEST_CASE("a plan without one of its fields is malformed") {
  const PlannedRepair repair;
  int tried = 0;
  each_value(repair.plan, json::json_pointer(), "",
             [&](const json::json_pointer& at, const std::string& name) {
               if (!repair.plan.at(at.parent_pointer()).is_object()) return;
               json plan = repair.plan;
               plan[at.parent_pointer()].erase(at.back());
               CAPTURE(name);
               CHECK(repair.error_of(plan.dump()).find("'" + name + "'") != std::string::npos);
               ++tried;
             });
  CHECK(tried > 25);
}

TEST_CASE("a plan with a field of another type is malformed") {
  const PlannedRepair repair;
  const std::set<std::string> may_be_null = {"options.undo", "repair.steps[0].loses"};
  const json others[] = {nullptr, true, 1.5, "", {1}, {{"x", 1}}};
  each_value(repair.plan, json::json_pointer(), "",
             [&](const json::json_pointer& at, const std::string& name) {
               for (const json& other : others) {
                 const json& present = repair.plan.at(at);
                 if (other.type() == present.type()) continue;
                 if (may_be_null.contains(name) && (other.is_null() || other.is_string())) continue;
                 json plan = repair.plan;
                 plan[at] = other;
                 CAPTURE(plan.dump());
                 const std::string error = repair.error_of(plan.dump());
                 CAPTURE(error);
                 CHECK(error.find("'" + name) != std::string::npos);
               }
             });
}

TEST_CASE("a symbolic link to a missing file stays, and that file becomes the plan") {
  const TemporaryFolder folder;
  const std::string image = folder / "image";
  write_file(image, ImageBuilder().wipe(6).bytes());
  std::filesystem::create_symlink("target", folder / "link");
  CHECK(run_tool({"verify", image, "--repair", "--plan", folder / "link"}).status == 4);
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(json::parse(read_file(folder / "target")).at("type") == "repair-plan");
}

TEST_CASE("what is nested deeper than a plan is not a plan") {
  const PlannedRepair repair;
  json plan = repair.plan;
  for (int depth = 0; depth < 20; ++depth) plan["type"] = json::array({plan["type"]});
  CHECK(repair.error_of(plan.dump()).find("not a repair plan") != std::string::npos);
}

TEST_CASE("a plan with a value that is out of range is malformed") {
  const PlannedRepair repair;
  for (const auto& wrong : kOutOfRange) {
    const std::string pointer(wrong.pointer);
    const json& value = wrong.value;
    CAPTURE(pointer);
    CAPTURE(value.dump());
    const json::json_pointer at(pointer);
    REQUIRE(repair.plan.contains(at));
    json plan = repair.plan;
    plan[at] = value;
    const std::string error = repair.error_of(plan.dump());
    CAPTURE(error);
    // Of the three fields of a time, the message names one that does not fit.
    const std::string field = at.back().starts_with("time") ? "time" : at.back();
    CHECK(error.find(field) != std::string::npos);
  }
}

TEST_CASE("a plan names each file once, and in valid Base64") {
  const PlannedRepair repair;
  for (const std::string name : {"?", "YQ", "", "YQBi", "YR=="}) {
    CAPTURE(name);
    for (const char* pointer : {"", "/options/undo", "/options/from/0"}) {
      const std::string field = *pointer == '\0' ? "image" : "file";
      json plan = repair.plan;
      json& object = plan[json::json_pointer(pointer)];
      object.erase(field);
      object[field + "_base64"] = name;
      CHECK(repair.error_of(plan.dump()).find(field + "_base64'") != std::string::npos);
    }
  }
  json twice = repair.plan;
  twice["options"]["undo"]["file_base64"] = "YQ==";
  CHECK(repair.error_of(twice.dump()).find("only one of 'options.undo.file'") != std::string::npos);
}

TEST_CASE("a plan with a field that is not known is malformed") {
  const PlannedRepair repair;
  each_value(repair.plan, json::json_pointer(), "",
             [&](const json::json_pointer& at, const std::string& name) {
               if (!repair.plan.at(at).is_object()) return;
               json plan = repair.plan;
               plan[at]["x\n"] = 1;
               CAPTURE(name);
               CHECK(repair.error_of(plan.dump()).find("unknown field '" + name + ".x\\n'") !=
                     std::string::npos);
             });
}

TEST_CASE("what is not a plan at all is malformed") {
  const PlannedRepair repair;
  for (const std::string content : {"", "{", "[]", "null", "17", "\"repair-plan\""})
    CHECK(repair.error_of(content) == "not a repair plan");
}

TEST_CASE("a plan whose file names are Base64 is applied") {
  const PlannedRepair repair;
  json plan = repair.plan;
  plan["options"]["undo"] = {{"file_base64", "dW5kb1//"}};  // "undo_\xff"
  write_file(repair.path, plan.dump());
  const ToolResult result =
      run_tool({.arguments = {"verify", repair.image, "--repair", "--apply", repair.path},
                .in_child = [&] { REQUIRE(chdir(repair.folder.path().c_str()) == 0); }});
  INFO(describe(result));
  CHECK(result.status == 1);
  CHECK(read_file(repair.folder / "undo_\xff").size() > 512);
}
