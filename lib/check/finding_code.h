// The kinds of findings by name, for the passes that make them.
#pragma once

#include "vde/verify.h"

namespace vde {

// In the order of the table in finding_kinds.cpp, which a test holds against this list.
enum class FindingCode : size_t {
  kBlockBadChecksum,
  kBlockNoTrailer,
  kBlockUnknownTag,
  kBlockWrongTag,
  kBlockNewer,
  kBlockUnreadable,
  kRegionHeadMissing,
  kRegionNeverWritten,
  kRegionHeadLost,
  kBitmapHeadZero,
  kBitmapTooSmall,
  kBitmapMissesRegions,
  kFreeCountWrong,
  kAllocatedCountWrong,
  kBitmapPastEnd,
  kBlocksLeaked,
  kFileShorter,
  kFileLonger,
  kFileSizeFieldWrong,
  kTotalBlocksImpossible,
  kInodeLayoutBroken,
  kInodeLayoutContradicts,
  kInodeFieldUnknownFlags,
  kJournalHeaderBroken,
  kJournalSizeWrong,
  kJournalForeign,
  kJournalWaits,
  kJournalRefused,
  kJournalHeaderTorn,
  kDirectoryDamaged,
  kDirectoryChecksumWrong,
  kTablesDisagree,
  kRegionOutside,
  kRegionsOverlap,
  kRegionOverlapsData,
  kRegionTwice,
  kRegionMissing,
  kRegionUnknownTag,
  kRegionUnknownFlags,
  kDirectoryCountsWrong,
  kDirectoryGenerationOdd,
  kFixedRegionMisplaced,
  kGroupBlockDamaged,
  kGroupGenerationWrong,
  kGroupsDiffer,
  kGroupOlder,
  kReservedNotZero,
  kLabelNotText,
  kSealedImage,
  kAnchorSet,
  kInodeSizeDiffers,
  kNoSuperblock,
  kUnknownFeatures,
};

[[nodiscard]] const FindingKind& kind_of(FindingCode code);

}  // namespace vde
