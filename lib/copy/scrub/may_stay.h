// The list of what may stay in a scrubbed copy. What is not in it becomes zeros.
#pragma once

#include <span>
#include <string_view>

#include "format/field.h"
#include "format/region/table.h"

namespace vde {

// The fields of a structure: of a Layout, of the header of a described table, or of its records.
// Every field is in one of the two lists, so that a new one needs a decision.
struct ScrubRule {
  std::string_view structure;
  std::span<const std::string_view> stays;
  std::span<const std::string_view> zeroed;

  [[nodiscard]] bool keeps(std::string_view field) const;
};

[[nodiscard]] std::span<const ScrubRule> scrub_rules();
// Null if nothing of the structure may stay.
[[nodiscard]] const ScrubRule* find_scrub_rule(std::string_view structure);

// Copies the fields that may stay of the structure at the start of `from` to the start of `to`.
void keep_fields(std::string_view structure, std::span<const Field> fields, Bytes from,
                 MutableBytes to);
void keep_fields(std::string_view structure, std::span<const TableField> fields, Bytes from,
                 MutableBytes to);
template <class L>
void keep_fields(const L& layout, Bytes from, MutableBytes to) {
  keep_fields(layout.name(), layout.fields(), from, to);
}

}  // namespace vde
