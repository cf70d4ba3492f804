#include "support/strict/strict_reader.h"

namespace vde::test {

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAbsent:
      return "absent";
    case Outcome::kReads:
      return "reads";
    case Outcome::kEmpty:
      return "empty";
    case Outcome::kUnwritten:
      return "unwritten";
    case Outcome::kFails:
      return "fails";
    case Outcome::kRunsPastEnd:
      return "runs past the end of the file";
  }
  return "";
}

StrictReader::StrictReader(Bytes image_bytes) {
  const strict::Image image(image_bytes);
  validates_ = image.validates();
  group_ = image.group();
  superblock_ = image.superblock();
  pointer_table_ = image.pointer_table();
  directory_ = image.directory();
  read_region(image, "TAGI", [&](const strict::Region& region) {
    tag_index_ = strict::TagIndex(region);
    return Outcome::kReads;
  });
  read_region(image, "SNAP", [&](const strict::Region& region) {
    snapshots_ = strict::read_snapshots(region);
    return Outcome::kReads;
  });
  read_region(image, "CODE", [&](const strict::Region& region) {
    modules_ = strict::read_modules(region);
    return Outcome::kReads;
  });
  read_region(image, "MTRK", [&](const strict::Region& region) {
    auto tree = strict::read_integrity_tree(region);
    if (!tree) return Outcome::kEmpty;
    integrity_tree_ = std::move(*tree);
    return Outcome::kReads;
  });
  read_region(image, "ENCR", [&](const strict::Region& region) {
    auto header = strict::read_encryption_header(region);
    if (!header) return Outcome::kUnwritten;
    encryption_header_ = std::move(*header);
    return Outcome::kReads;
  });
}

template <class Read>
void StrictReader::read_region(const strict::Image& image, const std::string& tag, Read&& read) {
  Finding& finding = findings_[tag];
  const auto slot = image.slot(tag);
  if (!slot) return;
  const auto region = image.region(*slot);
  if (!region) {
    finding.outcome = Outcome::kRunsPastEnd;
    return;
  }
  try {
    finding.outcome = read(*region);
  } catch (const strict::Failure& failure) {
    finding = {Outcome::kFails, failure.what()};
  }
}

Outcome StrictReader::outcome(std::string_view tag) const {
  const auto found = findings_.find(tag);
  return found == findings_.end() ? Outcome::kAbsent : found->second.outcome;
}

std::string StrictReader::failure(std::string_view tag) const {
  const auto found = findings_.find(tag);
  return found == findings_.end() ? std::string() : found->second.failure;
}

}  // namespace vde::test
