#include "check/exact/cause.h"

#include <fmt/format.h>

#include "check/verification.h"

namespace vde {

bool has_cause(const NewFinding& finding) {
  return finding.code == FindingCode::kBlockBadChecksum;
}

void add_cause(ExactSearch& search, const UncheckedBlock& block, NewFinding& finding) {
  if (!has_cause(finding) || block.state() != BlockState::kBadChecksum) return;
  const auto correction = search.find(block);
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

// What only the other copy shows, without a search.
std::string cause_by_copy(const FixedBlock& block, const FixedBlock& other) {
  const UncheckedBlock copy(other.number, other.bytes);
  if (checksum(copy.unchecked_payload()) == block.trailer.checksum)
    if (const auto difference = find_difference(block.bytes, copy.unchecked_payload()))
      return "; " + describe(*difference, block.bytes);
  // Where the other one is whole, all that differs is what is wrong: one combination.
  Work work(kCauseSeconds);
  const BlockCopy mirrored{other.bytes, {}};
  const auto found = combine(block.bytes, {&mirrored, 1}, work);
  if (!found) return {};
  const std::vector<size_t>& sectors = found->parts[0].sectors;
  return fmt::format("; {} of the {} group's copy {} wrong", sector_list(sectors),
                     block.number < kMirrorGroup ? "primary" : "mirror",
                     sectors.size() == 1 ? "is" : "are");
}

}  // namespace

std::string fixed_block_cause(ExactSearch& search, const Probe& probe, const FixedBlock& block) {
  if (!search.is_on() || !block.readable || block.state != BlockState::kBadChecksum) return {};
  const FixedBlock* other = other_copy(probe, block);
  if (other != nullptr && other->readable)
    if (std::string cause = cause_by_copy(block, *other); !cause.empty()) return cause;
  const auto correction = search.find({block.number, block.bytes});
  return correction ? "; " + describe(*correction, block.bytes) : std::string();
}

void add_not_tried(const ExactSearch& search, VerifySummary& summary) {
  const uint64_t count = search.not_tried();
  if (count == 0 || !search.is_on()) return;
  summary.not_checked.push_back(fmt::format("wrong bits, bytes and sectors in {} damaged {}", count,
                                            count == 1 ? "block" : "blocks"));
}

}  // namespace vde
