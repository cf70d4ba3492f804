#include "check/exact/cause.h"

#include <fmt/format.h>

#include "check/verification.h"

namespace vde {

bool has_cause(const NewFinding& finding) {
  return finding.code == FindingCode::kBlockBadChecksum;
}

void add_cause(ExactSearch& search, const UncheckedBlock& block, NewFinding& finding) {
  if (!has_cause(finding) || block.state() != BlockState::kBadChecksum) return;
  const auto correction = search.find(block.bytes());
  if (!correction) return;
  finding.message += "; " + describe(*correction, block.bytes());
  finding.exact = true;
}

namespace {

// Seconds for the sectors of one block.
constexpr double kCauseSeconds = 0.5;

// The block of the other group that holds the same; null for the directory.
const FixedBlock* other_copy(const Probe& probe, const FixedBlock& block) {
  if (block.number >= kDirectoryStart) return nullptr;
  const GroupProbe& other = block.number < kMirrorGroup ? probe.mirror : probe.primary;
  return &other.blocks[block.number % kGroupBlocks];
}

}  // namespace

std::string fixed_block_cause(ExactSearch& search, const Probe& probe, const FixedBlock& block) {
  if (!search.is_on() || !block.readable || block.state != BlockState::kBadChecksum) return {};
  const auto correction = search.find(block.bytes);
  const std::string cause = correction ? "; " + describe(*correction, block.bytes) : std::string();
  // The other copy says more than zeros.
  if (correction && correction->kind != Correction::Kind::kZeros) return cause;
  const FixedBlock* other = other_copy(probe, block);
  if (other == nullptr || !other->readable) return cause;
  // Where the other one is whole, all that differs is what is wrong: one combination.
  Work work(kCauseSeconds);
  const auto found = combine(block.bytes, {other->bytes, {}}, work);
  if (!found) return cause;
  return fmt::format("; {} of the {} group's copy {} wrong", sector_list(found->sectors),
                     block.number < kMirrorGroup ? "primary" : "mirror",
                     found->sectors.size() == 1 ? "is" : "are");
}

void add_not_tried(const ExactSearch& search, VerifySummary& summary) {
  const uint64_t count = search.not_tried();
  if (count == 0 || !search.is_on()) return;
  summary.not_checked.push_back(fmt::format("wrong bits, bytes and sectors in {} damaged {}", count,
                                            count == 1 ? "block" : "blocks"));
}

}  // namespace vde
