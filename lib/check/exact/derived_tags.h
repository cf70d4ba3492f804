// Blocks of a tag index that follow from its leaves: inner nodes, both filters.
#pragma once

#include <map>

#include "check/exact/derivation.h"
#include "format/tag/tag_extension.h"

namespace vde {

class TagDerivation {
 public:
  // `input` outlives this.
  TagDerivation(DerivationInput& input, BlockRange region) : input_(input), region_(region) {}

  // What block `index` of the region may have held. Reads the whole index with the first call, and
  // once more for each block of a filter.
  [[nodiscard]] Result<std::vector<DerivedPayload>> derive(uint64_t index);
  // A block of the region that verifies now.
  void add(const UncheckedBlock& block) {
    if (read_) note(block);
  }

 private:
  struct LeafFacts {
    std::string first;
    std::string last;
    int32_t next = 0;
  };
  using Children = std::vector<int32_t>;

  template <class Visit>
  [[nodiscard]] Result<void> each_block(Visit visit);
  template <class Visit>
  [[nodiscard]] Result<void> each_key(Visit visit);
  [[nodiscard]] Result<bool> read_nodes();
  void note(const UncheckedBlock& block);
  [[nodiscard]] bool is_filter(uint64_t index) const;
  [[nodiscard]] int16_t depth() const;
  [[nodiscard]] Result<void> derive_header(std::vector<DerivedPayload>& found);
  [[nodiscard]] Result<void> derive_filter(uint64_t index, std::vector<DerivedPayload>& found);

  [[nodiscard]] std::map<int32_t, size_t> places_of_leaves() const;
  [[nodiscard]] std::optional<int32_t> end_leaf(int32_t number, bool last) const;
  [[nodiscard]] size_t levels_of(int32_t number) const;
  [[nodiscard]] std::vector<Children> children_of_lost() const;
  void derive_node(const Children& children, std::vector<DerivedPayload>& found) const;
  [[nodiscard]] const std::vector<DerivedPayload>& lost_nodes();

  DerivationInput& input_;
  BlockRange region_;
  bool read_ = false;
  std::optional<TagExtension> extension_;
  std::map<int32_t, LeafFacts> leaves_;
  std::map<int32_t, Children> inner_;
  uint64_t entries_ = 0;
  std::optional<std::vector<DerivedPayload>> lost_nodes_;  // by the nodes as they are
};

}  // namespace vde
