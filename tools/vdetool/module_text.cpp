#include "module_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "terminal.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

std::string_view validation_name(ModuleFacts::Validation validation) {
  switch (validation) {
    case ModuleFacts::Validation::kValid:
      return "valid";
    case ModuleFacts::Validation::kInvalid:
      return "invalid";
    case ModuleFacts::Validation::kNotUnderstood:
      return "not understood";
    case ModuleFacts::Validation::kNotDone:
      break;
  }
  return "not done";
}

std::string_view entry_state(const Module& module, const ModuleFacts& facts) {
  if (module.entry_point.empty()) return "it has no entry point";
  return facts.entry_exported ? "the entry point is exported" : "the entry point is not exported";
}

}  // namespace

Json module_json(const Module& module) {
  Json json{{"hash", to_hex(module.hash)},
            {"id", to_string(module.id)},
            {"first_block", module.first_block},
            {"block_count", module.block_count},
            {"size", module.size},
            {"abi", module.abi},
            {"abi_name", module_abi_name(module.abi)}};
  put_time(json, "registered", module.registered);
  put_text(json, "entry_point", module.entry_point);
  return json;
}

Json facts_json(const ModuleFacts& facts) {
  Json json{{"webassembly", facts.problem.empty()}};
  if (!facts.problem.empty()) {
    json["problem"] = facts.problem;
    return json;
  }
  json["layer"] = facts.is_component ? "component" : "core";
  json["sections"] = facts.sections;
  json["imports"] = facts.imports;
  json["exports"] = facts.exports;
  json["entry_exported"] = facts.entry_exported;
  json["validation"] = validation_name(facts.validation);
  json["validation_note"] = facts.validation_note;
  const ModuleValidator validator = module_validator();
  json["validator"] = validator.name.empty() ? Json(nullptr) : Json(validator.name);
  json["validator_version"] = validator.name.empty() ? Json(nullptr) : Json(validator.version);
  return json;
}

std::string facts_text(const Module& module, const ModuleFacts& facts) {
  if (!facts.problem.empty()) return fmt::format("content      {}\n", facts.problem);
  std::string text = fmt::format("content      {}: {} sections, {} imports, {} exports; {}\n",
                                 facts.is_component ? "component" : "core module", facts.sections,
                                 facts.imports, facts.exports, entry_state(module, facts));
  text += fmt::format("validation   {}", validation_name(facts.validation));
  if (!facts.validation_note.empty()) text += ": " + escape(facts.validation_note);
  const ModuleValidator validator = module_validator();
  if (facts.validation != ModuleFacts::Validation::kNotDone)
    text += fmt::format("\nvalidator    {} {}", validator.name, validator.version);
  return text + "\n";
}

std::string module_heading() {
  return fmt::format("{:<16}  {:>10}  {:<8}  {:<20}  {}\n", "HASH", "SIZE", "ABI", "REGISTERED",
                     "ENTRY POINT");
}

std::string module_row(const Module& module) {
  constexpr size_t kHashDigits = 16;
  return fmt::format("{}  {:>10}  {:<8}  {:<20}  {}\n", to_hex(module.hash).substr(0, kHashDigits),
                     module.size, module_abi_name(module.abi), short_time(module.registered),
                     escape(module.entry_point));
}

std::string module_line(const Module& module) {
  return fmt::format("{}  {}  {:>10}  {:<8}  {}  {}\n", to_hex(module.hash), to_string(module.id),
                     module.size, module_abi_name(module.abi), to_string(module.registered),
                     escape(module.entry_point));
}

std::string module_text(const Module& module) {
  return fmt::format(
      "hash         {}\nid           {}\nsize         {}\nblocks       {} from {}\nABI          {} "
      "({})\nregistered   {}\nentry point  {}\n",
      to_hex(module.hash), to_string(module.id),
      describe_size(static_cast<uint64_t>(std::max(module.size, 0))), module.block_count,
      module.first_block, module_abi_name(module.abi), module.abi, to_string(module.registered),
      module.entry_point.empty() ? "(none)" : escape(module.entry_point));
}

}  // namespace vde::cli
