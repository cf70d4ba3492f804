#include "damage/campaign/repair_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "support/lost_list.h"
#include "support/memory_undo.h"
#include "support/one_change.h"
#include "support/strict/strict_reader.h"
#include "support/verify_list.h"
#include "vde/repair.h"

namespace vde::test {
namespace {

template <class Options>
constexpr bool kHasConsent = requires(Options options) {
  options.allow_loss;
};

// The one place where a run without consent differs. A template, so that it is right before the
// library knows of consent, too.
template <class Options>
Options options_of(bool consent) {
  Options options;
  options.now = Ticks{640'000'000'000'000'000};
  options.verify = {VerifyScope::kAll, 1};
  if constexpr (kHasConsent<Options>) options.allow_loss = consent;
  return options;
}

std::string describe(const Finding& finding) {
  return fmt::format("{} {} block {}: {}", finding.kind->code, finding.region,
                     finding.block ? fmt::format("{}", *finding.block) : "-", finding.message);
}

std::string describe(const RepairStep& step) {
  std::string blocks;
  for (const BlockRange& range : step.blocks)
    blocks += fmt::format(" {}-{}", range.begin, range.end - 1);
  return fmt::format("{} (from {}){}; blocks{}", step.what, step.source,
                     step.loses.empty() ? "" : "; loses " + step.loses, blocks);
}

bool is_exact(const RepairStep& step) {
  return step.what.starts_with("restore block");
}

// Codes and places, sorted; notes do not count.
std::vector<std::string> names_of(const std::vector<Finding>& findings) {
  std::vector<std::string> names;
  for (const Finding& finding : findings)
    if (finding.kind->severity != Severity::kNote)
      names.push_back(
          fmt::format("{} {} {}", finding.kind->code, finding.region, finding.block.value_or(0)));
  std::ranges::sort(names);
  return names;
}

std::vector<uint8_t> bytes_of(CowFile& file) {
  std::vector<uint8_t> bytes(*file.size());
  static_cast<void>(file.read(0, bytes));
  return bytes;
}

// Whether a block is valid and holds what `whole` does: it may have been written again.
bool is_same_content(const std::vector<uint8_t>& block, const std::vector<uint8_t>& whole) {
  const UncheckedBlock one(0, block);
  const UncheckedBlock other(0, whole);
  return block == whole || (one.state() == BlockState::kValid &&
                            one.unchecked_trailer().type == other.unchecked_trailer().type &&
                            std::ranges::equal(one.unchecked_payload(), other.unchecked_payload()));
}

void write_file(CowFile& file, const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  const uint64_t size = *file.size();
  for (ByteRange data{0, 0}; data.end < size;) {
    data = *file.next_data({data.end, size});
    std::vector<uint8_t> bytes(data.length());
    static_cast<void>(file.read(data.begin, bytes));
    out.seekp(static_cast<std::streamoff>(data.begin));
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
  }
  out.close();
  std::filesystem::resize_file(path, size);
}

// An image with its faults; outlives the runs.
struct DamagedImage {
  const CowFile& file;
  const std::vector<Damage>& damages;
  BlockSet touched;
};

// One repair of a damaged image.
class RepairRun {
 public:
  RepairRun(const KnownImage& known, const DamagedImage& damaged, bool consent, RepairSeed& seed,
            const RepairSeedOptions& wish)
      : known_(known),
        damaged_(damaged.file),
        touched_(damaged.touched),
        damages_(damaged.damages),
        consent_(consent),
        options_(options_of<RepairOptions>(consent)),
        seed_(seed),
        wish_(wish),
        file_(damaged_.clone()) {}

  void run() {
    note(consent_ ? "-- with consent" : "-- without consent");
    if (!repair()) return;
    judge_findings();
    judge_another_repair();
    judge_bytes();
    if (consent_ && !excused() && !plan_.steps.empty()) judge_strictly();
    if (asks_for_room()) enlarge();
    judge_content();
    if (!wish_.keep.empty())
      write_file(*file_, wish_.keep + (consent_ ? ".repaired" : ".repaired-lossless"));
  }

  [[nodiscard]] ExactCounts count_exact(const std::vector<Damage>& damages) const {
    return test::count_exact(
        damages, {damaged_, *file_, *known_.base.open(), known_.base.block_size, plan_});
  }

 private:
  void wrong(WrongKind kind, std::string what) {
    note(fmt::format("WRONG {}: {}", wrong_name(kind), what));
    seed_.wrong.push_back({kind, consent_, std::move(what)});
  }
  void note(std::string what) {
    if (wish_.explain) seed_.details.push_back(std::move(what));
  }
  [[nodiscard]] bool excused() const { return known_.lacks_foundation(touched_); }

  bool repair() {
    Activity activity;
    RepairOptions listing = options_;
    listing.lost = list_.visitor();
    auto plan = plan_repair(*file_, listing, activity);
    if (!plan) {
      note("refused: " + plan.error().message);
      if (!excused()) wrong(WrongKind::kLost, "refused: " + plan.error().message);
      return false;
    }
    plan_ = std::move(*plan);
    for (const Finding& finding : plan_.found) note("found " + describe(finding));
    for (const RepairStep& step : plan_.steps) note("step " + describe(step));
    for (const std::string& text : plan_.notes) note("note " + text);
    left_ = plan_.left;
    if (!list_.is_complete(plan_))
      wrong(WrongKind::kNotClean, "the list of lost entries is not what the steps lose");
    return plan_.steps.empty() || apply(activity);
  }

  bool apply(Activity& activity) {
    MemoryUndo undo;
    const auto left = apply_repair(*file_, plan_, options_, &undo, activity);
    if (!left) {
      wrong(WrongKind::kCrashed, "the repair fails: " + left.error().message);
      return false;
    }
    left_ = *left;
    if (names_of(left_) != names_of(plan_.left))
      wrong(WrongKind::kNotClean, "other findings are left than were planned");
    const auto back = file_->clone();
    const auto undone = undo_repair(*back, undo.file(), nullptr);
    if (!undone)
      wrong(WrongKind::kNotUndone, undone.error().message);
    else if (*back->size() != *damaged_.clone()->size() ||
             !back->differing_blocks(damaged_, known_.base.block_size).empty())
      wrong(WrongKind::kNotUndone, "undo leaves other bytes");
    return true;
  }

  void judge_findings() {
    const Verified second = verified(*file_);
    if (second.error) {
      if (!excused()) wrong(WrongKind::kNotClean, second.error->message);
      return;
    }
    for (const Finding& finding : second.findings) note("left " + describe(finding));
    if (names_of(second.findings) != names_of(left_))
      wrong(WrongKind::kNotClean, "another verification finds something else");
    if (!consent_ || excused() || asks_for_room()) return;
    for (const Finding& finding : second.findings)
      if (is_new(finding) && !is_lost_for_good(finding))
        return wrong(WrongKind::kNotClean, describe(finding));
  }

  [[nodiscard]] bool is_new(const Finding& finding) const {
    return finding.kind->severity != Severity::kNote &&
           !known_.findings.contains({std::string(finding.kind->code), finding.region});
  }

  // The content of regions that nothing else in the image has, and the bytes of modules.
  [[nodiscard]] bool is_lost_for_good(const Finding& finding) const {
    constexpr std::string_view kRepaired[] = {"SUPB", "RMAP", "EXMD", "IANT", "BMAP",  "MWAL",
                                              "TAGI", "SNAP", "CODE", "INOD", "group", "directory"};
    const bool is_module = finding.kind->code == "CODE-009" || finding.kind->code == "CODE-010";
    if (is_module) return wish_.damage.data;
    if (!finding.block) return false;
    // The finding may name another block of the structure.
    const std::string region = known_.base.region_of(*finding.block);
    const bool hit = std::ranges::any_of(
        touched_, [&](uint64_t block) { return known_.base.region_of(block) == region; });
    return hit && std::ranges::find(kRepaired, region) == std::end(kRepaired);
  }

  void judge_another_repair() {
    Activity activity;
    const auto again = plan_repair(*file_, options_, activity);
    if (!again) {
      if (!excused()) wrong(WrongKind::kNotIdempotent, again.error().message);
    } else if (!again->steps.empty()) {
      wrong(WrongKind::kNotIdempotent, describe(again->steps.front()));
    }
  }

  // As it was, or with the commits that waited. Nothing reads old records of the journal.
  void judge_bytes() {
    if (!wish_.damage.one_bit) return;
    const uint32_t size = known_.base.block_size;
    for (const uint64_t number : touched_) {
      if (plan_.found.empty() && known_.base.region_of(number) == "MWAL") continue;
      const std::vector<uint8_t> block = file_->block(number, size);
      if (block != known_.open()->block(number, size) &&
          block != known_.base.open()->block(number, size))
        wrong(WrongKind::kNotClean, fmt::format("block {} is not restored exactly", number));
    }
  }

  // The SDK's readers read every region that the repair leaves clean.
  void judge_strictly() {
    const StrictReader reader(bytes_of(*file_));
    for (const std::string region : {"TAGI", "SNAP", "CODE"}) {
      const bool clean = std::ranges::none_of(left_, [&](const Finding& finding) {
        return finding.region == region && finding.kind->severity != Severity::kNote;
      });
      if (clean && reader.outcome(region) == Outcome::kFails && !is_as_before(region))
        wrong(WrongKind::kNotClean,
              fmt::format("the SDK refuses {}: {}", region, reader.failure(region)));
    }
  }

  // Blocks were restored or moved back, and nothing else was done; and the undamaged image has the
  // same failure.
  [[nodiscard]] bool is_as_before(const std::string& region) const {
    return std::ranges::all_of(plan_.steps,
                               [](const RepairStep& step) {
                                 return is_exact(step) ||
                                        step.what.starts_with("exchange blocks") ||
                                        step.what.starts_with("copy block");
                               }) &&
           StrictReader(bytes_of(*known_.open())).outcome(region) == Outcome::kFails;
  }

  [[nodiscard]] bool asks_for_room() const {
    return std::ranges::any_of(plan_.notes, [](const std::string& note) {
      return note.find("vdetool resize") != std::string::npos;
    });
  }

  // What the repair says to do, and the repair once more.
  void enlarge() {
    note("the volume is enlarged, and repaired again");
    Activity activity;
    if (!resize_volume(*file_, *file_->size() * 2, {options_.now, false})) return;
    const auto plan = plan_repair(*file_, options_, activity);
    if (plan && !plan->steps.empty())
      static_cast<void>(apply_repair(*file_, *plan, options_, nullptr, activity));
  }

  void judge_content() {
    const Listing after = list_content(*file_);
    for (const Listed* list : {&after.tags, &after.snapshots, &after.modules})
      if (list->error) note("a list ends: " + list->error->message);
    judge_losses(after.content);
    Content invented = minus(after.content, known_.allowed(touched_));
    remove_unverified(invented);
    // What was not repaired shows what the damage made of it.
    if (!consent_) {
      invented = minus(invented, list_content(*damaged_.clone()).content);
      if (after.tags.error) invented.tags.clear();
      if (after.snapshots.error) invented.snapshots.clear();
      if (after.modules.error) invented.modules.clear();
    }
    if (invented.size() > 0) wrong(WrongKind::kInvented, test::describe(invented));
    judge_parents(after.content.snapshots);
  }

  // Entries of damaged blocks are kept with fields that nothing proves, if the list names them.
  // What is proved has to be right; judge_parents() judges links that were cut.
  void remove_unverified(Content& invented) const {
    const Content known = known_.allowed(touched_);
    const auto listed = [&](auto test) {
      return std::ranges::any_of(list_.lines(), [&](const LostLine& line) {
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
    note("not there: " + test::describe(lacks));
    if (consent_ && !excused()) {
      const Content lost = minus(known_.required(touched_), after);
      const Content noticed = noticeable(lacks);
      if (lost.size() > 0)
        wrong(WrongKind::kLost, test::describe(lost));
      else if (noticed.size() > 0 && is_silent())
        wrong(WrongKind::kNotClean, "nothing names what is gone: " + test::describe(noticed));
    }
    if (consent_) return;
    const Content overwritten =
        minus(known_.settled(lacks, touched_),
              known_.now.where([&](uint64_t block) { return is_left_whole(block); }));
    if (overwritten.size() > 0) wrong(WrongKind::kLost, test::describe(overwritten));
  }

  // Neither a step nor a finding says that something is lost.
  [[nodiscard]] bool is_silent() const {
    return std::ranges::none_of(plan_.steps,
                                [](const RepairStep& step) { return !step.loses.empty(); }) &&
           std::ranges::none_of(left_, [&](const Finding& finding) { return is_new(finding); });
  }

  // What each fault left something of: a later one proves nothing more.
  [[nodiscard]] Content noticeable(const Content& lacks) const {
    Content noticed = known_.noticeable(lacks, touched_, damaged_);
    for (const Damage& damage : damages_)
      if (damage.after)
        noticed = common(noticed, known_.noticeable(lacks, touched_, *damage.after));
    const auto restored = damaged_.clone();
    for (const uint64_t number : touched_)
      if (is_restored(number))
        restored->put_block(number, file_->block(number, known_.base.block_size));
    return common(noticed, known_.noticeable(lacks, touched_, *restored));
  }

  // Exactly as it was before a later damage to it: what it held before an earlier one is gone.
  [[nodiscard]] bool is_restored(uint64_t number) const {
    return std::ranges::any_of(plan_.steps, [&](const RepairStep& step) {
      return is_exact(step) && std::ranges::any_of(step.blocks, [&](BlockRange range) {
               return range.contains(number);
             });
    });
  }

  // As one of the faults left it, or with what it should hold; or a block that the damage touched
  // holds what it held before or after the damage.
  [[nodiscard]] bool is_left_whole(uint64_t number) const {
    const uint32_t size = known_.base.block_size;
    const std::vector<uint8_t> block = file_->block(number, size);
    const std::vector<uint8_t> damaged = damaged_.block(number, size);
    if (is_same_content(block, damaged) || is_restored(number)) return true;
    for (const Damage& damage : damages_)
      if (damage.after && is_same_content(block, damage.after->block(number, size))) return true;
    const std::vector<uint8_t> original = known_.base.open()->block(number, size);
    // Before the commits that wait, too.
    for (const std::vector<uint8_t>& whole : {known_.open()->block(number, size), original})
      if (is_same_content(block, whole)) return true;
    return std::ranges::any_of(touched_, [&](uint64_t other) {
      const std::vector<uint8_t> moved = file_->block(other, size);
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
        return wrong(WrongKind::kInvented, "another parent of " + to_string(snapshot.id));
      if (find(after, original->parent) != after.end())
        return wrong(WrongKind::kLost, "the parent of " + to_string(snapshot.id));
    }
  }

  const KnownImage& known_;
  const CowFile& damaged_;
  const BlockSet& touched_;
  const std::vector<Damage>& damages_;
  bool consent_;
  RepairOptions options_;
  RepairSeed& seed_;
  const RepairSeedOptions& wish_;
  std::unique_ptr<CowFile> file_;
  LostList list_;
  RepairPlan plan_;
  std::vector<Finding> left_;
};

}  // namespace

std::string_view wrong_name(WrongKind kind) {
  constexpr std::array<std::string_view, kWrongKinds> kNames = {
      "lost entries", "invented", "not clean after", "not idempotent", "undo not exact", "crashed"};
  return kNames.at(static_cast<size_t>(kind));
}

bool consent_exists() {
  return kHasConsent<RepairOptions>;
}

RepairSeed play_repair_seed(uint64_t seed, const RepairSeedOptions& options) {
  // Neighbouring seeds have nothing in common.
  Random random(Random(seed).next());
  const KnownImage& known = known_image(random.below(known_image_count()));
  RepairSeed result;
  result.image = known.name;
  const auto file = known.open();
  const std::vector<Damage> damages = put_damages(known, *file, random, options.damage);
  for (const Damage& damage : damages) result.damages.push_back(damage.describe());
  DamagedImage damaged{*file, damages, {}};
  for (const uint64_t block : file->differing_blocks(*known.open(), known.base.block_size))
    damaged.touched.insert(block);
  if (!options.keep.empty()) {
    write_file(*file, options.keep);
    write_file(*known.open(), options.keep + ".sound");
  }
  try {
    if (options.rescue) {
      judge_rescues(known, *file, damaged.touched, result, options);
      return result;
    }
    RepairRun with_consent(known, damaged, true, result, options);
    with_consent.run();
    result.exact = with_consent.count_exact(damages);
    if (consent_exists()) RepairRun(known, damaged, false, result, options).run();
  } catch (const std::exception& error) {
    result.wrong.push_back({WrongKind::kCrashed, true, error.what()});
  }
  return result;
}

}  // namespace vde::test
