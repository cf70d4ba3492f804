#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>

#include "check/finding_code.h"

using namespace vde;

namespace {

// Codes are permanent: this list may grow, but never change.
const std::map<FindingCode, std::string_view> kCodes = {
    {FindingCode::kAuditCountWrong, "ALOG-001"},
    {FindingCode::kAuditBroken, "ALOG-002"},
    {FindingCode::kAuditUncounted, "ALOG-003"},
    {FindingCode::kAuditUnknown, "ALOG-005"},
    {FindingCode::kAuditOrder, "ALOG-006"},
    {FindingCode::kAuditLeftOver, "ALOG-007"},
    {FindingCode::kAuditSpare, "ALOG-008"},
    {FindingCode::kAuditChain, "ALOG-010"},
    {FindingCode::kAuditNext, "ALOG-011"},
    {FindingCode::kAuditTimes, "ALOG-012"},
    {FindingCode::kMappingCountWrong, "ANON-001"},
    {FindingCode::kMappingUncounted, "ANON-003"},
    {FindingCode::kMappingTwice, "ANON-004"},
    {FindingCode::kMappingUnknown, "ANON-005"},
    {FindingCode::kMappingKept, "ANON-006"},
    {FindingCode::kMappingSpare, "ANON-008"},
    {FindingCode::kBlockBadChecksum, "BLCK-001"},
    {FindingCode::kBlockNoTrailer, "BLCK-002"},
    {FindingCode::kBlockUnknownType, "BLCK-003"},
    {FindingCode::kBlockWrongType, "BLCK-004"},
    {FindingCode::kBlockNewer, "BLCK-005"},
    {FindingCode::kBlockUnreadable, "BLCK-006"},
    {FindingCode::kRegionHeadMissing, "BLCK-007"},
    {FindingCode::kRegionNeverWritten, "BLCK-008"},
    {FindingCode::kRegionHeadLost, "BLCK-009"},
    {FindingCode::kBitmapHeadZero, "BMAP-001"},
    {FindingCode::kBitmapTooSmall, "BMAP-002"},
    {FindingCode::kBitmapMissesRegions, "BMAP-003"},
    {FindingCode::kFreeCountWrong, "BMAP-004"},
    {FindingCode::kAllocatedCountWrong, "BMAP-005"},
    {FindingCode::kBitmapPastEnd, "BMAP-006"},
    {FindingCode::kBlocksLeaked, "BMAP-007"},
    {FindingCode::kConsensusCountWrong, "CLOG-001"},
    {FindingCode::kConsensusUncounted, "CLOG-003"},
    {FindingCode::kConsensusTwice, "CLOG-004"},
    {FindingCode::kConsensusUnknown, "CLOG-005"},
    {FindingCode::kConsensusOdd, "CLOG-006"},
    {FindingCode::kConsensusSpare, "CLOG-008"},
    {FindingCode::kPassportCountWrong, "CMVT-001"},
    {FindingCode::kPassportBroken, "CMVT-002"},
    {FindingCode::kPassportUncounted, "CMVT-003"},
    {FindingCode::kPassportTwice, "CMVT-004"},
    {FindingCode::kPassportUnknown, "CMVT-005"},
    {FindingCode::kPassportOdd, "CMVT-006"},
    {FindingCode::kPassportLeftOver, "CMVT-007"},
    {FindingCode::kPassportSpare, "CMVT-008"},
    {FindingCode::kModuleCountWrong, "CODE-001"},
    {FindingCode::kModuleEntryBroken, "CODE-002"},
    {FindingCode::kModuleHashDuplicate, "CODE-003"},
    {FindingCode::kModuleIdDuplicate, "CODE-004"},
    {FindingCode::kModuleOutside, "CODE-005"},
    {FindingCode::kModulesOverlap, "CODE-006"},
    {FindingCode::kModuleOverRegion, "CODE-007"},
    {FindingCode::kModuleBlocksFree, "CODE-008"},
    {FindingCode::kModuleBytesLost, "CODE-009"},
    {FindingCode::kModuleHashWrong, "CODE-010"},
    {FindingCode::kModuleUncounted, "CODE-011"},
    {FindingCode::kModuleUnknownAbi, "CODE-012"},
    {FindingCode::kModuleEntryNotText, "CODE-013"},
    {FindingCode::kModulePaddingSet, "CODE-014"},
    {FindingCode::kModuleLeftOver, "CODE-015"},
    {FindingCode::kModuleSpareUnwritten, "CODE-016"},
    {FindingCode::kModulesLost, "CODE-017"},
    {FindingCode::kDictionaryCountWrong, "DICT-001"},
    {FindingCode::kDictionaryEntryBroken, "DICT-002"},
    {FindingCode::kDictionaryIdTooHigh, "DICT-003"},
    {FindingCode::kDictionaryIdDuplicate, "DICT-004"},
    {FindingCode::kDictionaryOutside, "DICT-005"},
    {FindingCode::kDictionaryOverRegion, "DICT-006"},
    {FindingCode::kDictionaryBlocksShared, "DICT-007"},
    {FindingCode::kDictionaryBlocksFree, "DICT-008"},
    {FindingCode::kDictionaryUnwritten, "DICT-009"},
    {FindingCode::kDictionaryHashWrong, "DICT-010"},
    {FindingCode::kDictionaryUnknownAlgorithm, "DICT-011"},
    {FindingCode::kDictionaryUncounted, "DICT-012"},
    {FindingCode::kDictionaryStray, "DICT-013"},
    {FindingCode::kDictionaryOrder, "DICT-014"},
    {FindingCode::kKeysCountWrong, "ENCR-001"},
    {FindingCode::kKeysSlots, "ENCR-002"},
    {FindingCode::kKeysUnknown, "ENCR-005"},
    {FindingCode::kFileShorter, "GEOM-001"},
    {FindingCode::kFileLonger, "GEOM-002"},
    {FindingCode::kFileSizeFieldWrong, "GEOM-003"},
    {FindingCode::kTotalBlocksImpossible, "GEOM-004"},
    {FindingCode::kInodeLayoutBroken, "INOD-001"},
    {FindingCode::kInodeLayoutContradicts, "INOD-002"},
    {FindingCode::kInodeFieldUnknownFlags, "INOD-003"},
    {FindingCode::kMigrationBroken, "INOD-004"},
    {FindingCode::kMigrationLeft, "INOD-005"},
    {FindingCode::kCacheCountWrong, "INTE-001"},
    {FindingCode::kCacheUncounted, "INTE-003"},
    {FindingCode::kCacheTwice, "INTE-004"},
    {FindingCode::kCacheUnknown, "INTE-005"},
    {FindingCode::kCacheSpare, "INTE-008"},
    {FindingCode::kMetricsCountWrong, "MLOG-001"},
    {FindingCode::kMetricsUncounted, "MLOG-003"},
    {FindingCode::kMetricsUnknown, "MLOG-005"},
    {FindingCode::kMetricsLimits, "MLOG-006"},
    {FindingCode::kMetricsSpare, "MLOG-008"},
    {FindingCode::kMetricsFull, "MLOG-010"},
    {FindingCode::kMetricsTimes, "MLOG-011"},
    {FindingCode::kTreeShape, "MTRK-001"},
    {FindingCode::kTreeHash, "MTRK-002"},
    {FindingCode::kTreeLeaves, "MTRK-003"},
    {FindingCode::kTreeForeign, "MTRK-004"},
    {FindingCode::kTreeShort, "MTRK-005"},
    {FindingCode::kTreeRootOther, "MTRK-006"},
    {FindingCode::kJournalHeaderBroken, "MWAL-001"},
    {FindingCode::kJournalSizeWrong, "MWAL-002"},
    {FindingCode::kJournalForeign, "MWAL-003"},
    {FindingCode::kJournalWaits, "MWAL-004"},
    {FindingCode::kJournalRefused, "MWAL-005"},
    {FindingCode::kJournalHeaderTorn, "MWAL-006"},
    {FindingCode::kOperationCountWrong, "OPJR-001"},
    {FindingCode::kOperationUncounted, "OPJR-003"},
    {FindingCode::kOperationTwice, "OPJR-004"},
    {FindingCode::kOperationUnknown, "OPJR-005"},
    {FindingCode::kOperationOdd, "OPJR-006"},
    {FindingCode::kOperationHeader, "OPJR-010"},
    {FindingCode::kOperationRuns, "OPJR-011"},
    {FindingCode::kExportedVolume, "ORIG-001"},
    {FindingCode::kModuleAdditionLeft, "ORIG-002"},
    {FindingCode::kPaddingClaimed, "ORIG-003"},
    {FindingCode::kInodesMoved, "ORIG-004"},
    {FindingCode::kDefragmented, "ORIG-005"},
    {FindingCode::kImportedDisk, "ORIG-006"},
    {FindingCode::kCopiedVolume, "ORIG-007"},
    {FindingCode::kMigratedVolume, "ORIG-008"},
    {FindingCode::kPolicyCountWrong, "POLV-001"},
    {FindingCode::kPolicyUncounted, "POLV-003"},
    {FindingCode::kPolicyTwice, "POLV-004"},
    {FindingCode::kPolicyUnknown, "POLV-005"},
    {FindingCode::kPolicySealWrong, "POLV-010"},
    {FindingCode::kRaidCountWrong, "RAID-001"},
    {FindingCode::kRaidTwice, "RAID-004"},
    {FindingCode::kRaidUnknown, "RAID-005"},
    {FindingCode::kRaidOdd, "RAID-006"},
    {FindingCode::kRaidGap, "RAID-010"},
    {FindingCode::kReplicaCountWrong, "REPL-001"},
    {FindingCode::kReplicaTwice, "REPL-004"},
    {FindingCode::kReplicaUnknown, "REPL-005"},
    {FindingCode::kReplicaDirty, "REPL-006"},
    {FindingCode::kReplicaPair, "REPL-010"},
    {FindingCode::kDirectoryDamaged, "RMAP-001"},
    {FindingCode::kDirectoryChecksumWrong, "RMAP-002"},
    {FindingCode::kTablesDisagree, "RMAP-003"},
    {FindingCode::kRegionOutside, "RMAP-004"},
    {FindingCode::kRegionsOverlap, "RMAP-005"},
    {FindingCode::kRegionOverlapsData, "RMAP-006"},
    {FindingCode::kRegionDuplicate, "RMAP-007"},
    {FindingCode::kRegionMissing, "RMAP-008"},
    {FindingCode::kRegionUnknownType, "RMAP-009"},
    {FindingCode::kRegionUnknownFlags, "RMAP-010"},
    {FindingCode::kDirectoryCountsWrong, "RMAP-011"},
    {FindingCode::kDirectoryGenerationOdd, "RMAP-012"},
    {FindingCode::kFixedRegionMisplaced, "RMAP-013"},
    {FindingCode::kSnapshotCountWrong, "SNAP-001"},
    {FindingCode::kSnapshotEntryBroken, "SNAP-002"},
    {FindingCode::kSnapshotIdDuplicate, "SNAP-003"},
    {FindingCode::kSnapshotParentMissing, "SNAP-004"},
    {FindingCode::kSnapshotCycle, "SNAP-005"},
    {FindingCode::kSnapshotOutside, "SNAP-006"},
    {FindingCode::kSnapshotUncounted, "SNAP-007"},
    {FindingCode::kSnapshotUnknownFlags, "SNAP-008"},
    {FindingCode::kSnapshotLabelNotText, "SNAP-009"},
    {FindingCode::kSnapshotLeftOver, "SNAP-010"},
    {FindingCode::kSnapshotSpareUnwritten, "SNAP-011"},
    {FindingCode::kSnapshotsLost, "SNAP-012"},
    {FindingCode::kRingLimits, "STRE-001"},
    {FindingCode::kRingOdd, "STRE-006"},
    {FindingCode::kRingLarge, "STRE-010"},
    {FindingCode::kGroupBlockDamaged, "SUPB-001"},
    {FindingCode::kGroupGenerationWrong, "SUPB-002"},
    {FindingCode::kGroupsDiffer, "SUPB-003"},
    {FindingCode::kGroupOlder, "SUPB-004"},
    {FindingCode::kReservedNotZero, "SUPB-005"},
    {FindingCode::kLabelNotText, "SUPB-006"},
    {FindingCode::kSealedImage, "SUPB-007"},
    {FindingCode::kAnchorSet, "SUPB-008"},
    {FindingCode::kInodeSizeDiffers, "SUPB-009"},
    {FindingCode::kNoSuperblock, "SUPB-010"},
    {FindingCode::kUnknownFeatures, "SUPB-011"},
    {FindingCode::kGroupGenerationOdd, "SUPB-012"},
    {FindingCode::kChainHashStale, "SUPB-013"},
    {FindingCode::kFingerprintOther, "SUPB-014"},
    {FindingCode::kChainUndated, "SUPB-015"},
    {FindingCode::kNestingTooDeep, "SUPB-016"},
    {FindingCode::kSealWrong, "SUPB-017"},
    {FindingCode::kNamespaceWrong, "SUPB-018"},
    {FindingCode::kNamespaceUnchecked, "SUPB-019"},
    {FindingCode::kNothingSealed, "SUPB-020"},
    {FindingCode::kKeyUnused, "SUPB-021"},
    {FindingCode::kTagHeaderBroken, "TAGI-001"},
    {FindingCode::kTagNodeBroken, "TAGI-002"},
    {FindingCode::kTagNodeTwice, "TAGI-003"},
    {FindingCode::kTagChildOutside, "TAGI-004"},
    {FindingCode::kTagsOutOfOrder, "TAGI-005"},
    {FindingCode::kTagBeyondSeparator, "TAGI-006"},
    {FindingCode::kTagDepthWrong, "TAGI-007"},
    {FindingCode::kTagChainBroken, "TAGI-008"},
    {FindingCode::kTagCountWrong, "TAGI-009"},
    {FindingCode::kTagBloomMisses, "TAGI-010"},
    {FindingCode::kLineFilterMisses, "TAGI-011"},
    {FindingCode::kTagLeafIndexWrong, "TAGI-012"},
    {FindingCode::kTagFreeListBroken, "TAGI-013"},
    {FindingCode::kTagsNotSorted, "TAGI-014"},
    {FindingCode::kTagNodeUnreached, "TAGI-015"},
    {FindingCode::kTagAddressOutside, "TAGI-016"},
    {FindingCode::kTagHeaderOlder, "TAGI-017"},
    {FindingCode::kTagBlockNoNode, "TAGI-018"},
    {FindingCode::kCursorCountWrong, "WALS-001"},
    {FindingCode::kCursorUncounted, "WALS-003"},
    {FindingCode::kCursorTwice, "WALS-004"},
    {FindingCode::kCursorUnknown, "WALS-005"},
    {FindingCode::kWormCountWrong, "WORM-001"},
    {FindingCode::kWormUncounted, "WORM-003"},
    {FindingCode::kWormUnknown, "WORM-005"},
    {FindingCode::kWormOdd, "WORM-006"},
    {FindingCode::kWormSpare, "WORM-008"},
    {FindingCode::kWormTimes, "WORM-010"},
    {FindingCode::kReferenceCountWrong, "XREF-001"},
    {FindingCode::kReferenceBroken, "XREF-002"},
    {FindingCode::kReferenceUncounted, "XREF-003"},
    {FindingCode::kReferenceTwice, "XREF-004"},
    {FindingCode::kReferenceUnknown, "XREF-005"},
    {FindingCode::kReferencePlace, "XREF-006"},
    {FindingCode::kReferenceLeftOver, "XREF-007"},
    {FindingCode::kReferenceSpare, "XREF-008"},
    {FindingCode::kReferenceSource, "XREF-010"},
    {FindingCode::kZoneUnknown, "ZNSM-005"},
};

bool is_code(std::string_view code) {
  return code.size() == 8 && code[4] == '-' &&
         std::all_of(code.begin(), code.begin() + 4, [](char c) { return c >= 'A' && c <= 'Z'; }) &&
         std::all_of(code.begin() + 5, code.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

TEST_CASE("each name of a kind has its code") {
  CHECK(kCodes.size() == finding_kinds().size());
  for (const auto& [name, code] : kCodes) CHECK(kind_of(name).code == code);
}

TEST_CASE("kinds are ordered by code, without duplicates") {
  const auto kinds = finding_kinds();
  for (size_t i = 0; i + 1 < kinds.size(); ++i) CHECK(kinds[i].code < kinds[i + 1].code);
  for (const FindingKind& kind : kinds) {
    CAPTURE(kind.code);
    CHECK(is_code(kind.code));
  }
}

TEST_CASE("every kind says what it means, what is at risk and what to do") {
  for (const FindingKind& kind : finding_kinds()) {
    CAPTURE(kind.code);
    for (const std::string_view text : {kind.title, kind.meaning, kind.risk, kind.next}) {
      REQUIRE_FALSE(text.empty());
      CHECK(text.find("  ") == std::string_view::npos);
    }
    CHECK(kind.title.back() != '.');
    for (const std::string_view text : {kind.meaning, kind.risk, kind.next})
      CHECK(text.back() == '.');
  }
}

TEST_CASE("every kind names a command to run, or says that nothing needs to be done") {
  for (const FindingKind& kind : finding_kinds()) {
    CAPTURE(kind.code);
    const bool names_command = kind.next.find("'vdetool ") != std::string_view::npos;
    CHECK((names_command || kind.next == "Nothing needs to be done." ||
           kind.next.starts_with("Nothing needs to be done: the next change ")));
    // Text that cannot be copied into a shell: the image is missing.
    for (const std::string_view verb : {"'vdetool verify --", "'vdetool dump --"})
      CHECK(kind.next.find(verb) == std::string_view::npos);
  }
}

TEST_CASE("every kind that can be repaired says what a repair loses, the others have no repair") {
  for (const FindingKind& kind : finding_kinds()) {
    CAPTURE(kind.code);
    CHECK(kind.loses.empty() == (kind.fixable == Fixable::kNever));
    if (!kind.loses.empty()) CHECK(kind.loses.back() != '.');
    // What needs a repair and has one names it.
    if (kind.fixable != Fixable::kNever && kind.next != "Nothing needs to be done.")
      CHECK(kind.next.find("'vdetool verify IMAGE --repair") != std::string_view::npos);
  }
}

TEST_CASE("a kind is found by its code in upper or lower case") {
  CHECK(find_finding_kind("RMAP-003") == &kind_of(FindingCode::kTablesDisagree));
  CHECK(find_finding_kind("rmap-003") == &kind_of(FindingCode::kTablesDisagree));
  for (const char* code : {"", "RMAP", "RMAP-0030", "RMAP-999"})
    CHECK(find_finding_kind(code) == nullptr);
}

TEST_CASE("severities have names") {
  CHECK(severity_name(Severity::kError) == "error");
  CHECK(severity_name(Severity::kWarning) == "warning");
  CHECK(severity_name(Severity::kNote) == "note");
}
