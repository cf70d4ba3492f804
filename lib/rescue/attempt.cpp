#include "rescue/attempt.h"

#include <fmt/format.h>

#include <algorithm>

#include "io/borrowed_file.h"
#include "probe/slot_guess.h"
#include "rescue/foundation.h"
#include "vde/create.h"
#include "vde/image.h"

namespace vde {
namespace {

// What a note of a repair advises does not fit a rescue.
std::string without_advice(const std::string& note) {
  return note.substr(0, note.rfind("; "));
}

enum class RescueWay { kRepair, kNewFoundation };

class Attempting {
 public:
  // `visitors` are null for an attempt of which nothing is shown yet.
  Attempting(const AttemptTask& task, const AttemptVisitors* visitors)
      : task_(task), visitors_(visitors) {
    attempt_.view = std::make_unique<OverlayFile>(task.source, task.probe.block_size);
  }

  Result<Attempt> run(RescueWay way) {
    if (way == RescueWay::kNewFoundation) {
      const RescueSource source{BlockIo(*attempt_.view, task_.probe.block_size), task_.probe,
                                task_.runs};
      VDE_TRY(make_foundation(
          source, task_.options, [this](const RescueItem& item) { return add(item); },
          task_.activity));
    }
    VDE_TRY(extend());
    VDE_TRY(repair());
    return std::move(attempt_);
  }

 private:
  Result<void> add(RescueItem item) {
    if (visitors_ != nullptr) return visitors_->show(item);
    attempt_.items.push_back(std::move(item));
    return {};
  }

  // A file that was cut short has holes where the rest of the volume was.
  Result<void> extend() {
    VDE_TRY_ASSIGN(probe, probe_image(*attempt_.view));
    attempt_.before = std::move(probe);
    const uint64_t blocks = volume_blocks(attempt_.before);
    VDE_TRY_ASSIGN(size, attempt_.view->size());
    if (blocks > kMaxVolumeBytes / task_.probe.block_size) return {};
    const uint64_t bytes = blocks * task_.probe.block_size;
    if (bytes > size) VDE_TRY(attempt_.view->resize(bytes));
    const uint64_t in_file = task_.probe.blocks_in_file();
    if (blocks <= in_file) return {};
    return add({RescueVerdict::kLost,
                "block",
                blocks - in_file,
                {{in_file, blocks}},
                "the file ends before them"});
  }

  Result<void> repair() {
    const RepairOptions options =
        repair_options(task_.options, visitors_ != nullptr ? visitors_->lost : LostVisitor());
    Result<RepairPlan> plan = plan_repair(*attempt_.view, options, task_.activity);
    if (!plan && plan.error().code == ErrorCode::kUnsupported) return keep_unrepaired(plan.error());
    if (!plan) return propagate(plan);
    for (const RepairStep& step : plan->steps) VDE_TRY(add_step(step));
    for (const std::string& note : plan->notes)
      VDE_TRY(add({RescueVerdict::kDoubted, "repair", 1, {}, without_advice(note)}));
    attempt_.lost = plan->lost;
    attempt_.left = std::move(plan->left);
    attempt_.after = std::move(plan->after);
    if (plan->steps.empty()) return {};
    VDE_TRY_ASSIGN(left, apply_repair(*attempt_.view, *plan, options, nullptr, task_.activity));
    attempt_.left = std::move(left);
    return {};
  }

  Result<void> add_step(const RepairStep& step) {
    const std::string source = step.source.empty() ? "" : fmt::format(" ({})", step.source);
    VDE_TRY(add({RescueVerdict::kFound, "repair", 1, step.blocks, step.what + source}));
    if (step.loses.empty()) return {};
    return add({RescueVerdict::kLost, "repair", step.lost.total(), step.blocks, step.loses});
  }

  Result<void> keep_unrepaired(const Error& why) {
    VDE_TRY(add({RescueVerdict::kDoubted, "image", 1, {}, "not repaired: " + why.message}));
    const auto keep = [this](const Finding& finding) { attempt_.left.push_back(finding); };
    auto after = verify_image(*attempt_.view, task_.options.verify, task_.activity, keep);
    if (after) attempt_.after = std::move(*after);
    return after || after.error().code == ErrorCode::kUnsupported ? Result<void>{}
                                                                  : propagate(after);
  }

  const AttemptTask& task_;
  const AttemptVisitors* visitors_;
  Attempt attempt_;
};

// What cannot be opened has nothing that can be read.
template <class T>
Result<void> unless_of_machine(const Result<T>& opened) {
  if (opened || !is_of_machine(opened.error())) return {};
  return tl::make_unexpected(opened.error());
}

// Damage ends a list. The rest are errors of the machine.
template <class T>
Result<void> end_of(const Result<T>& list) {
  if (list || list.error().code == ErrorCode::kDamaged ||
      list.error().code == ErrorCode::kUnsupported)
    return {};
  return tl::make_unexpected(list.error());
}

// Counts what lists show, up to an error in them: tags, snapshots, and modules with their bytes.
Result<void> count_readable(BlockFile& view, Activity& activity, uint64_t& readable) {
  auto image = Image::open(std::make_unique<BorrowedFile>(view));
  if (!image) return unless_of_machine(image);
  const auto one_more = [&](const auto&) { return ++readable != 0; };
  auto tags = image->tags();
  VDE_TRY(tags ? end_of(tags->find({}, one_more)) : unless_of_machine(tags));
  auto snapshots = image->snapshots();
  VDE_TRY(snapshots ? end_of(snapshots->list(one_more)) : unless_of_machine(snapshots));
  auto modules = image->modules();
  if (!modules) return unless_of_machine(modules);
  std::vector<Module> listed;
  VDE_TRY(end_of(modules->list([&](const Module& module) {
    listed.push_back(module);
    return true;
  })));
  return end_of(modules->verify(listed, activity,
                                [&](const Module&, const Result<void>& verdict) -> Result<void> {
                                  if (verdict) ++readable;
                                  return {};
                                }));
}

// Whether more can be read of `one` than of `other`.
Result<bool> has_more(const AttemptTask& task, const Attempt& one, const Attempt& other) {
  uint64_t of_one = 0;
  uint64_t of_other = 0;
  VDE_TRY(count_readable(*one.view, task.activity, of_one));
  VDE_TRY(count_readable(*other.view, task.activity, of_other));
  return of_one > of_other;
}

Result<Attempt> make_attempt(const AttemptTask& task, RescueWay way,
                             const AttemptVisitors* visitors) {
  return Attempting(task, visitors).run(way);
}

// There is a group, and the blocks do not contradict the tables.
bool is_sound(const Probe& probe, const BlockRuns& runs) {
  return probe.superblock_source == SuperblockSource::kGroup &&
         contradicted_slots(probe.slots, runs, volume_blocks(probe)).empty();
}

bool ends_rescue(const Error& error) {
  return is_of_machine(error) || error.code == ErrorCode::kNoSpace;
}

// The lost entries are listed once it is known which ones they are.
Result<Attempt> shown(const AttemptTask& task, RescueWay way, Attempt made,
                      const AttemptVisitors& visitors) {
  if (made.lost.total() > 0) return make_attempt(task, way, &visitors);
  for (const RescueItem& item : made.items) VDE_TRY(visitors.show(item));
  return made;
}

}  // namespace

bool is_of_machine(const Error& error) {
  return error.code == ErrorCode::kInterrupted || error.code == ErrorCode::kIo;
}

uint64_t volume_blocks(const Probe& probe) {
  const int64_t total = probe.superblock.total_blocks;
  return probe.superblock_verified() && total > 0 ? static_cast<uint64_t>(total)
                                                  : probe.blocks_in_file();
}

RepairOptions repair_options(const RescueOptions& options, const LostVisitor& lost) {
  RepairOptions repair;
  repair.now = options.now;
  repair.unseal = true;
  repair.verify = options.verify;
  repair.allow_loss = true;
  repair.lost = lost;
  return repair;
}

Result<Attempt> make_better_attempt(const AttemptTask& task, const AttemptVisitors& visitors) {
  if (!task.probe.verified() || task.probe.slots.empty())
    return make_attempt(task, RescueWay::kNewFoundation, &visitors);
  if (is_sound(task.probe, task.runs)) return make_attempt(task, RescueWay::kRepair, &visitors);
  RescueWay way = RescueWay::kRepair;
  Result<Attempt> best = make_attempt(task, way, nullptr);
  if (!best && ends_rescue(best.error())) return best;
  if (best) {
    VDE_TRY_ASSIGN(after, probe_image(*best->view));
    if (is_sound(after, task.runs)) return shown(task, way, std::move(*best), visitors);
  }
  Result<Attempt> other = make_attempt(task, RescueWay::kNewFoundation, nullptr);
  if (!other && ends_rescue(other.error())) return other;
  bool is_better = !best;
  if (best && other) {
    VDE_TRY_ASSIGN(more, has_more(task, *other, *best));
    is_better = more;
  }
  if (is_better) {
    way = RescueWay::kNewFoundation;
    best = std::move(other);
  }
  if (!best) return best;
  return shown(task, way, std::move(*best), visitors);
}

}  // namespace vde
