#include "inspect/log_state.h"

#include <fmt/format.h>

#include "format/block_type.h"

namespace vde {
namespace {

std::string log_name(const LogState& state) {
  if (state.region.type == block_types::kData && state.region.content == block_types::kAuditLog)
    return "compliance audit log";
  return std::string(state.kind->table->name);
}

std::string break_text(const ChainBreak& broken) {
  std::string why;
  if (broken.faults.sequence) why = "its sequence number is wrong";
  if (broken.faults.hash)
    why +=
        std::string(why.empty() ? "" : "; ") + "it does not hold the hash of the entry before it";
  return fmt::format("broken at entry {} (block {}): {}", broken.entry, broken.block, why);
}

std::vector<std::string> problems_of(const LogState& state) {
  std::vector<std::string> all;
  if (state.breaks > 1) all.push_back(fmt::format("{} entries do not fit the chain", state.breaks));
  if (state.gaps == 1) all.push_back(fmt::format("block {} is damaged", *state.unreadable));
  if (state.gaps > 1)
    all.push_back(
        fmt::format("{} blocks are damaged, the first is {}", state.gaps, *state.unreadable));
  if (state.invalid > 1) all.push_back(fmt::format("{} entries are invalid", state.invalid));
  all.insert(all.end(), state.problems.begin(), state.problems.end());
  return all;
}

std::string message_of(const LogState& state) {
  if (state.broken) return break_text(*state.broken);
  const std::string_view verdict = state.verdict();
  if (verdict == "damaged") return "damaged";
  if (verdict == "encrypted") return "not checkable without a key";
  if (verdict == "unchained") return "no chain to check";
  return std::string(verdict);
}

}  // namespace

void LogState::add_gap(uint64_t block) {
  if (!unreadable) unreadable = block;
  ++gaps;
}

void LogState::add_link(const LinkFaults& faults, uint64_t entry, uint64_t block) {
  if (faults.time) notes.push_back(fmt::format("entry {} is older than the one before it", entry));
  if (!faults.breaks()) return;
  if (!broken) broken = ChainBreak{entry, block, faults};
  ++breaks;
}

std::string_view LogState::verdict() const {
  if (broken) return "broken";
  if (is_damaged()) return "damaged";
  if (is_encrypted) return "encrypted";
  if (found == 0 && counted.value_or(0) == 0) return "empty";
  return LogChain::is_in(*kind->table) ? "complete" : "unchained";
}

Json state_json(const LogState& state) {
  Json json{{"type", "log"},
            {"log", to_string(state.region.content)},
            {"slot", state.region.slot},
            {"name", log_name(state)},
            {"first_block", state.region.blocks.begin},
            {"blocks", state.region.blocks.count()}};
  json["counted"] = state.counted ? Json(*state.counted) : Json(nullptr);
  json["entries"] = state.found;
  json["first_sequence"] = state.first;
  json["last_sequence"] = state.last;
  json["state"] = state.verdict();
  json["broken_entry"] = state.broken ? Json(state.broken->entry) : Json(nullptr);
  json["broken_block"] = state.broken ? Json(state.broken->block) : Json(nullptr);
  json["damaged_blocks"] = state.gaps;
  json["message"] = message_of(state);
  json["problems"] = problems_of(state);
  json["notes"] = state.notes;
  return json;
}

}  // namespace vde
