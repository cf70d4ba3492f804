// What a row of the table of findings is made of. Text, JSON, exit status and `explain` all come
// from that table. Codes are for good: a kind may be retired, never renumbered.
#pragma once

#include <array>

#include "check/repair/repair_facts.h"

namespace vde {

struct FindingRow {
  std::string_view code;
  Severity severity;
  RepairNeed need;
  std::string_view title;
  std::string_view meaning;
  std::string_view risk;
  std::string_view next;
};

namespace finding_rows {

inline constexpr auto kError = Severity::kError;
inline constexpr auto kWarning = Severity::kWarning;
inline constexpr auto kNote = Severity::kNote;

// What to do, where several kinds say the same.
inline constexpr std::string_view kKeepCopy =
    "Copy the image as it is before anything else writes to it; restore what is named from a "
    "backup.";
inline constexpr std::string_view kNothing = "Nothing needs to be done.";
inline constexpr std::string_view kNextWrite = "The next write by vdetool puts it right.";
inline constexpr std::string_view kNextModule =
    "The next change to the modules by vdetool puts it right, where an order of them does.";
inline constexpr std::string_view kRegister =
    "Remove the module with 'vdetool module remove' and register it again from its file.";
inline constexpr std::string_view kRegisterAgain =
    "A repair keeps the entry and what is left of the bytes. Where nothing else needs them, remove "
    "the module with 'vdetool module remove' and register it again from its file.";
inline constexpr std::string_view kNextSnapshot =
    "The next change to the snapshots by vdetool puts it right.";
inline constexpr std::string_view kLookAtTable =
    "Compare 'vdetool dump --regions' with what you know of the image; keep a copy of it.";
inline constexpr std::string_view kOtherCopy =
    "The other copy holds what is needed; keep the image as it is until it has been repaired.";
inline constexpr std::string_view kKeepLeaves =
    "Run 'vdetool verify --repair': it makes tree, filters and counts anew from the leaves that "
    "verify, and names what is lost.";
inline constexpr std::string_view kKeepEntries =
    "Run 'vdetool verify --repair': it keeps the entries of the blocks that verify, each as it is, "
    "and names what is lost. Keep a copy of the image.";
inline constexpr std::string_view kCountAgain =
    "Run 'vdetool verify --repair': it counts the entries, where all of them can be read and leave "
    "no doubt. Keep a copy of the image.";
inline constexpr std::string_view kSetAgain = "Find out what set these tags, and set them again.";

}  // namespace finding_rows
}  // namespace vde
