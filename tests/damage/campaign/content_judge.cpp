#include "damage/campaign/content_judge.h"

#include <algorithm>

namespace vde::test {
namespace {

// Whether a block is valid and holds what `whole` does: it may have been written again.
bool is_same_content(const std::vector<uint8_t>& block, const std::vector<uint8_t>& whole) {
  const UncheckedBlock one(0, block);
  const UncheckedBlock other(0, whole);
  return block == whole || (one.state() == BlockState::kValid &&
                            one.unchecked_trailer().type == other.unchecked_trailer().type &&
                            std::ranges::equal(one.unchecked_payload(), other.unchecked_payload()));
}

class ContentJudge {
 public:
  ContentJudge(const RepairOutcome& outcome, SeedReport& report)
      : outcome_(outcome),
        known_(outcome.of.known),
        touched_(outcome.of.touched),
        report_(report) {}

  void run() {
    const Listing after = list_content(*outcome_.file);
    for (const Listed* list : {&after.tags, &after.snapshots, &after.modules})
      if (list->error) report_.note("a list ends: " + list->error->message);
    judge_losses(after.content);
    Content invented = minus(after.content, known_.allowed(touched_));
    remove_unverified(invented);
    // What was not repaired shows what the damage made of it.
    if (!outcome_.consent) {
      invented = minus(invented, list_content(*outcome_.of.file.clone()).content);
      if (after.tags.error) invented.tags.clear();
      if (after.snapshots.error) invented.snapshots.clear();
      if (after.modules.error) invented.modules.clear();
    }
    if (invented.size() > 0) report_.wrong(WrongKind::kInvented, test::describe(invented));
    judge_parents(after.content.snapshots);
  }

 private:
  // Entries of damaged blocks are kept with fields that nothing proves, if the list names them.
  // What is proved has to be right; judge_parents() judges links that were cut.
  void remove_unverified(Content& invented) const {
    const Content known = known_.allowed(touched_);
    const auto listed = [&](auto test) {
      return std::ranges::any_of(outcome_.list.lines(), [&](const LostLine& line) {
        return line.kind == LostKind::kOther && line.has_content && test(line);
      });
    };
    std::erase_if(invented.snapshots, [&](const Snapshot& kept) {
      return listed([&](const LostLine& line) { return line.id == kept.id; }) &&
             std::ranges::any_of(known.snapshots, [&](const Snapshot& snapshot) {
               return snapshot.id == kept.id &&
                      (snapshot.parent == kept.parent || kept.parent.is_zero());
             });
    });
    std::erase_if(invented.modules, [&](const Module& kept) {
      return listed([&](const LostLine& line) { return line.hash == kept.hash; }) &&
             std::ranges::any_of(known.modules, [&](const Module& module) {
               return module.hash == kept.hash && module.size == kept.size;
             });
    });
  }

  void judge_losses(const Content& after) {
    const Content lacks = minus(known_.now.content, after);
    report_.note("not there: " + test::describe(lacks));
    if (outcome_.consent && !outcome_.of.is_excused()) {
      const Content lost = minus(known_.required(touched_), after);
      const Content noticed = noticeable(lacks);
      if (lost.size() > 0)
        report_.wrong(WrongKind::kLost, test::describe(lost));
      else if (noticed.size() > 0 && is_silent())
        report_.wrong(WrongKind::kNotClean,
                      "nothing names what is gone: " + test::describe(noticed));
    }
    if (outcome_.consent) return;
    const Content overwritten =
        minus(known_.settled(lacks, touched_),
              known_.now.where([&](uint64_t block) { return is_left_whole(block); }));
    if (overwritten.size() > 0) report_.wrong(WrongKind::kLost, test::describe(overwritten));
  }

  // Neither a step nor a finding says that something is lost.
  [[nodiscard]] bool is_silent() const {
    return std::ranges::none_of(outcome_.plan.steps,
                                [](const RepairStep& step) { return !step.loses.empty(); }) &&
           std::ranges::none_of(outcome_.left,
                                [&](const Finding& finding) { return outcome_.is_new(finding); });
  }

  // What each fault left something of: a later one proves nothing more.
  [[nodiscard]] Content noticeable(const Content& lacks) const {
    Content noticed = known_.noticeable(lacks, touched_, outcome_.of.file);
    for (const Damage& damage : outcome_.of.damages)
      if (damage.after)
        noticed = common(noticed, known_.noticeable(lacks, touched_, *damage.after));
    const auto restored = outcome_.of.file.clone();
    for (const uint64_t number : touched_)
      if (outcome_.is_restored(number))
        restored->put_block(number, outcome_.file->block(number, known_.base.block_size));
    return common(noticed, known_.noticeable(lacks, touched_, *restored));
  }

  // As one of the faults left it, or with what it should hold; or a block that the damage touched
  // holds what it held before or after the damage.
  [[nodiscard]] bool is_left_whole(uint64_t number) const {
    const uint32_t size = known_.base.block_size;
    const std::vector<uint8_t> block = outcome_.file->block(number, size);
    const std::vector<uint8_t> damaged = outcome_.of.file.block(number, size);
    if (is_same_content(block, damaged) || outcome_.is_restored(number)) return true;
    for (const Damage& damage : outcome_.of.damages)
      if (damage.after && is_same_content(block, damage.after->block(number, size))) return true;
    const std::vector<uint8_t> original = known_.base.open()->block(number, size);
    // Before the commits that wait, too.
    for (const std::vector<uint8_t>& whole : {known_.open()->block(number, size), original})
      if (is_same_content(block, whole)) return true;
    return std::ranges::any_of(touched_, [&](uint64_t other) {
      const std::vector<uint8_t> moved = outcome_.file->block(other, size);
      return is_same_content(moved, original) || is_same_content(moved, damaged);
    });
  }

  // A repair may cut a parent off that is gone, and never give another one.
  void judge_parents(const std::vector<Snapshot>& after) {
    const auto find = [](const std::vector<Snapshot>& list, const Guid& id) {
      return std::ranges::find(list, id, &Snapshot::id);
    };
    const std::vector<Snapshot>& known = known_.now.content.snapshots;
    for (const Snapshot& snapshot : after) {
      const auto original = find(known, snapshot.id);
      if (original == known.end() || original->parent == snapshot.parent) continue;
      if (snapshot.parent != Guid{})
        return report_.wrong(WrongKind::kInvented, "another parent of " + to_string(snapshot.id));
      if (find(after, original->parent) != after.end())
        return report_.wrong(WrongKind::kLost, "the parent of " + to_string(snapshot.id));
    }
  }

  const RepairOutcome& outcome_;
  const KnownImage& known_;
  const BlockSet& touched_;
  SeedReport& report_;
};

}  // namespace

void judge_content(const RepairOutcome& outcome, SeedReport& report) {
  ContentJudge(outcome, report).run();
}

}  // namespace vde::test
