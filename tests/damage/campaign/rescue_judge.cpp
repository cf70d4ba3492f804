// One seed of the campaign with a rescue instead of repairs: of the damaged image, and of the same
// without blocks 0 to 9.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "damage/campaign/seed_report.h"
#include "format/superblock.h"
#include "support/must.h"
#include "support/temporary_folder.h"
#include "vde/rescue.h"
#include "vde/text.h"

namespace vde::test {
namespace {

class RescueRun {
 public:
  // `with_head`: the image has its first ten blocks.
  RescueRun(const KnownImage& known, const CowFile& damaged, const BlockSet& touched,
            bool with_head, RepairSeed& seed, const RepairSeedOptions& wish)
      : known_(known),
        touched_(touched),
        with_head_(with_head),
        report_(seed, wish, with_head),
        file_(damaged.clone()) {}

  void run() {
    report_.note(with_head_ ? "-- rescue" : "-- rescue without blocks 0 to 9");
    if (!with_head_) must(file_->zero({0, uint64_t{kFirstRegionBlock} * known_.base.block_size}));
    const std::unique_ptr<CowFile> before = file_->clone();
    Activity activity;
    RescueOptions options;
    options.now = Ticks{640'000'000'000'000'000};
    options.verify = {VerifyScope::kAll, 1};
    const auto show = [this](const RescueItem& item) {
      note_unverified(item);
      report_.note(fmt::format("{} {} {}: {}", verdict_name(item.verdict), item.count, item.kind,
                               item.reason));
      return Result<void>();
    };
    const auto rescue = Rescue::plan(*file_, options, show, activity);
    if (!rescue) return report_.wrong(WrongKind::kLost, "refused: " + rescue.error().message);
    const TemporaryFolder folder;
    must((*rescue)->write(folder / "rescued", activity));
    if (!file_->differing_blocks(*before, known_.base.block_size).empty())
      report_.wrong(WrongKind::kInvented, "the source was written");
    const auto output = must(open_file(folder / "rescued", OpenMode::kRead));
    judge(*output, (*rescue)->summary());
  }

 private:
  // An entry is kept with fields that nothing proves if the rescue names it.
  void note_unverified(const RescueItem& item) {
    if (item.verdict != RescueVerdict::kLost || item.kind != lost_kind_name(LostKind::kOther))
      return;
    if (const auto* snapshot = std::get_if<Snapshot>(&item.content))
      unverified_.insert(to_string(snapshot->id));
    if (const auto* module = std::get_if<Module>(&item.content))
      unverified_.insert(to_hex(module->hash));
  }

  void remove_unverified(Content& invented) const {
    const Content known = known_.allowed(touched_);
    std::erase_if(invented.snapshots, [&](const Snapshot& kept) {
      return unverified_.contains(to_string(kept.id)) &&
             std::ranges::find(known.snapshots, kept.id, &Snapshot::id) != known.snapshots.end();
    });
    std::erase_if(invented.modules, [&](const Module& kept) {
      return unverified_.contains(to_hex(kept.hash)) &&
             std::ranges::any_of(known.modules, [&](const Module& module) {
               return module.hash == kept.hash && module.size == kept.size;
             });
    });
  }

  void judge(BlockFile& output, const RescueSummary& summary) {
    const Listing after = list_content(output);
    // A region of which nothing is left is not made again.
    for (const Listed* list : {&after.tags, &after.snapshots, &after.modules})
      if (list->error && list->error->code != ErrorCode::kUnsupported)
        report_.wrong(WrongKind::kNotClean, "a list ends: " + list->error->message);
    const Content lost = minus(known_.required(touched_), after.content);
    if (lost.size() > 0) report_.wrong(WrongKind::kLost, describe(lost));
    Content invented = minus(after.content, known_.allowed(touched_));
    remove_unverified(invented);
    if (invented.size() > 0) report_.wrong(WrongKind::kInvented, describe(invented));
    if (summary.tags != after.content.tags.size() ||
        summary.snapshots != after.content.snapshots.size())
      report_.wrong(WrongKind::kNotClean, "the summary counts something else");
  }

  const KnownImage& known_;
  const BlockSet& touched_;
  bool with_head_;
  SeedReport report_;
  std::unique_ptr<CowFile> file_;
  std::set<std::string> unverified_;  // ids and hashes
};

}  // namespace

void judge_rescues(const KnownImage& known, const CowFile& damaged, const BlockSet& touched,
                   RepairSeed& seed, const RepairSeedOptions& options) {
  RescueRun(known, damaged, touched, true, seed, options).run();
  RescueRun(known, damaged, touched, false, seed, options).run();
}

}  // namespace vde::test
