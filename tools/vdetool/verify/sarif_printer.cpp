#include "verify/sarif_printer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace vde::cli {
namespace {

// A file name as a relative or absolute URI reference. A colon is escaped, because what precedes it
// would be read as a scheme.
std::string uri_of(const std::string& path) {
  constexpr std::string_view kPlain = "-._~/!$&'()*+,;=@";
  std::string uri;
  for (const char c : path) {
    const auto byte = static_cast<uint8_t>(c);
    const bool plain = byte < 0x80 && (std::isalnum(byte) != 0 || kPlain.find(c) != kPlain.npos);
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return uri;
}

Json text_json(std::string_view text) {
  return Json{{"text", text}};
}

// SARIF uses the same three words.
std::string_view level_of(Severity severity) {
  return severity_name(severity);
}

Json rule_json(const FindingKind& kind) {
  return Json{
      {"id", kind.code},
      {"shortDescription", text_json(kind.title)},
      {"fullDescription", text_json(kind.meaning)},
      {"help", text_json(fmt::format("At risk: {} To do: {}", kind.risk, kind.next))},
      {"defaultConfiguration", {{"level", level_of(kind.severity)}}},
      {"properties",
       {{"fixable", kind.fixable != Fixable::kNever}, {"repair", fixable_name(kind.fixable)}}}};
}

// The title of its kind, then what the finding adds to it.
std::string message_of(const Finding& finding) {
  const std::string title(finding.kind->title);
  return finding.message.empty() ? title : fmt::format("{}: {}", title, finding.message);
}

}  // namespace

Result<void> SarifPrinter::begin() {
  Json rules = Json::array();
  for (const FindingKind& kind : finding_kinds()) rules.push_back(rule_json(kind));
  const Json driver{{"name", "vdetool"}, {"version", VDE_VERSION}, {"rules", std::move(rules)}};
  return out_.write(fmt::format(
      R"({{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0",)"
      R"("runs":[{{"tool":{{"driver":{}}},"results":[)",
      one_line(driver)));
}

size_t SarifPrinter::artifact(const std::string& image) {
  // Most findings are about the same image as the one before.
  if (!images_.empty() && images_.back() == image) return images_.size() - 1;
  const auto found = std::find(images_.begin(), images_.end(), image);
  const auto index = static_cast<size_t>(found - images_.begin());
  if (index == images_.size()) images_.push_back(image);
  return index;
}

Result<void> SarifPrinter::finding(const std::string& image, const Finding& finding) {
  const FindingKind& kind = *finding.kind;
  Json physical{{"artifactLocation", {{"uri", uri_of(image)}, {"index", artifact(image)}}}};
  if (finding.bytes)
    physical["region"] =
        Json{{"byteOffset", finding.bytes->begin}, {"byteLength", finding.bytes->length()}};
  Json location{{"physicalLocation", std::move(physical)}};
  if (!finding.region.empty()) {
    Json logical{{"name", finding.region}, {"kind", "region"}};
    if (finding.block)
      logical["fullyQualifiedName"] = fmt::format("{}/block {}", finding.region, *finding.block);
    location["logicalLocations"] = Json::array({std::move(logical)});
  }
  const Json result{{"ruleId", kind.code},
                    {"ruleIndex", &kind - finding_kinds().data()},
                    {"level", level_of(kind.severity)},
                    {"message", text_json(message_of(finding))},
                    {"locations", Json::array({std::move(location)})},
                    {"properties",
                     {{"block", finding.block ? Json(*finding.block) : Json(nullptr)},
                      {"fixable", finding.fixable},
                      {"affects", finding.affects}}}};
  const char* separator = any_ ? ",\n" : "\n";
  any_ = true;
  return out_.write(separator + one_line(result));
}

Result<void> SarifPrinter::summary(const std::string& image, int status, const Outcome& outcome) {
  if (outcome.error) add_failure(image, *outcome.error);
  summaries_.push_back(with_header("verify", image, summary_json(status, outcome)));
  return {};
}

// Why an image could not be verified completely.
void SarifPrinter::add_failure(const std::string& image, const Error& error) {
  const std::string hint = error.hint.empty() ? "" : "; " + error.hint;
  failures_.push_back(Json{
      {"level", "error"},
      {"message", text_json(error.message + hint)},
      {"locations", Json::array({{{"physicalLocation",
                                   {{"artifactLocation",
                                     {{"uri", uri_of(image)}, {"index", artifact(image)}}}}}}})}});
}

Result<void> SarifPrinter::end(const Total& total) {
  const int status = total.status;
  Json artifacts = Json::array();
  for (const std::string& image : images_)
    artifacts.push_back(Json{{"location", {{"uri", uri_of(image)}}}});
  const bool whole = (status & (kOperational | kUsage | kInterrupted)) == 0;
  const Json invocation{{"executionSuccessful", whole},
                        {"exitCode", status},
                        {"exitCodeDescription", status_meaning(status)},
                        {"toolExecutionNotifications", failures_}};
  return out_.write(
      fmt::format(R"(],"artifacts":{},"invocations":[{}],"properties":{{"summaries":{}}}}}]}})"
                  "\n",
                  one_line(artifacts), one_line(invocation), one_line(summaries_)));
}

}  // namespace vde::cli
