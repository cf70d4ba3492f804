#include "plan_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "context.h"
#include "output_file.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

// A plan lists steps, so a larger file is not a plan.
constexpr size_t kMaxPlanSize = size_t{64} << 20;
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

// Throws Json::exception if it is not what file_json() makes.
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

tl::unexpected<Error> not_a_plan() {
  return fail(ErrorCode::kMalformed, "not a repair plan of this version of vdetool",
              "make one with 'vdetool verify IMAGE --repair --plan FILE'");
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
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return not_a_plan();
  return json;
}

// Throws Json::exception if a member is missing or has another type.
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
  try {
    if (json.at("type") != kPlanType || json.at("schema_version") != kSchemaVersion)
      return not_a_plan();
    return plan_of(json);
  } catch (const Json::exception&) {
    return not_a_plan();
  }
}

Result<void> check_same_plan(const PlanFile& file, const RepairPlan& plan) {
  if (file.repair == repair_json(plan).dump()) return {};
  return fail(ErrorCode::kChangedSince,
              "the image, or what a repair would do, has changed since the plan was made",
              "make a new plan with --plan");
}

}  // namespace vde::cli
