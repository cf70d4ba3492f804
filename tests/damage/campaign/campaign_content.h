// What an image holds for its users: tags, snapshots, and modules with their bytes. The campaign's
// model of an image, and what lists make of one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vde/error.h"
#include "vde/modules.h"
#include "vde/snapshots.h"
#include "vde/storage.h"
#include "vde/tags.h"

namespace vde::test {

// Each list sorted, see sort_content(). Two snapshots are the same if id, time, flags and label
// are: a repair may cut a parent off. Two modules are if hash, id, size and entry point are.
struct Content {
  std::vector<TagEntry> tags;
  std::vector<Snapshot> snapshots;
  std::vector<Module> modules;  // whose bytes have their hash

  [[nodiscard]] size_t size() const { return tags.size() + snapshots.size() + modules.size(); }
};

void sort_content(Content& content);
// These take sorted lists and return them.
[[nodiscard]] Content minus(const Content& from, const Content& what);
[[nodiscard]] Content common(const Content& a, const Content& b);
[[nodiscard]] Content joined(const Content& a, const Content& b);

[[nodiscard]] Content distinct(Content content);  // each once

// "3 tags ('key7' of inode 5 first), 1 module (...)".
[[nodiscard]] std::string describe(const Content& content);

// One list of an image.
struct Listed {
  std::optional<Error> error;  // it did not come to its end
  [[nodiscard]] bool whole() const { return !error; }
};

struct Listing {
  Content content;                     // what was handed out, before an error, too
  std::vector<Module> listed_modules;  // with or without their bytes; sorted as content
  Listed tags;
  Listed snapshots;
  Listed modules;
  bool tags_in_order = true;
};

// Lists everything, as the committed view of `file` shows it.
[[nodiscard]] Listing list_content(BlockFile& file);

}  // namespace vde::test
