// An image whose tables and tag tree take several blocks each, and what is in it.
#pragma once

#include "format/tag/tag_index.h"
#include "support/module_session.h"
#include "vde/snapshots.h"
#include "vde/tags.h"

namespace vde::test {

inline constexpr int64_t kTags = 300;
inline constexpr size_t kSnapshots = 58;
inline constexpr size_t kModules = 20;

inline void add_tags(ImageBuilder& image, int64_t begin, int64_t end) {
  const auto writer = must(TagWriter::open(image.file(), kSomeOptions));
  for (int64_t i = begin; i < end; ++i)
    must(writer->set({"key" + std::to_string(10'000 + i), "value", i, 0}));
  must(writer->commit());
  must(writer->close());
}

inline void add_snapshot(ImageBuilder& image, size_t i) {
  SnapshotOptions wish;
  wish.reproducible = true;
  if (i > 0) wish.parent = "@latest";
  const auto at = Ticks{1'000'000 + static_cast<int64_t>(i)};
  must(create_snapshot(image.file(), wish, {at, false}));
}

inline void add_module(ImageBuilder& image, size_t i) {
  ModuleOptions options;
  options.force = true;
  MemoryFile file(wasm_of_size(kMinWasm + i, i));
  Activity activity;
  must(register_module(image.file(), file, options, kSomeOptions, activity));
}

// Blocks of 512 bytes: a tree of two levels, tables of several blocks.
inline void fill(ImageBuilder& image, int64_t tags) {
  add_tags(image, 0, tags);
  for (size_t i = 0; i < kSnapshots; ++i) add_snapshot(image, i);
  for (size_t i = 0; i < kModules; ++i) add_module(image, i);
}

class EvidenceImage : public ImageBuilder {
 public:
  explicit EvidenceImage(int64_t tags = kTags)
      : ImageBuilder({512, 4096, "tags,snapshot,compute"}) {
    fill(*this, tags);
  }
};

// The leaf that a child of the root names.
inline uint64_t leaf_of(ImageBuilder& image, size_t child) {
  const uint64_t region = image.start("TAGI");
  TagNode node = must(decode_tag_node(image.payload(region + kTagRoot)));
  REQUIRE_FALSE(node.leaf);
  return region + static_cast<uint64_t>(node.children.at(child));
}

}  // namespace vde::test
