// What the tag commands share: opening an index for reading, and printing tags.
#pragma once

#include <CLI/CLI.hpp>

#include "context.h"
#include "tag_text.h"
#include "vde/image.h"

namespace vde::cli {

// Options that several verbs have.
struct TagArguments {
  std::string image;
  std::string separator;
  SealChoice seal;
};
void add_image(CLI::App& command, TagArguments& arguments);
void add_separator(CLI::App& command, TagArguments& arguments);

// An image's index, open for reading through a mapping.
using OpenTagIndex = OpenReader<TagReader>;
[[nodiscard]] Result<OpenTagIndex> open_tag_index(Context& context, const std::string& image);

// Prints the tags that it visits, up to a limit.
class TagPrinter {
 public:
  TagPrinter(Output& output, TagFormat format, char separator, const Activity& activity)
      : output_(output), format_(format), separator_(separator), activity_(activity) {}

  // Prints columns with a heading, for a terminal.
  void use_columns() { has_columns_ = true; }
  void set_limit(uint64_t limit) { limit_ = limit; }
  // Counts tags without printing them.
  void only_count() { prints_ = false; }

  // Valid as long as this object.
  [[nodiscard]] TagVisitor visitor() {
    return [this](const TagView& entry) { return visit(entry); };
  }
  [[nodiscard]] uint64_t count() const { return count_; }
  // The error that stopped the printing, if any.
  [[nodiscard]] const Result<void>& result() const { return result_; }

 private:
  bool visit(const TagView& entry);

  Output& output_;
  TagFormat format_;
  char separator_;
  const Activity& activity_;
  uint64_t limit_ = UINT64_MAX;
  bool prints_ = true;
  bool has_columns_ = false;
  uint64_t count_ = 0;
  std::string line_;
  Result<void> result_;
};

// Prints one tag per line to standard output: JSON with --json, columns on a terminal, else TSV.
[[nodiscard]] TagPrinter tag_printer(Context& context, char separator);

}  // namespace vde::cli
