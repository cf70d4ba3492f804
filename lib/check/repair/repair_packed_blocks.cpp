// Repairs a snapshot table or code cache with damaged blocks: keeps the entries of the intact
// blocks, and those that are proved in damaged ones, unchanged and in their order. Then repairs
// impossible entries of a table whose blocks are all valid.
#include <fmt/format.h>

#include <algorithm>

#include "check/entries/entry_corrections.h"
#include "check/entries/odd_entries.h"
#include "check/entries/packed_keep.h"
#include "check/entries/table_change.h"

namespace vde {
namespace {

class TableRepairer {
 public:
  TableRepairer(StructureRepair& repair, const RepairedTable& repaired, const PlacedRegion& region)
      : repair_(repair), repaired_(repaired), region_(region), keep_(repair, repaired, region) {}

  Result<void> repair_all() {
    VDE_TRY(keep_.read());
    if (keep_.bad().empty()) return {};
    if (const std::string doubt = keep_.find_doubt(); !doubt.empty()) {
      repair_.note(
          fmt::format("damaged blocks of the {} are not repaired: {}", repaired_.name, doubt));
      return {};
    }
    TableChange change;
    change.what = what();
    change.source = source();
    change.loss = keep_.loss();
    change.list = [&] { return keep_.list(); };
    change.blocks = keep_.bad();
    change.kept = keep_.kept();
    change.found = keep_.found();
    change.counted = keep_.counted();
    change.last = keep_.last();
    return change_table(repair_, repaired_, region_, change);
  }

 private:
  [[nodiscard]] uint64_t number(uint64_t index) const { return region_.blocks.begin + index; }

  [[nodiscard]] std::string what() const {
    const std::string where = keep_.damaged().where();
    if (keep_.has_all())
      return keep_.proven() > 0
                 ? fmt::format("keep all entries in {} of the {}", where, repaired_.name)
                 : fmt::format("empty {} of the {}", where, repaired_.name);
    if (keep_.found() == 0)
      return fmt::format("drop all entries of the {}: no intact block holds any", repaired_.name);
    const int64_t intact = keep_.found() - keep_.proven();
    if (keep_.proven() == 0)
      return fmt::format("keep the {} entries in intact blocks of the {}, drop {}", intact,
                         repaired_.name, where);
    const std::string proved =
        fmt::format("{} that {} proved", keep_.proven(), keep_.proven() == 1 ? "is" : "are");
    if (intact == 0)
      return fmt::format("keep of the {} {}, drop the rest of {}", repaired_.name, proved, where);
    return fmt::format("keep the {} entries in intact blocks of the {} and {}, drop the rest of {}",
                       intact, repaired_.name, proved, where);
  }

  [[nodiscard]] std::string source() const {
    const std::string_view proof = repaired_.table.type == block_types::kCode
                                       ? "the SHA-256 of each matches its entry"
                                       : "their children name them, and the times are in order";
    if (keep_.has_all() && keep_.proven() > 0)
      return fmt::format("{}, and the header counts {}", proof,
                         keep_.is_head_older() ? "fewer" : "as many");
    if (keep_.has_all())
      return fmt::format("the header's count: the {} blocks hold all {} entries",
                         keep_.foreign().empty() ? "intact" : "other", keep_.found());
    const auto counted = keep_.counted();
    std::string text =
        counted ? fmt::format("the intact blocks; the header counts {} entries{}", *counted,
                              counted == keep_.found() ? ", but may be older than the others" : "")
                : "the intact blocks; the count is lost, and " + used_says();
    if (keep_.proven() > 0) text += fmt::format("; of those in other blocks, {}", proof);
    return text;
  }

  // Whether the number of used blocks in the slot agrees with the entries that were found.
  [[nodiscard]] std::string used_says() const {
    const int64_t used = repair_.slots()[region_.slot].used;
    if (used <= 0) return "nothing else records it";
    const auto tail = static_cast<uint64_t>(used) - 1;
    if (tail == keep_.last() || (tail > keep_.last() && keep_.is_bad(tail)))
      return fmt::format("the slot agrees that blocks up to {} were used", number(tail));
    return fmt::format("the slot says that blocks up to {} were used, which contradicts them",
                       number(tail));
  }

  StructureRepair& repair_;
  const RepairedTable& repaired_;
  PlacedRegion region_;
  PackedKeep keep_;
};

Result<void> repair_blocks(StructureRepair& repair, const RepairedTable& repaired) {
  const auto region = plain_region(repair, repaired.table.type);
  if (!region) return {};
  return TableRepairer(repair, repaired, *region).repair_all();
}

// The maximum number of impossible fields of an entry: the length of its text, its key, its place.
constexpr int kMaxCorrections = 3;

// Corrects impossible entries, drops copies, and sets the others aside, in this order.
Result<void> repair_entries(StructureRepair& repair, const RepairedTable& repaired) {
  const auto region = plain_region(repair, repaired.table.type);
  if (!region) return {};
  std::optional<TableScan> scan;
  // Whether it changed the table.
  const auto run = [&](auto act) -> Result<bool> {
    if (!scan) {
      VDE_TRY_ASSIGN(scanned, scan_table(repair, repaired.table, region->blocks));
      scan = std::move(scanned);
    }
    if (!scan) return false;
    const size_t before = repair.step_count();
    VDE_TRY(act(repair, repaired, *region, *scan));
    const bool changed = repair.step_count() > before;
    if (changed) scan.reset();
    return changed;
  };
  // A corrected field may show the next one.
  for (int i = 0; i < kMaxCorrections; ++i) {
    VDE_TRY_ASSIGN(corrected, run(correct_entries));
    if (!corrected) break;
  }
  VDE_TRY(run(drop_copies));
  VDE_TRY(run(set_aside));
  return {};
}

}  // namespace

Result<void> repair_snapshot_entries(StructureRepair& repair) {
  return repair_entries(repair, repaired_snapshots());
}

Result<void> repair_module_entries(StructureRepair& repair) {
  return repair_entries(repair, repaired_modules());
}

Result<void> repair_snapshot_blocks(StructureRepair& repair) {
  return repair_blocks(repair, repaired_snapshots());
}

Result<void> repair_module_blocks(StructureRepair& repair) {
  return repair_blocks(repair, repaired_modules());
}

}  // namespace vde
