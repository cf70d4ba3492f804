// Checks the code cache: each entry, conflicts between entries, and the stored bytes.
#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "check/passes.h"
#include "check/passes/bitmap_bits.h"
#include "check/passes/packed_scan.h"
#include "region/module_blocks.h"
#include "table/module_table.h"
#include "vde/text.h"

namespace vde {
namespace {

// The part of an entry that is kept until all entries are read.
struct KeptModule {
  Opaque<32> hash;
  Guid id;
  uint64_t first = 0;
  uint32_t size = 0;   // bytes
  uint32_t block = 0;  // that holds the entry, in the region
};
static_assert(sizeof(KeptModule) == 64);

class ModuleJudge {
 public:
  ModuleJudge(VerifyContext& context, const PlacedRegion& region)
      : context_(context), region_(region), bits_(context) {
    const int64_t total = context.probe.superblock.total_blocks;
    total_ = context.probe.blocks_in_file();
    if (context.probe.superblock_verified())
      total_ = std::min(total_, static_cast<uint64_t>(std::max<int64_t>(0, total)));
  }

  void check_entry(const PackedRecord& record) {
    const auto decoded = decode_module_entry(record.bytes);
    if (!decoded) return;
    const ModuleEntry& entry = decoded->entry;
    const auto block = static_cast<uint32_t>(record.place.block);
    KeptModule kept{entry.hash, entry.id, 0, 0, block};
    if (entry.abi > kAbiStable)
      add(FindingCode::kModuleUnknownAbi, kept, fmt::format("ABI {}", entry.abi));
    if (!is_utf8(entry.entry_point))
      add(FindingCode::kModuleEntryNotText, kept, fmt::format("'{}'", escape(entry.entry_point)));
    const auto extent = module_extent(entry, total_, context_.io.block_size());
    if (!extent) return add(FindingCode::kModuleOutside, kept, extent.error().message);
    kept.first = extent->begin;
    kept.size = static_cast<uint32_t>(entry.size);
    modules_.push_back(kept);
  }

  Result<void> judge_all() {
    find_duplicates(FindingCode::kModuleHashDuplicate, "hash",
                    [](const KeptModule& m) { return m.hash; });
    find_duplicates(FindingCode::kModuleIdDuplicate, "id",
                    [](const KeptModule& m) { return m.id; });
    std::sort(modules_.begin(), modules_.end(), [](const KeptModule& a, const KeptModule& b) {
      return std::tie(a.first, a.hash) < std::tie(b.first, b.hash);
    });
    uint64_t end = 0;  // of the blocks of the previous modules
    for (const KeptModule& module : modules_) {
      if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      const BlockRange blocks = blocks_of(module);
      // Shared bytes are read only once.
      const bool shared = blocks.begin < end;
      if (shared)
        add(FindingCode::kModulesOverlap, module,
            fmt::format("its blocks from {} belong to another module too", blocks.begin));
      else
        VDE_TRY(judge_blocks(module, blocks));
      context_.references.add(blocks);
      end = std::max(end, blocks.end);
    }
    return {};
  }

 private:
  void add(FindingCode code, const KeptModule& module, const std::string& message,
           FindingSite site = FindingSite::here()) {
    const std::string name = to_hex(module.hash);
    context_.report.add(code, region_.blocks.begin + module.block, block_types::kCode,
                        fmt::format("module {}: {}", name, message), {"module " + name}, site);
  }

  [[nodiscard]] BlockRange blocks_of(const KeptModule& module) const {
    return {module.first, module.first + module_blocks(module.size, context_.io.block_size())};
  }

  // Entries that have the same key.
  template <class Key>
  void find_duplicates(FindingCode code, std::string_view what, Key key) {
    std::sort(modules_.begin(), modules_.end(), [&](const KeptModule& a, const KeptModule& b) {
      return std::pair(key(a), a.block) < std::pair(key(b), b.block);
    });
    for (size_t i = 1; i < modules_.size(); ++i)
      if (key(modules_[i]) == key(modules_[i - 1]))
        add(code, modules_[i], fmt::format("the {} of more than one entry", what));
  }

  Result<void> judge_blocks(const KeptModule& module, BlockRange blocks) {
    for (const PlacedRegion& other : context_.regions)
      if (!other.is_data_area && other.blocks.begin < blocks.end &&
          blocks.begin < other.blocks.end) {
        add(FindingCode::kModuleOverRegion, module,
            fmt::format("its blocks {} to {} are in the {} region", blocks.begin, blocks.end - 1,
                        to_string(other.type)));
        return {};
      }
    if (const uint64_t free = bits_.count_free(blocks); free > 0)
      add(FindingCode::kModuleBlocksFree, module,
          blocks.count() == 1 ? fmt::format("block {} is marked free", blocks.begin)
                              : fmt::format("{} of its {} blocks from {} are marked free", free,
                                            blocks.count(), blocks.begin));
    if (context_.options.scope == VerifyScope::kMetadata) return {};
    return judge_bytes(module);
  }

  Result<void> judge_bytes(const KeptModule& module) {
    const auto nowhere = [](Bytes) { return Result<void>{}; };
    const auto bytes =
        read_module(context_.io, module.first, module.size, nowhere, context_.activity);
    if (!bytes) {
      if (bytes.error().code == ErrorCode::kInterrupted) return tl::make_unexpected(bytes.error());
      std::string where;
      if (bytes.error().block) where = fmt::format(" (block {})", *bytes.error().block);
      add(FindingCode::kModuleBytesLost, module, bytes.error().message + where);
      return {};
    }
    if (bytes->hash != module.hash)
      add(FindingCode::kModuleHashWrong, module,
          fmt::format("the stored bytes have the hash {}", to_hex(bytes->hash)));
    if (!bytes->padding_zero) add(FindingCode::kModulePaddingSet, module, "in its last block");
    return {};
  }

  VerifyContext& context_;
  const PlacedRegion& region_;
  BitmapBits bits_;
  uint64_t total_ = 0;  // blocks that modules may use
  // A deque, because a vector needs three times the memory while it grows.
  std::deque<KeptModule> modules_;
};

void report_code_table(VerifyContext& context, const PlacedRegion& region, const PackedScan& scan) {
  const uint64_t head = region.blocks.begin;
  const auto add = [&](FindingCode code, std::optional<uint64_t> block, std::string message,
                       FindingSite site = FindingSite::here()) {
    context.report.add(code, block, block_types::kCode, std::move(message), {}, site);
  };
  for (const Error& error : scan.broken)
    add(FindingCode::kModuleEntryBroken, error.block, error.message);
  if (std::string lost = describe_lost(scan); !lost.empty())
    context.report.add(FindingCode::kModulesLost, scan.lost.first_block(), block_types::kCode,
                       std::move(lost), scan.lost.names());
  if (!scan.has_header) return;
  if (scan.reserved_set)
    add(FindingCode::kReservedNotZero, head, "reserved bytes of the code cache's header");
  if (scan.counted < 0 || (scan.complete && scan.found < scan.counted))
    add(FindingCode::kModuleCountWrong, head,
        fmt::format("header {}, table {}", scan.counted, scan.found));
  if (scan.past_end)
    add(FindingCode::kModuleUncounted, scan.past_end,
        fmt::format("there are bytes after the last of {} entries", scan.counted));
  if (scan.left_over > 0 && scan.complete && scan.found >= scan.counted)
    add(FindingCode::kModuleLeftOver, scan.first_left_over,
        fmt::format("{} {}, starting with this one, with {} or more unused bytes at the end",
                    scan.left_over, scan.left_over == 1 ? "block" : "blocks",
                    kModuleEntryLayout.size()));
  // A region that was never written at all is a finding of its own.
  if (scan.unwritten > 0 && scan.head_written)
    add(FindingCode::kModuleSpareUnwritten, scan.first_unwritten,
        fmt::format("{} {} from block {}", scan.unwritten, scan.unwritten == 1 ? "block" : "blocks",
                    scan.first_unwritten));
}

}  // namespace

Result<void> check_modules(VerifyContext& context) {
  const PlacedRegion* region = context.find_plain(block_types::kCode);
  if (region == nullptr) return {};
  ModuleJudge judge(context, *region);
  const PackedVisitor visit = [&](const PackedRecord& record) {
    judge.check_entry(record);
    return true;
  };
  VDE_TRY_ASSIGN(scan, scan_packed(context, *region, kModuleTable, visit));
  report_code_table(context, *region, scan);
  if (scan.complete && scan.found >= scan.counted) context.references.know(block_types::kCode);
  return judge.judge_all();
}

}  // namespace vde
