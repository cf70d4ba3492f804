#include "map/map_runs.h"

#include <fmt/format.h>

namespace vde::cli {

std::string map_run_line(const MapRun& run) {
  std::string owner = "-";
  if (run.owner != nullptr)
    owner = fmt::format("{} {}", owner_kind_name(run.owner->kind), run.owner->id);
  if (run.owners > 1) owner += fmt::format(" and {} more", run.owners - 1);
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\n", run.blocks.begin, run.blocks.end - 1,
                     run.region == nullptr ? "-" : run.region->type, block_use_name(run.use), owner,
                     run.finding == nullptr ? "-" : run.finding->code);
}

Json map_run_json(const MapRun& run) {
  const bool has_slot = run.region != nullptr && !run.region->is_fixed;
  Json json{{"type", "run"},
            {"first", run.blocks.begin},
            {"last", run.blocks.end - 1},
            {"count", run.blocks.count()},
            {"region", run.region == nullptr ? Json(nullptr) : Json(run.region->type)},
            {"slot", has_slot ? Json(run.region->slot) : Json(nullptr)},
            {"use", block_use_name(run.use)}};
  json["owner"] = nullptr;
  if (run.owner != nullptr)
    json["owner"] = Json{{"kind", owner_kind_name(run.owner->kind)}, {"id", run.owner->id}};
  json["owners"] = run.owners;
  json["code"] = run.finding == nullptr ? Json(nullptr) : Json(run.finding->code);
  json["severity"] =
      run.finding == nullptr ? Json(nullptr) : Json(severity_name(run.finding->severity));
  return json;
}

}  // namespace vde::cli
