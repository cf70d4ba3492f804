#include "plan_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <vector>

#include "context.h"
#include "output_file.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

// A plan lists steps, so a larger file is not a plan.
constexpr size_t kMaxPlanSize = size_t{64} << 20;
// The blocks of a step are at depth 6. Lists in lists in lists take much more memory than their
// text.
constexpr int kMaxPlanDepth = 8;
constexpr std::string_view kPlanType = "repair-plan";

std::string hex(uint64_t number) {
  return fmt::format("{:016x}", number);
}

// Names of files need not be UTF-8.
Json file_json(const std::string& path) {
  Json json;
  put_text(json, "file", path);
  return json;
}

// The reverse, of what check_file() has passed.
std::string file_of(const Json& json) {
  if (json.contains("file")) return json.at("file").get<std::string>();
  return from_base64(json.at("file_base64").get<std::string>()).value_or("");
}

Json options_json(const PlanFile& file) {
  const RepairArguments& arguments = file.arguments;
  Json from = Json::array();
  for (const std::string& path : arguments.from) from.push_back(file_json(path));
  return Json{{"allow_loss", arguments.allow_loss},
              {"unseal", arguments.unseal},
              {"scope", file.scope == VerifyScope::kMetadata ? "metadata" : "all"},
              {"undo", arguments.undo.empty() ? Json(nullptr) : file_json(arguments.undo)},
              {"no_undo", arguments.no_undo},
              {"from", from}};
}

// What a repair does, whatever the image is called.
Json repair_json(const RepairPlan& plan) {
  Json steps = Json::array();
  for (const RepairStep& step : plan.steps) steps.push_back(repair_step_json(step));
  return Json{{"uuid", to_string(plan.uuid)},  {"file_size", plan.old_size},
              {"block_size", plan.block_size}, {"old_hash", hex(plan.old_hash)},
              {"new_hash", hex(plan.hash)},    {"steps", steps},
              {"lost", plan.lost.total()}};
}

// The contents of the file.
Json plan_json(const PlanFile& file, const RepairPlan& plan) {
  Json json{{"schema_version", kSchemaVersion}, {"type", kPlanType}, {"version", VDE_VERSION}};
  put_text(json, "image", file.image);
  put_time(json, "time", file.now);
  json["options"] = options_json(file);
  json["repair"] = repair_json(plan);
  return json;
}

tl::unexpected<Error> malformed(std::string message) {
  return fail(ErrorCode::kMalformed, std::move(message),
              "make a plan with 'vdetool verify IMAGE --repair --plan FILE'");
}

tl::unexpected<Error> not_a_plan() {
  return malformed("not a repair plan");
}

tl::unexpected<Error> bad_field(const std::string& path, std::string_view expected) {
  return malformed(fmt::format("not a valid repair plan: '{}' must be {}", path, expected));
}

Result<Json> read_json(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return fail(ErrorCode::kIo, fmt::format("cannot open: {}", std::strerror(errno)));
  std::string text;
  std::vector<char> piece(size_t{64} << 10);
  while (stream.read(piece.data(), static_cast<std::streamsize>(piece.size())) ||
         stream.gcount() > 0) {
    text.append(piece.data(), static_cast<size_t>(stream.gcount()));
    if (text.size() > kMaxPlanSize) return not_a_plan();
  }
  bool too_deep = false;
  const auto is_kept = [&](int depth, Json::parse_event_t, const Json&) {
    too_deep |= depth > kMaxPlanDepth;
    return !too_deep;
  };
  Json json = Json::parse(text, is_kept, false);
  if (too_deep || !json.is_object()) return not_a_plan();
  return json;
}

// A member of an object in a plan.
struct PlanField {
  std::string_view name;
  std::string_view expected;
  bool (*is_valid)(const Json&);
};

bool is_text(const Json& json) {
  return json.is_string();
}
bool is_flag(const Json& json) {
  return json.is_boolean();
}
bool is_count(const Json& json) {
  return json.is_number_unsigned();
}
bool is_whole(const Json& json) {
  return json.is_number_integer();
}
bool is_object(const Json& json) {
  return json.is_object();
}
bool is_list(const Json& json) {
  return json.is_array();
}
bool is_scope(const Json& json) {
  return json == "metadata" || json == "all";
}
bool is_size(const Json& json) {
  return is_count(json) && json.get<uint64_t>() > 0;
}
bool is_uuid(const Json& json) {
  return is_text(json) && parse_guid(json.get<std::string>());
}
bool is_hash(const Json& json) {
  return is_text(json) && json.get<std::string>().size() == 16 &&
         json.get<std::string>().find_first_not_of("0123456789abcdef") == std::string::npos;
}

constexpr std::string_view kCount = "a number that is not negative";
constexpr std::string_view kHash = "16 hexadecimal digits";

constexpr PlanField kPlanFields[] = {
    {"type", "repair-plan", [](const Json& json) { return json == kPlanType; }},
    {"schema_version", "1",
     [](const Json& json) { return is_whole(json) && json == kSchemaVersion; }},
    {"version", "a text", is_text},
    {"time", "a time", is_text},
    {"time_ticks", "an integer", is_whole},
    {"time_unix", "an integer", is_whole},
    {"options", "an object", is_object},
    {"repair", "an object", is_object},
};
constexpr PlanField kOptionFields[] = {
    {"allow_loss", "true or false", is_flag},
    {"unseal", "true or false", is_flag},
    {"scope", "metadata or all", is_scope},
    {"undo", "a file or null", [](const Json& json) { return json.is_null() || is_object(json); }},
    {"no_undo", "true or false", is_flag},
    {"from", "a list of files", is_list},
};
constexpr PlanField kRepairFields[] = {
    {"uuid", "a UUID", is_uuid},       {"file_size", "a size", is_size},
    {"block_size", "a size", is_size}, {"old_hash", kHash, is_hash},
    {"new_hash", kHash, is_hash},      {"steps", "a list of steps", is_list},
    {"lost", kCount, is_count},
};
constexpr PlanField kStepFields[] = {
    {"what", "a text", is_text},
    {"source", "a text", is_text},
    {"blocks", "a list of blocks", is_list},
    {"loses", "a text or null", [](const Json& json) { return json.is_null() || is_text(json); }},
    {"lost", kCount, is_count},
};
constexpr PlanField kBlockFields[] = {
    {"first", "a block number", is_count},
    {"last", "a block number", is_count},
};

std::string path_of(const std::string& parent, std::string_view name) {
  return fmt::format("{}{}{}", parent, parent.empty() ? "" : ".", escape(name));
}

// `object`, which is called `path`, has exactly these members, and the name of a file as `name` or
// `name`_base64 unless that is empty.
Result<void> check_fields(const Json& object, const std::string& path,
                          std::span<const PlanField> fields, const std::string& name = {}) {
  if (!object.is_object()) return bad_field(path, "an object");
  for (const PlanField& field : fields) {
    const auto found = object.find(field.name);
    if (found == object.end())
      return malformed(
          fmt::format("not a valid repair plan: '{}' is missing", path_of(path, field.name)));
    if (!field.is_valid(*found)) return bad_field(path_of(path, field.name), field.expected);
  }
  for (const auto& [key, value] : object.items()) {
    const bool is_known = std::ranges::find(fields, key, &PlanField::name) != fields.end() ||
                          (!name.empty() && (key == name || key == name + "_base64"));
    if (!is_known)
      return malformed(
          fmt::format("not a valid repair plan: unknown field '{}'", path_of(path, key)));
  }
  return {};
}

// The name of a file, `name` or `name`_base64 of `object`.
Result<void> check_name(const Json& object, const std::string& path, const std::string& name) {
  const std::string base64 = name + "_base64";
  const bool is_encoded = object.contains(base64);
  const std::string field = path_of(path, is_encoded ? base64 : name);
  if (is_encoded == object.contains(name))
    return malformed(fmt::format("not a valid repair plan: {} of '{}' and '{}' must be there",
                                 is_encoded ? "only one" : "one", path_of(path, name),
                                 path_of(path, base64)));
  const Json& value = object.at(is_encoded ? base64 : name);
  std::optional<std::string> text;
  if (value.is_string()) text = value.get<std::string>();
  if (text && is_encoded) text = from_base64(*text);
  if (!text || text->empty() || text->find('\0') != std::string::npos)
    return bad_field(field, is_encoded ? "the name of a file in Base64" : "the name of a file");
  return {};
}

Result<void> check_file(const Json& file, const std::string& path) {
  VDE_TRY(check_fields(file, path, {}, "file"));
  return check_name(file, path, "file");
}

// All members of a time say the same.
Result<void> check_time(const Json& json) {
  Json same;
  put_time(same, "time", Ticks{json.at("time_ticks").get<int64_t>()});
  for (const auto& [name, value] : same.items())
    if (value.is_null() || json.at(name) != value) return bad_field(name, "the time of the plan");
  return {};
}

Result<void> check_options(const Json& options) {
  VDE_TRY(check_fields(options, "options", kOptionFields));
  if (!options.at("undo").is_null()) {
    VDE_TRY(check_file(options.at("undo"), "options.undo"));
    if (options.at("no_undo") == true)
      return bad_field("options.no_undo", "false with an undo file");
  }
  for (size_t i = 0; i < options.at("from").size(); ++i)
    VDE_TRY(check_file(options.at("from")[i], fmt::format("options.from[{}]", i)));
  return {};
}

Result<void> check_step(const Json& step, const std::string& path) {
  VDE_TRY(check_fields(step, path, kStepFields));
  for (size_t i = 0; i < step.at("blocks").size(); ++i) {
    const Json& blocks = step.at("blocks")[i];
    const std::string block_path = fmt::format("{}.blocks[{}]", path, i);
    VDE_TRY(check_fields(blocks, block_path, kBlockFields));
    if (blocks.at("last") < blocks.at("first"))
      return bad_field(block_path + ".last", "no less than 'first'");
  }
  return {};
}

// Everything but whether it fits the image.
Result<void> check_plan(const Json& json) {
  VDE_TRY(check_fields(json, "", kPlanFields, "image"));
  VDE_TRY(check_name(json, "", "image"));
  VDE_TRY(check_time(json));
  VDE_TRY(check_options(json.at("options")));
  VDE_TRY(check_fields(json.at("repair"), "repair", kRepairFields));
  const Json& steps = json.at("repair").at("steps");
  for (size_t i = 0; i < steps.size(); ++i)
    VDE_TRY(check_step(steps[i], fmt::format("repair.steps[{}]", i)));
  return {};
}

// Of what check_plan() has passed.
PlanFile plan_of(const Json& json) {
  PlanFile file;
  const Json& options = json.at("options");
  file.now = Ticks{json.at("time_ticks").get<int64_t>()};
  file.arguments.repair = true;
  file.arguments.allow_loss = options.at("allow_loss").get<bool>();
  file.arguments.unseal = options.at("unseal").get<bool>();
  file.arguments.no_undo = options.at("no_undo").get<bool>();
  if (!options.at("undo").is_null()) file.arguments.undo = file_of(options.at("undo"));
  for (const Json& copy : options.at("from")) file.arguments.from.push_back(file_of(copy));
  file.scope = options.at("scope") == "metadata" ? VerifyScope::kMetadata : VerifyScope::kAll;
  file.repair = json.at("repair").dump();
  return file;
}

}  // namespace

Result<void> check_plan_path(const std::string& path) {
  std::error_code ignored;
  if (names_standard_output(path) || !std::filesystem::is_regular_file(path, ignored) ||
      std::filesystem::file_size(path, ignored) == 0)
    return {};
  const auto json = read_json(path);
  if (json && json->value("type", Json()) == kPlanType) return {};
  return fail(ErrorCode::kExists, "the file is not empty and is not a repair plan",
              "name another file for --plan");
}

Result<void> write_plan(const std::string& path, const PlanFile& file, const RepairPlan& plan,
                        Output& standard_output) {
  VDE_TRY_ASSIGN(target, OutputFile::open(path, file.image, true, standard_output));
  VDE_TRY(target->output().write(plan_json(file, plan).dump(2) + "\n"));
  return target->finish();
}

Result<PlanFile> read_plan(const std::string& path) {
  VDE_TRY_ASSIGN(json, read_json(path));
  VDE_TRY(check_plan(json));
  return plan_of(json);
}

Result<void> check_same_plan(const PlanFile& file, const RepairPlan& plan) {
  // Whoever reviewed the plan may have sorted its members.
  using Unordered = nlohmann::json;
  if (Unordered::parse(file.repair) == Unordered::parse(repair_json(plan).dump())) return {};
  return fail(ErrorCode::kChangedSince,
              "the image, or what a repair would do, has changed since the plan was made",
              "make a new plan with --plan");
}

}  // namespace vde::cli
