// What the SDK's readers read in an image, to compare it before and after a repair.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/image_builder.h"
#include "support/strict/strict_reader.h"

namespace vde::test {

struct StrictEntries {
  std::vector<strict::Tag> tags;
  std::vector<strict::Snapshot> snapshots;
  std::vector<strict::Module> modules;
  bool operator==(const StrictEntries&) const = default;
};

// As the SDK reads them, without padding. Checks that it reads all three regions.
inline StrictEntries entries_in(ImageBuilder& image) {
  const StrictReader reader(image.bytes());
  for (const std::string region : {"TAGI", "SNAP", "CODE"}) {
    CAPTURE(reader.failure(region));
    CHECK(reader.outcome(region) == Outcome::kReads);
  }
  StrictEntries entries{reader.tags(), reader.snapshots(), reader.modules()};
  std::erase_if(entries.snapshots, [](const strict::Snapshot& s) { return s.created == 0; });
  return entries;
}

}  // namespace vde::test
