#include "plan_file.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "context.h"
#include "output_file.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

// A plan lists steps, so a larger file is not a plan.
constexpr size_t kMaxPlanSize = size_t{64} << 20;

std::string hex(uint64_t number) {
  return fmt::format("{:016x}", number);
}

Json options_json(const PlanFile& file) {
  const RepairArguments& arguments = file.arguments;
  return Json{{"allow_loss", arguments.allow_loss},
              {"unseal", arguments.unseal},
              {"scope", file.scope == VerifyScope::kMetadata ? "metadata" : "all"},
              {"undo", arguments.undo.empty() ? Json(nullptr) : Json(arguments.undo)},
              {"no_undo", arguments.no_undo},
              {"from", arguments.from}};
}

// The steps, whatever the image is called.
Json steps_json(const RepairPlan& plan) {
  Json steps = Json::array();
  for (Json line : repair_plan_json("", plan)) {
    if (line["type"] != "repair") continue;
    for (const char* name : {"schema_version", "command", "image", "type"}) line.erase(name);
    steps.push_back(std::move(line));
  }
  return steps;
}

Json identity_json(const RepairPlan& plan) {
  return Json{{"uuid", to_string(plan.uuid)},
              {"file_size", plan.old_size},
              {"block_size", plan.block_size},
              {"old_hash", hex(plan.old_hash)},
              {"new_hash", hex(plan.hash)}};
}

tl::unexpected<Error> not_a_plan(const std::string& path) {
  return fail(ErrorCode::kMalformed,
              fmt::format("'{}' is not a repair plan of this version of vdetool", escape(path)),
              "make one with 'vdetool verify IMAGE --repair --plan FILE'");
}

Result<Json> read_json(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return fail(ErrorCode::kIo, fmt::format("cannot open '{}'", escape(path)));
  std::string text(kMaxPlanSize + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(stream.gcount()));
  Json json = Json::parse(text, nullptr, false);
  if (text.size() > kMaxPlanSize || !json.is_object()) return not_a_plan(path);
  return json;
}

// Throws Json::exception if a member is missing or has another type.
PlanFile plan_of(const Json& json) {
  PlanFile file;
  const Json& options = json.at("options");
  file.image = json.at("image").get<std::string>();
  file.now = Ticks{json.at("time_ticks").get<int64_t>()};
  file.arguments.repair = true;
  file.arguments.allow_loss = options.at("allow_loss").get<bool>();
  file.arguments.unseal = options.at("unseal").get<bool>();
  file.arguments.no_undo = options.at("no_undo").get<bool>();
  if (!options.at("undo").is_null()) file.arguments.undo = options.at("undo").get<std::string>();
  file.arguments.from = options.at("from").get<std::vector<std::string>>();
  file.scope = options.at("scope") == "metadata" ? VerifyScope::kMetadata : VerifyScope::kAll;
  file.stands_on = json.at("identity");
  file.steps = json.at("steps");
  return file;
}

}  // namespace

Json plan_json(const PlanFile& file, const RepairPlan& plan) {
  return Json{{"schema_version", kSchemaVersion}, {"type", "repair-plan"},
              {"version", VDE_VERSION},           {"image", file.image},
              {"time", to_string(file.now)},      {"time_ticks", file.now.value},
              {"options", options_json(file)},    {"identity", identity_json(plan)},
              {"steps", steps_json(plan)},        {"lost", plan.lost.total()}};
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
    if (json.at("type") != "repair-plan" || json.at("schema_version") != kSchemaVersion)
      return not_a_plan(path);
    return plan_of(json);
  } catch (const Json::exception&) {
    return not_a_plan(path);
  }
}

Result<void> check_same_plan(const PlanFile& file, const RepairPlan& plan) {
  if (file.stands_on == identity_json(plan) && file.steps == steps_json(plan)) return {};
  return fail(ErrorCode::kChangedSince,
              "the image, or what a repair would do, has changed since the plan was made",
              "make a new plan with --plan");
}

}  // namespace vde::cli
