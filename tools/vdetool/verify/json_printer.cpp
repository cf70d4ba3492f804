#include "verify/json_printer.h"

#include "repairing.h"

namespace vde::cli {

Result<void> JsonPrinter::finding(const std::string& image, const Finding& finding) {
  return context_.write_json(finding_json(image, finding));
}

Result<void> JsonPrinter::plan(const std::string& image, const RepairPlan& plan) {
  for (const Json& line : repair_plan_json(image, plan)) VDE_TRY(context_.write_json(line));
  return {};
}

Result<void> JsonPrinter::left(const std::string& image, const Finding& finding) {
  Json json = finding_json(image, finding);
  json["type"] = "left";
  json["left"] = true;
  return context_.write_json(json);
}

Result<void> JsonPrinter::summary(const std::string& image, int status, const Outcome& outcome) {
  return context_.write_json(with_header("verify", image, summary_json(status, outcome)));
}

Result<void> JsonPrinter::end(const Total& total) {
  return total.images < 2 ? Result<void>{} : context_.write_json(total_json(total));
}

}  // namespace vde::cli
