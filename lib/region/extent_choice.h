// Which extents to read where several may share blocks, so that no block is read without bound.
#pragma once

#include <optional>
#include <vector>

#include "vde/bytes.h"

namespace vde {

struct SizedExtent {
  BlockRange blocks;
  uint64_t size = 0;  // bytes in these blocks

  bool operator==(const SizedExtent&) const = default;
};

// The extents to read: the distinct ones of those given, without those that would put a block into
// a third one.
class ExtentChoice {
 public:
  explicit ExtentChoice(std::vector<SizedExtent> extents);

  // Ascending.
  [[nodiscard]] const std::vector<SizedExtent>& chosen() const { return chosen_; }
  // The position of `extent` in chosen(), or nothing.
  [[nodiscard]] std::optional<size_t> find(const SizedExtent& extent) const;

 private:
  std::vector<SizedExtent> chosen_;
};

}  // namespace vde
