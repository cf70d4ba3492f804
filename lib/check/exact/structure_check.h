// Whether the structures that restored blocks belong to are right with them. A checksum proves the
// bytes that a trailer names; but the trailer may be an older one, or that of another block.
#pragma once

#include <map>
#include <set>
#include <string>

#include "check/context.h"

namespace vde {

// A finding's code and the type of its region: both stay when other blocks are restored.
using FindingName = std::pair<std::string_view, std::string>;

// The names of errors and warnings.
[[nodiscard]] std::set<FindingName> names_of(const std::vector<Finding>& findings);

// A block that would be restored.
struct RestoredFacts {
  BlockType type;           // of its place
  bool is_close = false;    // it differs from the damaged one in a byte, or in its checksum
  bool is_emptied = false;  // its payload becomes zero; before it was not zero from the start on
};

// An image whose blocks would be restored.
struct RestoredImage {
  BlockFile& damaged;
  BlockFile& restored;
  const Probe& probe;  // of both
  const std::map<uint64_t, RestoredFacts>& blocks;
  const std::set<std::string>& incomplete;  // regions ("TAGI") with blocks that stay damaged
  const std::set<FindingName>& known;       // of the damaged image
};

// What speaks against restored blocks.
class StructureVerdict {
 public:
  // Runs the passes of a verification, without those that read every block. kIo, kInterrupted.
  [[nodiscard]] static Result<StructureVerdict> judge(const RestoredImage& image,
                                                      Activity& activity);

  // Why such a block must not be restored; empty where it may be.
  [[nodiscard]] std::string fault(const RestoredFacts& block) const;

 private:
  // Regions that would have new findings.
  std::set<std::string> contradicted_;
  // Bitmaps that would have new findings with a byte corrected, and none with it as it is.
  std::set<std::string> lying_;
  // Regions without new findings if the blocks that would become empty keep what they hold, but
  // with some if these held anything else.
  std::set<std::string> full_;
};

}  // namespace vde
