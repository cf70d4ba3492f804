// Collects what a repair lists as lost.
#pragma once

#include <string>
#include <vector>

#include "vde/repair.h"

namespace vde::test {

struct LostLine {
  LostKind kind = LostKind::kOther;
  std::optional<uint64_t> block;
  std::string reason;
  std::optional<uint64_t> count;
  std::string key;  // of a tag
  Guid id;          // of a snapshot or module
  Opaque<32> hash;  // of a module
  bool has_content = false;
  std::vector<uint8_t> bytes;
};

class LostList {
 public:
  // The list must outlive the options that get it.
  [[nodiscard]] LostVisitor visitor() {
    return [this](const LostEntry& entry) -> Result<void> {
      LostLine line{entry.kind,  entry.block, entry.reason,
                    entry.count, {},          {},
                    {},          false,       {entry.bytes.begin(), entry.bytes.end()}};
      if (const auto* tag = std::get_if<TagView>(&entry.content)) line.key = tag->key;
      if (const auto* snapshot = std::get_if<Snapshot>(&entry.content)) line.id = snapshot->id;
      if (const auto* module = std::get_if<Module>(&entry.content)) line.id = module->id;
      if (const auto* module = std::get_if<Module>(&entry.content)) line.hash = module->hash;
      line.has_content = entry.content.index() != 0;
      counts_.of(entry.kind) += entry.count.value_or(0);
      lines_.push_back(std::move(line));
      return {};
    };
  }

  [[nodiscard]] const std::vector<LostLine>& lines() const { return lines_; }
  // The sum of the lines.
  [[nodiscard]] const LostCounts& counts() const { return counts_; }
  // Everything that a step loses is in the list, and nothing else.
  [[nodiscard]] bool is_complete(const RepairPlan& plan) const {
    bool loses = false;
    for (const RepairStep& step : plan.steps) loses |= !step.loses.empty();
    return counts_ == plan.lost && loses == !lines_.empty();
  }

 private:
  std::vector<LostLine> lines_;
  LostCounts counts_;
};

}  // namespace vde::test
