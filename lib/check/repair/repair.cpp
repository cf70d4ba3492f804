// Plans a repair by running it on a view in memory, and applies the plan to the image.
#include "vde/repair.h"

#include <algorithm>
#include <map>

#include "check/exact/exact_run.h"
#include "check/lost/lost_lines.h"
#include "check/repair/repair_base.h"
#include "check/verification.h"
#include "io/undo_file.h"
#include "journal/committed_view.h"
#include "probe/seal_key.h"

namespace vde {
namespace {

// The image during the repair. Refuses writes that are not in the plan, because the undo file does
// not hold the old bytes.
class PlannedFile : public BlockFile {
 public:
  PlannedFile(BlockFile& file, const RepairPlan& plan) : file_(file), plan_(plan) {}

  Result<void> read(uint64_t offset, MutableBytes out) override { return file_.read(offset, out); }
  Result<void> write(uint64_t offset, Bytes bytes) override {
    if (!is_planned({offset, offset + bytes.size()})) return unplanned();
    return file_.write(offset, bytes);
  }
  Result<void> sync() override { return file_.sync(); }
  Result<uint64_t> size() override { return file_.size(); }
  [[nodiscard]] bool is_device() const override { return file_.is_device(); }
  Result<void> resize(uint64_t bytes) override {
    return bytes == plan_.new_size ? file_.resize(bytes) : unplanned();
  }
  Result<void> allocate(ByteRange range) override { return file_.allocate(range); }
  Result<void> zero(ByteRange) override { return unplanned(); }
  Result<ByteRange> next_data(ByteRange within) override { return file_.next_data(within); }
  Result<void> check_reachable() override { return file_.check_reachable(); }
  Result<void> lock(LockMode mode, std::chrono::milliseconds wait) override {
    return file_.lock(mode, wait);
  }

 private:
  // A write may cover several ranges: adjacent ones are separate if they differ in kind.
  [[nodiscard]] bool is_planned(ByteRange bytes) const {
    for (const ByteRange& range : plan_.changes) {
      if (bytes.empty()) break;
      if (range.begin <= bytes.begin && bytes.begin < range.end) bytes.begin = range.end;
    }
    return bytes.empty();
  }
  static Result<void> unplanned() {
    return fail(ErrorCode::kIo, "the image changed after its repair was planned",
                "no other program may write to it; plan the repair again");
  }

  BlockFile& file_;
  const RepairPlan& plan_;
};

Result<std::vector<Finding>> findings_of(BlockFile& file, const VerifyOptions& options,
                                         ExactSearch& search, Activity& activity,
                                         VerifySummary& summary) {
  std::vector<Finding> findings;
  const auto keep = [&](const Finding& finding) { findings.push_back(finding); };
  VDE_TRY_ASSIGN(counts, verify_image_with(file, options, search, activity, keep));
  summary = counts;
  return findings;
}

bool cannot_be_read(const Probe& probe, const std::vector<Finding>& findings) {
  return !all_readable(probe) || std::ranges::any_of(findings, [](const Finding& finding) {
    return finding.kind == &kind_of(FindingCode::kBlockUnreadable);
  });
}

// Adds the bytes after the new end, because the repair removes them. Also adds the sector that the
// old or the new end divides: it may be damaged by a crash.
Result<void> add_tail(BlockFile& file, RepairPlan& plan) {
  if (plan.new_size == plan.old_size) return {};
  constexpr uint64_t kSector = 512;
  const uint64_t end = std::min(plan.new_size, plan.old_size);
  const ByteRange cut{end / kSector * kSector, end};
  const auto covers = [&](const ByteRange& range) { return range.end > cut.begin; };
  if (!cut.empty() && std::ranges::none_of(plan.changes, covers)) plan.changes.push_back(cut);
  for (uint64_t at = plan.new_size; at < plan.old_size;) {
    VDE_TRY_ASSIGN(data, file.next_data({at, plan.old_size}));
    if (data.empty()) break;
    plan.changes.push_back(data);
    at = data.end;
  }
  return {};
}

// Fills in the plan from the result of the dry run in `view`.
Result<void> fill_plan(BlockFile& file, OverlayFile& view, const Probe& after, RepairPlan& plan) {
  plan.block_size = after.block_size;
  // Commits may wait for another repair.
  plan.sequence = last_sequence(view, after);
  plan.uuid = after.superblock.uuid;
  if (const auto area = find_journal(after)) plan.journal = area->region;
  VDE_TRY_ASSIGN(new_size, view.size());
  plan.new_size = new_size;
  plan.changes = undo_ranges(view.written(), plan.block_size, plan.journal);
  VDE_TRY(add_tail(file, plan));
  VDE_TRY_ASSIGN(hash, hash_ranges(view, plan.changes, plan.new_size));
  plan.hash = hash;
  VDE_TRY_ASSIGN(old_hash, hash_ranges(file, plan.changes, plan.old_size));
  plan.old_hash = old_hash;
  return {};
}

// Finds the steps that need consent: those that lose something, and those that depend on them.
Result<void> find_withheld(BlockFile& file, const Probe& probe, RepairOptions options,
                           Activity& activity, const RepairLog& taken, RepairPlan& plan) {
  options.allow_loss = true;
  activity.phase = "trying the repair with losses";
  OverlayFile view(file, probe.block_size);
  RepairLog all;
  Result<Probe> repaired = repair_all({view, options, activity, all, plan.exact->run()});
  plan.exact->finish();
  if (!repaired && repaired.error().code == ErrorCode::kInterrupted) return propagate(repaired);
  VDE_TRY(complete_lost(all));
  for (RepairStep& step : all.steps) {
    const auto same = [&](const RepairStep& other) { return other.what == step.what; };
    if (std::ranges::none_of(taken.steps, same)) plan.withheld.push_back(std::move(step));
  }
  return {};
}

// Runs the repair on a view of the image. It is not an error if the image cannot be repaired.
Result<void> run_on_view(BlockFile& file, const Probe& probe, const RepairOptions& options,
                         Activity& activity, RepairPlan& plan) {
  activity.phase = "trying the repair";
  OverlayFile view(file, probe.block_size);
  RepairLog log;
  log.lost = options.lost;
  Result<Probe> repaired = repair_all({view, options, activity, log, plan.exact->run()});
  plan.exact->finish();
  plan.notes = std::move(log.notes);
  if (repaired && log.withheld) VDE_TRY(find_withheld(file, probe, options, activity, log, plan));
  if (!repaired) {
    const ErrorCode code = repaired.error().code;
    if (code != ErrorCode::kDamaged && code != ErrorCode::kNoSpace) return propagate(repaired);
    plan.notes.push_back(repaired.error().message);
    return {};
  }
  if (log.steps.empty()) return {};
  VDE_TRY(complete_lost(log));
  // What is exactly as it was leaves a seal valid; one that nothing proves is none.
  const bool exact = log.steps.size() == log.exact_steps;
  const auto may_change_seal = [&](const Probe& image) {
    return options.unseal || exact || find_seal_key(image, options.verify.keys) != nullptr;
  };
  VDE_TRY(check_can_write(probe, may_change_seal(probe) || !probe.superblock_verified()));
  VDE_TRY(check_can_write(*repaired, may_change_seal(*repaired)));
  plan.steps = std::move(log.steps);
  for (const RepairStep& step : plan.steps) plan.lost += step.lost;
  VDE_TRY(fill_plan(file, view, *repaired, plan));
  VDE_TRY_ASSIGN(left, findings_of(view, options.verify, plan.exact->search, activity, plan.after));
  plan.left = std::move(left);
  return {};
}

// Which of `found` are not in `left`. The same finding may occur several times.
std::vector<bool> gone_findings(const std::vector<Finding>& found,
                                const std::vector<Finding>& left) {
  const auto name_of = [](const Finding& finding) {
    return std::tuple(finding.kind, finding.block, finding.region);
  };
  std::map<decltype(name_of(found.front())), uint64_t> still;
  for (const Finding& finding : left) ++still[name_of(finding)];
  std::vector<bool> gone;
  for (const Finding& finding : found) {
    uint64_t& same = still[name_of(finding)];
    gone.push_back(same == 0);
    if (same > 0) --same;
  }
  return gone;
}

UndoHeader header_of(const RepairPlan& plan) {
  UndoHeader header;
  header.uuid = plan.uuid;
  header.new_size = plan.new_size;
  header.new_hash = plan.hash;
  header.sequence = plan.sequence;
  header.block_size = plan.block_size;
  if (plan.journal) {
    header.journal = plan.journal->begin * plan.block_size;
    header.journal_end = plan.journal->end * plan.block_size;
  }
  return header;
}

Result<void> check_outcome(BlockFile& file, const RepairPlan& plan) {
  VDE_TRY_ASSIGN(size, file.size());
  VDE_TRY_ASSIGN(hash, hash_ranges(file, plan.changes, size));
  if (size == plan.new_size && hash == plan.hash) return {};
  return fail(ErrorCode::kIo, "reading back the repaired blocks returned different data",
              "the storage may be failing; run 'vdetool undo' and copy the image");
}

}  // namespace

uint64_t& LostCounts::of(LostKind kind) {
  switch (kind) {
    case LostKind::kTag:
      return tags;
    case LostKind::kSnapshot:
      return snapshots;
    case LostKind::kModule:
      return modules;
    case LostKind::kPolicy:
      return policies;
    case LostKind::kOther:
      break;
  }
  return others;
}

LostCounts& LostCounts::operator+=(const LostCounts& more) {
  tags += more.tags;
  snapshots += more.snapshots;
  modules += more.modules;
  policies += more.policies;
  others += more.others;
  return *this;
}

std::string_view lost_kind_name(LostKind kind) {
  switch (kind) {
    case LostKind::kTag:
      return "tag";
    case LostKind::kSnapshot:
      return "snapshot";
    case LostKind::kModule:
      return "module";
    case LostKind::kPolicy:
      return "policy";
    case LostKind::kOther:
      break;
  }
  return "entry";
}

uint64_t RepairPlan::corrected() const {
  const std::vector<bool> gone = gone_findings(found, left);
  return static_cast<uint64_t>(std::count(gone.begin(), gone.end(), true));
}

Result<RepairPlan> plan_repair(BlockFile& file, const RepairOptions& options, Activity& activity) {
  RepairPlan plan;
  plan.exact = std::make_shared<ExactPlan>(options.verify.search_seconds, activity);
  VDE_TRY_ASSIGN(found,
                 findings_of(file, options.verify, plan.exact->search, activity, plan.before));
  plan.exact->set_found(found);
  VDE_TRY_ASSIGN(probe, probe_to_judge(file));
  plan.found = std::move(found);
  plan.left = plan.found;
  plan.after = plan.before;
  plan.block_size = probe.block_size;
  plan.old_size = plan.new_size = probe.file_size;
  if (plan.found.empty()) return plan;
  if (cannot_be_read(probe, plan.found)) {
    plan.notes.emplace_back("some blocks cannot be read; run 'vdetool rescue IMAGE --output NEW'");
    return plan;
  }
  VDE_TRY(run_on_view(file, probe, options, activity, plan));
  const std::vector<bool> gone = gone_findings(plan.found, plan.left);
  for (size_t i = 0; i < gone.size(); ++i) plan.found[i].fixable = gone[i];
  return plan;
}

Result<std::vector<Finding>> apply_repair(BlockFile& file, const RepairPlan& plan,
                                          const RepairOptions& options, UndoTarget* undo,
                                          Activity& activity) {
  UndoContent written;
  if (undo != nullptr) {
    activity.phase = "writing the undo file";
    VDE_TRY_ASSIGN(content, publish_undo(*undo, file, header_of(plan), plan.changes));
    written = std::move(content);
  }
  // From the first write on, the repair cannot be interrupted.
  activity.phase = "repairing";
  Activity unstoppable;
  PlannedFile planned(file, plan);
  RepairLog log;
  VDE_TRY(repair_all({planned, options, unstoppable, log, plan.exact->run()}));
  VDE_TRY(file.sync());
  VDE_TRY(check_outcome(file, plan));
  if (undo != nullptr) VDE_TRY(set_undo_state(undo->file(), written.header, UndoState::kDone));
  VerifySummary summary;
  return findings_of(file, options.verify, plan.exact->search, activity, summary);
}

}  // namespace vde
