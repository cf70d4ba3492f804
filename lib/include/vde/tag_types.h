// Types of the tag index: tags, queries and statistics. Keys and values are bytes. Keys are
// compared as unsigned bytes; a prefix sorts before longer keys.
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
  int64_t block = 0;  // any number; not interpreted

  bool operator==(const TagEntry&) const = default;
};

// A tag in a buffer of the library. Valid only during the call that passes it.
struct TagView {
  std::string_view key;
  std::string_view value;
  int64_t inode = 0;
  int64_t block = 0;
};

// Called once per tag; return false to stop.
using TagVisitor = std::function<bool(const TagView&)>;

// Selects the tags that match all given conditions.
struct TagQuery {
  std::string prefix = {};           // of the key; empty = any
  std::optional<std::string> from;   // key >= from
  std::optional<std::string> to;     // key <= to
  std::optional<std::string> value;  // exactly this value
  std::optional<int64_t> inode;
  bool reverse = false;  // in descending key order
};

struct TagStats {
  uint64_t entries = 0;
  uint32_t depth = 0;  // levels below the root; 0 if the root is a leaf
  uint64_t nodes = 0;  // reachable nodes, including leaves
  uint64_t leaves = 0;
  double fill = 0;  // used part of the leaves' payload; 0 to 1
  uint64_t region_blocks = 0;
  uint64_t free_blocks = 0;  // blocks of the region that hold neither a node nor a filter
  struct Bloom {
    uint64_t bits = 0;
    uint32_t hashes = 0;
    double fill = 0;  // part of the bits that are set; 0 to 1
    double expected_false_positive_rate = 0;
    double measured_false_positive_rate = 0;  // for keys that are not in the index
    bool extended = false;                    // lookups use the larger filter outside block 0
  } bloom;
};

}  // namespace vde
