// The list of what may stay names every field of the structures that it names, and nothing else.
#include "copy/scrub/may_stay.h"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

#include "format/journal_record.h"
#include "format/region/encryption_header.h"
#include "format/region/inode.h"
#include "format/region/integrity_tree.h"
#include "format/region/module_entry.h"
#include "format/region/packed_table.h"
#include "format/region/snapshot_entry.h"
#include "format/region/tables.h"
#include "format/region/wal_header.h"
#include "format/region_map.h"
#include "format/superblock.h"
#include "format/tag/tag_extension.h"
#include "format/tag/tag_index.h"

using namespace vde;

namespace {

using FieldNames = std::set<std::string>;

template <class L>
void add_layout(std::map<std::string, FieldNames>& all, const L& layout) {
  for (const Field& field : layout.fields()) all[std::string(layout.name())].emplace(field.name);
}

void add_table(std::map<std::string, FieldNames>& all, std::string_view name,
               std::span<const TableField> fields) {
  for (const TableField& field : fields) all[std::string(name)].emplace(field.name);
}

std::map<std::string, FieldNames> all_structures() {
  std::map<std::string, FieldNames> all;
  add_layout(all, kSuperblockLayout);
  add_layout(all, kRegionSlotLayout);
  add_layout(all, kDirectoryHeaderLayout);
  add_layout(all, kInodeLayoutHeaderLayout);
  add_layout(all, kInodeModuleFieldLayout);
  add_layout(all, kWalHeaderLayout);
  add_layout(all, kJournalMarkLayout);
  add_layout(all, kTagIndexHeaderLayout);
  add_layout(all, kTagExtensionLayout);
  add_layout(all, kPackedTableHeaderLayout);
  add_layout(all, kSnapshotEntryLayout);
  add_layout(all, kModuleEntryLayout);
  add_layout(all, kEncryptionHeaderLayout);
  add_layout(all, kKeySlotLayout);
  add_layout(all, kKeyRotationLayout);
  add_layout(all, kIntegrityTreeHeaderLayout);
  add_table(all, tables::kMigration.name, tables::kMigration.header);
  for (const TableDescription* table : all_tables()) {
    add_table(all, table->name, table->header);
    for (const RecordList& list : table->lists) add_table(all, list.name, list.fields);
  }
  return all;
}

}  // namespace

TEST_CASE("a rule decides about every field of its structure once") {
  const auto structures = all_structures();
  REQUIRE(scrub_rules().size() > 30);
  for (const ScrubRule& rule : scrub_rules()) {
    CAPTURE(std::string(rule.structure));
    REQUIRE(structures.contains(std::string(rule.structure)));
    FieldNames decided;
    for (const auto& list : {rule.stays, rule.zeroed})
      for (const std::string_view name : list) {
        CAPTURE(std::string(name));
        CHECK(decided.emplace(name).second);
      }
    CHECK(decided == structures.at(std::string(rule.structure)));
  }
}

TEST_CASE("fields that hold secrets are in no rule as ones that stay") {
  for (const std::string_view name :
       {"label", "wrapped_key", "salt", "encryption_key_fingerprint", "hash", "content_hash",
        "pii_hash", "token", "details", "notes", "issuer", "path", "payload", "root", "value"})
    for (const ScrubRule& rule : scrub_rules()) {
      // The hash of numbers that stay.
      if (rule.structure == kJournalMarkLayout.name() ||
          rule.structure == kTagExtensionLayout.name())
        continue;
      CAPTURE(std::string(rule.structure));
      CAPTURE(std::string(name));
      CHECK_FALSE(find_scrub_rule(rule.structure)->keeps(name));
    }
}

TEST_CASE("tables with logs, pseudonyms, passports and paths have no rule") {
  for (const std::string_view name :
       {tables::kAuditLog.name, tables::kAnonymization.name, tables::kComplianceVault.name,
        tables::kConsensusLog.name, tables::kMetrics.name, tables::kMetricsV21.name,
        tables::kFederation.name})
    for (const ScrubRule& rule : scrub_rules()) CHECK(rule.structure != name);
}
