#include "vde/rescue.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "io/borrowed_file.h"
#include "io/sparse/copy_written.h"
#include "probe/probe_at.h"
#include "rescue/attempt.h"
#include "rescue/lossy_file.h"
#include "rescue/old_entries.h"
#include "vde/image.h"
#include "vde/new_file.h"

namespace vde {
namespace {

class Planned : public Rescue {
 public:
  Planned(BlockFile& source, const RescueOptions& options, const RescueVisitor& show,
          Activity& activity)
      : lossy_(source), options_(options), show_(show), activity_(activity) {}

  Result<void> plan() {
    VDE_TRY(examine());
    VDE_TRY(choose());
    VDE_TRY(add_old_entries());
    VDE_TRY(fit_length());
    VDE_TRY(report_left());
    VDE_TRY(report_unreadable());
    VDE_TRY(count_entries());
    return lossy_.check_reachable();
  }

  [[nodiscard]] const RescueSummary& summary() const override { return summary_; }

  Result<void> write(const std::string& path, Activity& activity) override {
    VDE_TRY(check_rescue_output(path));
    VDE_TRY_ASSIGN(file, NewFile::create(path));
    VDE_TRY(file.file().resize(summary_.size));
    VDE_TRY(copy_written(*view_, summary_.size, file.file(), activity));
    return file.publish(false);
  }

 private:
  // Block size, fixed blocks and runs of the source.
  Result<void> examine() {
    if (Result<void> preamble = refuse_preamble(lossy_); !preamble) {
      preamble.error().hint = "give the volume's offset to --volume-offset";
      return preamble;
    }
    VDE_TRY_ASSIGN(block_size, find_size());
    summary_.block_size = block_size;
    VDE_TRY_ASSIGN(probe, probe_with_size(lossy_, block_size));
    probe_ = std::move(probe);
    const BlockIo io(lossy_, block_size);
    VDE_TRY_ASSIGN(runs, find_block_runs(io, probe_->blocks_in_file(), activity_));
    runs_ = std::move(runs);
    if (runs_.valid > 0) return {};
    return fail(ErrorCode::kNotAnImage,
                fmt::format("there is no valid block of {} bytes in the file", block_size));
  }

  Result<uint32_t> find_size() {
    if (options_.block_size) {
      if (is_block_size(*options_.block_size)) return *options_.block_size;
      return fail(ErrorCode::kUsage, fmt::format("invalid block size {}", *options_.block_size),
                  "must be a power of two from 512 to 65536");
    }
    VDE_TRY_ASSIGN(probe, probe_image(lossy_));
    if (probe.verified()) return probe.block_size;
    constexpr uint64_t kMaxRead = uint64_t{1} << 30;  // bytes
    VDE_TRY_ASSIGN(found, find_block_size(lossy_, kMaxRead, activity_));
    if (found) return *found;
    return fail(ErrorCode::kNotAnImage, "there is no valid block of any size in the file",
                "give the offset of a volume within the file to --volume-offset");
  }

  // Takes the better of a repair and of a repair after new tables were made.
  Result<void> choose() {
    const AttemptVisitors visitors{// A step counts the entries that it loses.
                                   [this](const RescueItem& item) {
                                     const bool is_step = item.kind == "repair" &&
                                                          item.verdict == RescueVerdict::kLost;
                                     return is_step ? show_(item) : counting()(item);
                                   },
                                   [this](const LostEntry& entry) { return lose(entry); }};
    VDE_TRY_ASSIGN(attempt,
                   make_better_attempt({lossy_, *probe_, runs_, options_, activity_}, visitors));
    summary_.lost += attempt.lost;
    summary_.left = std::move(attempt.left);
    summary_.after = std::move(attempt.after);
    view_ = std::move(attempt.view);
    before_ = std::move(attempt.before);
    return {};
  }

  // The bitmap has to mark the blocks of modules that were added.
  Result<void> add_old_entries() {
    const RescueVisitor show = [this](const RescueItem& item) -> Result<void> {
      if (!item.used) summary_.old += item.count;
      return show_(item);
    };
    const auto clock = [this]() -> Result<Ticks> { return options_.now; };
    VDE_TRY_ASSIGN(added, use_old_entries({BlockIo(lossy_, summary_.block_size), runs_, *before_,
                                           *view_, summary_.block_size, clock, show, activity_}));
    if (added == 0) return {};
    const LostVisitor lost = [this](const LostEntry& entry) { return lose(entry); };
    const RepairOptions options = repair_options(options_, lost);
    VDE_TRY_ASSIGN(plan, plan_repair(*view_, options, activity_));
    summary_.lost += plan.lost;
    summary_.left = plan.left;
    summary_.after = plan.after;
    if (plan.steps.empty()) return {};
    VDE_TRY_ASSIGN(left, apply_repair(*view_, plan, options, nullptr, activity_));
    summary_.left = std::move(left);
    return {};
  }

  Result<void> lose(const LostEntry& entry) {
    std::vector<BlockRange> blocks;
    if (entry.block) blocks.push_back({*entry.block, *entry.block + 1});
    RescueItem item{RescueVerdict::kLost, lost_kind_name(entry.kind), 1, std::move(blocks),
                    entry.reason};
    item.content = entry.content;
    return show_(item);
  }

  Result<void> report_left() {
    for (const Finding& finding : summary_.left) {
      if (finding.kind->severity == Severity::kNote) continue;
      std::vector<BlockRange> blocks;
      if (finding.block) blocks.push_back({*finding.block, *finding.block + 1});
      const std::string message = finding.message.empty() ? "" : ": " + finding.message;
      VDE_TRY(
          counting()({RescueVerdict::kDoubted, "finding", 1, std::move(blocks),
                      fmt::format("{} {}{}", finding.kind->code, finding.kind->title, message)}));
    }
    return {};
  }

  Result<void> report_unreadable() {
    std::vector<BlockRange> blocks;
    for (const ByteRange& bytes : lossy_.lost()) {
      const BlockRange range{bytes.begin / summary_.block_size,
                             (bytes.end - 1) / summary_.block_size + 1};
      if (!blocks.empty() && range.begin <= blocks.back().end)
        blocks.back().end = range.end;
      else
        blocks.push_back(range);
    }
    if (blocks.empty()) return {};
    uint64_t count = 0;
    for (const BlockRange& range : blocks) count += range.count();
    return counting()(
        {RescueVerdict::kLost, "block", count, std::move(blocks), "they cannot be read"});
  }

  // What follows the volume's end is not part of it.
  Result<void> fit_length() {
    VDE_TRY_ASSIGN(probe, probe_image(*view_));
    VDE_TRY_ASSIGN(size, view_->size());
    summary_.size = size;
    summary_.uuid = probe.superblock.uuid;
    const uint64_t blocks = volume_blocks(probe);
    if (probe.superblock_verified() && blocks <= size / summary_.block_size)
      summary_.size = blocks * summary_.block_size;
    return {};
  }

  Result<void> count_entries() {
    auto image = Image::open(std::make_unique<BorrowedFile>(*view_));
    if (!image) return report_unopened("image", "the new image", image);
    summary_.label = image->label();
    if (auto tags = image->tags()) {
      const auto stats = tags->stats(activity_);
      if (stats) summary_.tags = stats->entries;
      VDE_TRY(report_table("tag", summary_.tags, "the tag index", stats));
    } else {
      VDE_TRY(report_unopened("tag", "the tag index", tags));
    }
    if (auto snapshots = image->snapshots()) {
      const auto listed =
          snapshots->list([this](const Snapshot&) { return ++summary_.snapshots != 0; });
      VDE_TRY(report_table("snapshot", summary_.snapshots, "the snapshot table", listed));
    } else {
      VDE_TRY(report_unopened("snapshot", "the snapshot table", snapshots));
    }
    if (auto modules = image->modules()) {
      const auto listed = modules->list([this](const Module&) { return ++summary_.modules != 0; });
      VDE_TRY(report_table("module", summary_.modules, "the code cache", listed));
    } else {
      VDE_TRY(report_unopened("module", "the code cache", modules));
    }
    return {};
  }

  // An image without the feature has no such table.
  template <class T>
  Result<void> report_unopened(std::string_view kind, std::string_view what,
                               const Result<T>& opened) {
    if (is_of_machine(opened.error())) return tl::make_unexpected(opened.error());
    if (kind != "image" && opened.error().code != ErrorCode::kDamaged) return {};
    return counting()({RescueVerdict::kDoubted,
                       kind,
                       kind == "image" ? 1u : 0u,
                       {},
                       fmt::format("{} cannot be opened: {}", what, opened.error().message)});
  }

  template <class T>
  Result<void> report_table(std::string_view kind, uint64_t count, std::string_view where,
                            const Result<T>& read) {
    if (read) return show_({RescueVerdict::kFound, kind, count, {}, std::string(where)});
    if (is_of_machine(read.error())) return tl::make_unexpected(read.error());
    return counting()(
        {RescueVerdict::kDoubted,
         kind,
         count,
         {},
         fmt::format("{} cannot be read to its end: {}", where, read.error().message)});
  }

  // `show_`, and counts what is lost and doubted.
  RescueVisitor counting() {
    return [this](const RescueItem& item) -> Result<void> {
      if (item.verdict == RescueVerdict::kDoubted) ++summary_.doubted;
      if (item.verdict == RescueVerdict::kLost) summary_.lost.others += item.count;
      return show_(item);
    };
  }

  LossyFile lossy_;
  RescueOptions options_;
  RescueVisitor show_;
  Activity& activity_;
  std::optional<Probe> probe_;   // of the source
  std::optional<Probe> before_;  // of the new image before its repair
  BlockRuns runs_;
  std::unique_ptr<OverlayFile> view_;  // the new image
  RescueSummary summary_;
};

}  // namespace

std::string_view verdict_name(RescueVerdict verdict) {
  switch (verdict) {
    case RescueVerdict::kFound:
      return "found";
    case RescueVerdict::kOld:
      return "old";
    case RescueVerdict::kDoubted:
      return "doubted";
    case RescueVerdict::kLost:
      break;
  }
  return "lost";
}

Result<void> check_rescue_output(const std::string& path) {
  std::error_code status;
  if (!std::filesystem::exists(std::filesystem::symlink_status(path, status))) return {};
  return fail(ErrorCode::kExists, "already exists", "give a new file to --output");
}

Result<std::unique_ptr<Rescue>> Rescue::plan(BlockFile& source, const RescueOptions& options,
                                             const RescueVisitor& show, Activity& activity) {
  auto planned = std::make_unique<Planned>(source, options, show, activity);
  VDE_TRY(planned->plan());
  return std::unique_ptr<Rescue>(std::move(planned));
}

}  // namespace vde
