// One row of the table of findings. The texts, the JSON, the exit status and `explain` all come
// from that table. Codes are permanent: a kind may be retired, never renumbered.
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
  std::string_view loses = {};  // see FindingKind::loses; required unless `need` is kNever
};

namespace finding_rows {

inline constexpr auto kError = Severity::kError;
inline constexpr auto kWarning = Severity::kWarning;
inline constexpr auto kNote = Severity::kNote;

// What a repair loses.
inline constexpr std::string_view kLosesNothing = "nothing";
inline constexpr std::string_view kLosesBlock =
    "in a tag index, snapshot table or code cache, the entries of the damaged block; in a bitmap, "
    "allocations of blocks that were never written; in a journal, commits that cannot be applied; "
    "elsewhere, nothing";
inline constexpr std::string_view kLosesAllocations =
    "only allocations of blocks that were never written and that nothing refers to";
inline constexpr std::string_view kLosesOtherCopy =
    "nothing but the content of the copy that is replaced";
inline constexpr std::string_view kLosesUnprovenFields =
    "nothing if the other group, the journal or a checksum has the content; otherwise what no "
    "other "
    "block shows, e.g. the label";
inline constexpr std::string_view kLosesNothingOfLeaves = "nothing that an intact leaf holds";
inline constexpr std::string_view kLosesNodes =
    "the tags of nodes that cannot be read; the plan names them as far as it can";
inline constexpr std::string_view kLosesEntries =
    "the entries of the damaged blocks; the plan names them as far as it can";
inline constexpr std::string_view kLosesParent =
    "the link to the parent; the plan names the parent";
inline constexpr std::string_view kLosesMissing =
    "the entries that the header counts and the table does not hold";
inline constexpr std::string_view kLosesStray =
    "no entries, only bytes in blocks that cannot hold entries";
inline constexpr std::string_view kLosesReplaced =
    "nothing, if a block or an entry is there twice, but the entries that were in the place of the "
    "copy; of two different entries, at least one";
inline constexpr std::string_view kLosesSetAside =
    "nothing, if one answer is right; else the entry, whose bytes go to the list of lost entries";

inline constexpr std::string_view kLosesSign =
    "the sign that more entries existed, if the number is too high";

// What to do, if several kinds need the same.
inline constexpr std::string_view kRightKey =
    "Make sure that it is the right key. 'vdetool dump IMAGE' shows what the image says; compare "
    "it "
    "with a copy that you trust, and ask who could write to it. Do not renew the seal.";
inline constexpr std::string_view kNothing = "Nothing needs to be done.";
inline constexpr std::string_view kNothingRepairable =
    "Nothing needs to be done. 'vdetool verify IMAGE --repair' fixes it.";
inline constexpr std::string_view kNextWrite =
    "Nothing needs to be done: the next write by vdetool fixes it. To fix it now, run 'vdetool "
    "verify IMAGE --repair'.";
inline constexpr std::string_view kNextModule =
    "Nothing needs to be done: the next change to the modules by vdetool fixes it. So does "
    "'vdetool verify IMAGE --repair' if it finds damage, or if other unused blocks have a trailer.";
inline constexpr std::string_view kNextSnapshot =
    "Nothing needs to be done: the next change to the snapshots by vdetool fixes it. So does "
    "'vdetool verify IMAGE --repair' if it finds damage, or if other unused blocks have a trailer.";
inline constexpr std::string_view kReorderModules =
    "Nothing needs to be done: the next change to the modules by vdetool fixes it if reordering "
    "the entries is enough.";
inline constexpr std::string_view kReorderSnapshots =
    "Nothing needs to be done: the next change to the snapshots by vdetool fixes it if reordering "
    "the entries is enough.";
inline constexpr std::string_view kCopyAndRepair =
    "Make a copy of the image first (cp --sparse=always). Then restore the affected items from a "
    "backup, or see what a repair would do: 'vdetool verify IMAGE --repair --dry-run'.";
inline constexpr std::string_view kFlippedBits =
    "Make a copy of the image first (cp --sparse=always). Then restore the affected items from a "
    "backup, or see what a repair would do: 'vdetool verify IMAGE --repair --dry-run'. With an "
    "older copy of the image, add '--from FILE'. Single flipped bits come from memory, a cable or "
    "controller, or the disk, not from a program: test the memory (memtest86+), check the "
    "disk's error counts (smartctl -a) and replace what is faulty, or more blocks will follow. "
    "Whole wrong sectors point to the disk or to writes that were cut short.";
inline constexpr std::string_view kOtherCopy =
    "Do not write to the image. Run 'vdetool verify IMAGE --repair --dry-run': the intact copy can "
    "replace this one.";
inline constexpr std::string_view kOtherCopyOrBits =
    "Do not write to the image. Run 'vdetool verify IMAGE --repair --dry-run': the intact copy can "
    "replace this one, and often the damaged block itself can be corrected. Single flipped bits "
    "come from memory, a cable or controller, or the disk, not from a program: test the memory "
    "(memtest86+), check the disk's error counts (smartctl -a) and replace what is faulty. Whole "
    "wrong sectors point to the disk or to writes that were cut short.";
inline constexpr std::string_view kCompareRegions =
    "Copy the image, then compare 'vdetool dump IMAGE --regions' with a listing from before the "
    "damage, if you have one.";
inline constexpr std::string_view kCompareAndRepair =
    "Copy the image, then compare 'vdetool dump IMAGE --regions' with a listing from before the "
    "damage, if you have one. 'vdetool verify IMAGE --repair --dry-run' shows what a repair would "
    "do.";
inline constexpr std::string_view kRebuildTags =
    "Copy the image first. Then run 'vdetool verify IMAGE --repair': it rebuilds the tree, the "
    "filters and the counts from the intact leaves and lists the lost tags. 'vdetool dump IMAGE "
    "--block N --json' shows what can still be read in a damaged leaf.";
inline constexpr std::string_view kKeepEntries =
    "Copy the image first. Then run 'vdetool verify IMAGE --repair': it keeps the entries of the "
    "intact blocks as they are, and lists what is lost.";
inline constexpr std::string_view kRecount =
    "Copy the image first. Then run 'vdetool verify IMAGE --repair': it recounts the entries if "
    "all of them are readable and unambiguous.";
inline constexpr std::string_view kDerive =
    "Copy the image first. Then run 'vdetool verify IMAGE --repair': it corrects the field if the "
    "rest of the region gives one value for it. Otherwise restore the affected entries or the "
    "image from a backup; 'vdetool dump IMAGE --block N' shows the block of the finding.";
inline constexpr std::string_view kRestoreModules =
    "Make a copy of the image first (cp --sparse=always). 'vdetool dump IMAGE --region CODE' shows "
    "the entries. Restore the affected modules from a backup.";
inline constexpr std::string_view kRestoreSnapshots =
    "Make a copy of the image first (cp --sparse=always). 'vdetool dump IMAGE --region SNAP' shows "
    "the entries. Restore the affected snapshots from a backup.";
inline constexpr std::string_view kRemoveCopied =
    "Copy the image first. Then run 'vdetool verify IMAGE --repair': it removes a copy of a block "
    "or of an entry. Of two different entries, those that nothing proves are set aside with "
    "--allow-loss: their bytes go to IMAGE.lost.jsonl.";
inline constexpr std::string_view kCorrectEntry =
    "Copy the image first. Then run 'vdetool verify IMAGE --repair': it corrects the entry if the "
    "rest of the table gives one answer. Otherwise --allow-loss sets it aside: its bytes go to "
    "IMAGE.lost.jsonl, and the rest of the table stays.";
inline constexpr std::string_view kRestoreDictionaries =
    "Make a copy of the image first (cp --sparse=always). 'vdetool dump IMAGE --region DICT' shows "
    "the table. Restore the affected dictionaries from a backup.";
inline constexpr std::string_view kRestoreTable =
    "Make a copy of the image first (cp --sparse=always). 'vdetool dump IMAGE --block N' shows the "
    "block of the finding. Restore the affected entries or the image from a backup.";
inline constexpr std::string_view kRegisterAgain =
    "Remove the module with 'vdetool module remove IMAGE REF' and register the original file again "
    "with 'vdetool module register'. If the table itself has a damaged block, the removal fails: "
    "run 'vdetool verify IMAGE --repair' first.";
inline constexpr std::string_view kRestoreHash =
    "A repair keeps the entry, unless a module with the right bytes has the same hash: then "
    "'vdetool verify IMAGE --repair --allow-loss' sets this one aside. To restore the module, "
    "remove it with 'vdetool module remove IMAGE REF' and register the original file again with "
    "'vdetool module register'.";
inline constexpr std::string_view kRestoreModule =
    "A repair keeps the entry. To restore the module, remove it with 'vdetool module remove IMAGE "
    "REF' and register the original file again with 'vdetool module register'.";

}  // namespace finding_rows
}  // namespace vde
