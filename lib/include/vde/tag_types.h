// What tags are made of: entries, questions about them, and what a tree says of itself. Keys and
// values are bytes; keys compare as unsigned bytes, and a key that is a prefix of another comes
// first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace vde {

inline constexpr size_t kMaxTagKey = 255;    // bytes
inline constexpr size_t kMaxTagValue = 255;  // bytes

struct TagEntry {
  std::string key;
  std::string value;
  int64_t inode = 0;
  int64_t block = 0;  // any number may stand here

  bool operator==(const TagEntry&) const = default;
};

// An entry where it lies: valid until the call that handed it out returns.
struct TagView {
  std::string_view key;
  std::string_view value;
  int64_t inode = 0;
  int64_t block = 0;
};

// Gets entries one by one; false = no more of them.
using TagVisitor = std::function<bool(const TagView&)>;

// Which entries: those that every given condition holds for.
struct TagQuery {
  std::string prefix = {};           // of the key
  std::optional<std::string> from;   // key >= from
  std::optional<std::string> to;     // key <= to
  std::optional<std::string> value;  // exactly this value
  std::optional<int64_t> inode;
  bool reverse = false;  // from the last key to the first
};

struct TagStats {
  uint64_t entries = 0;
  uint32_t depth = 0;  // levels below the root
  uint64_t nodes = 0;  // reachable ones, leaves included
  uint64_t leaves = 0;
  double fill = 0;  // of the leaves' payload, by entries; 0 to 1
  uint64_t region_blocks = 0;
  uint64_t free_blocks = 0;  // of the region, that hold neither a node nor a filter
  struct Bloom {
    uint64_t bits = 0;
    uint32_t hashes = 0;
    double fill = 0;  // bits that are set; 0 to 1
    double expected_false_positive_rate = 0;
    double measured_false_positive_rate = 0;  // of keys that are not there
    bool extended = false;                    // the larger filter behind block 0 answers
  } bloom;
};

}  // namespace vde
