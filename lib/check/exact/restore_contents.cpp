// All blocks after the fixed ones exactly as they were, data blocks too: by trying, from what
// follows from other blocks, from blocks that lie elsewhere, and sector by sector.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "check/exact/copied_blocks.h"
#include "check/exact/damaged_blocks.h"
#include "check/exact/derived.h"
#include "check/exact/exact_run.h"
#include "check/exact/module_proof.h"
#include "check/exact/older_copies.h"
#include "check/exact/restore.h"
#include "check/exact/restored_block.h"
#include "journal/record_scan.h"

namespace vde {
namespace {

// Which data blocks count is known when the tables and the bitmap are.
constexpr size_t kRounds = 3;

// Whether a block becomes empty that may have been in use. A table's block and a tag node in use do
// not begin with a sector of zeros.
bool becomes_empty(Bytes restored, Bytes damaged) {
  const Bytes payload = UncheckedBlock(0, damaged).unchecked_payload();
  return all_zero(UncheckedBlock(0, restored).unchecked_payload()) &&
         !all_zero(payload.first(std::min(kSectorBytes, payload.size())));
}

class ContentsRestorer {
 public:
  ContentsRestorer(FoundationRepair& repair, OlderCopies& copies, ExactRun::Round& round)
      : repair_(repair),
        copies_(copies),
        round_(round),
        damaged_(round.damaged),
        wanted_(round.wanted),
        places_(repair.probe()),
        view_(repair.io().file(), repair.io().block_size()),
        derivations_(view_, repair.probe(), repair.activity()),
        derivation_work_(kCombineSeconds),
        work_(kCombineSeconds),
        buffer_(repair.io().make_buffer()) {}

  // Restores what can be restored of the damaged blocks; true where a block was that says what
  // others are.
  Result<bool> run() {
    VDE_TRY(read_journal());
    VDE_TRY(each_left([&](uint64_t number) { return by_journal(number); }));
    VDE_TRY(each_left([&](uint64_t number) { return by_trying(number); }));
    VDE_TRY(each_left([&](uint64_t number) { return by_derivation(number); }));
    VDE_TRY(from_elsewhere());
    VDE_TRY(each_left([&](uint64_t number) { return by_sectors(number); }));
    VDE_TRY(drop_wrong());
    return write_all();
  }

 private:
  struct Origin {
    std::string cause;
    std::string source;
    RestoredFacts facts;
    std::optional<size_t> file = {};  // where the original lies as a block
  };

  // Calls `restore` for every block that is still damaged.
  template <class Restore>
  Result<void> each_left(Restore restore) {
    for (const uint64_t number : damaged_) {
      if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
      if (number < kFirstRegionBlock || restored_.contains(number)) continue;
      VDE_TRY_ASSIGN(block, repair_.io().read(number, buffer_));
      if (block.state() == BlockState::kBadChecksum) VDE_TRY(restore(number));
    }
    return {};
  }

  // Keeps a candidate whose checksum fits, unless it cannot be what was there. buffer_ has the
  // damaged block.
  Result<void> keep(RestoredBlock block) {
    if (!places_.fault(block.number, block.bytes).empty()) return {};
    restored_[block.number] = {
        std::move(block.cause),
        std::move(block.source),
        {places_.type_at(block.number), block.is_close, becomes_empty(block.bytes, buffer_)}};
    derivations_.add({block.number, block.bytes});
    return view_.write(block.number * repair_.io().block_size(), block.bytes);
  }

  Result<void> read_journal() {
    const auto area = repair_.journal_area();
    if (!area || !repair_.probe().superblock_verified()) return {};
    VDE_TRY_ASSIGN(all, list_replacements(repair_.io(), *area, repair_.probe().superblock.uuid));
    for (const Replacement& replacement : all)
      if (std::ranges::binary_search(damaged_, replacement.target))
        replacements_.push_back(replacement);
    return {};
  }

  // The commit that replaced the version that the damaged block's trailer names; null if there is
  // none in the journal.
  [[nodiscard]] const Replacement* replacement_of(uint64_t number) const {
    const Trailer trailer = UncheckedBlock(number, buffer_).unchecked_trailer();
    const auto found = std::ranges::find_if(replacements_, [&](const Replacement& replacement) {
      return replacement.target == number && replacement.before == trailer &&
             replacement.after != trailer;
    });
    return found == replacements_.end() ? nullptr : &*found;
  }

  // A block whose last sector is of the version before, and all others of the version after.
  Result<void> by_journal(uint64_t number) {
    const Replacement* replacement = replacement_of(number);
    if (replacement == nullptr || buffer_.size() <= kSectorBytes) return {};
    BlockBuffer bytes = repair_.io().make_buffer();
    VDE_TRY_ASSIGN(after, repair_.io().read(replacement->place, bytes));
    const bool intact =
        after.state() == BlockState::kValid && after.unchecked_trailer() == replacement->after;
    const size_t last = buffer_.size() - kSectorBytes;
    if (!intact || !std::ranges::equal(Bytes(buffer_).first(last), Bytes(bytes).first(last)))
      return {};
    return keep({number, std::move(bytes), "its last sector is of the version before",
                 fmt::format("block {}, a commit in the journal; the other sectors are the same",
                             replacement->place)});
  }

  // buffer_ has the damaged block.
  Result<void> by_trying(uint64_t number) {
    auto found = restore_by_trying(*repair_.exact(), number, buffer_);
    return found ? keep(std::move(*found)) : Result<void>{};
  }

  [[nodiscard]] uint64_t wanted_checksum(uint64_t number) const {
    return UncheckedBlock(number, buffer_).unchecked_trailer().checksum;
  }

  Result<void> by_derivation(uint64_t number) {
    VDE_TRY_ASSIGN(candidates, derivations_.of(number));
    for (const DerivedPayload& candidate : candidates)
      if (checksum(candidate.payload) == wanted_checksum(number))
        return keep(
            {number,
             with_payload(buffer_, candidate.payload),
             {},
             fmt::format("{}; the block made from them has the same checksum", candidate.source)});
    for (const DerivedPayload& candidate : candidates) {
      const BlockBuffer copy = with_payload(buffer_, candidate.payload);
      // Of a derived block that is right in part, a part is in the damaged one, too.
      if (!shares_sector(buffer_, copy)) continue;
      const BlockCopy made{copy, "the block made from " + candidate.source};
      if (auto found = restore_by_sectors(number, buffer_, {&made, 1}, derivation_work_))
        return keep(std::move(*found));
    }
    return {};
  }

  Result<void> from_elsewhere() {
    VDE_TRY(each_left([&](uint64_t number) -> Result<void> {
      if (!wanted_.add(wanted_checksum(number))) ++too_many_;
      return {};
    }));
    if (wanted_.empty()) return {};
    if (!repair_.exact()->planned) VDE_TRY(copies_.look_through(wanted_, repair_.activity()));
    return each_left([&](uint64_t number) -> Result<void> {
      const uint64_t checksum = wanted_checksum(number);
      const auto found = wanted_.find(checksum);
      if (!found || is_superseded(number)) return {};
      VDE_TRY_ASSIGN(payload, copies_.read(*found, checksum));
      if (!payload) return {};
      VDE_TRY(keep({number,
                    with_payload(buffer_, *payload),
                    {},
                    copies_.source_of(*found) + ", which has the same checksum"}));
      const auto kept = restored_.find(number);
      if (kept != restored_.end()) kept->second.file = found->file;
      return {};
    });
  }

  // Whether the block that the trailer names is not what was there.
  bool is_superseded(uint64_t number) {
    if (replacement_of(number) == nullptr) return false;
    repair_.note(fmt::format(
        "block {} is not restored: its trailer is of a version that a commit replaced", number));
    return true;
  }

  Result<void> by_sectors(uint64_t number) {
    if (replacement_of(number) != nullptr) return {};
    auto found = restore_by_sectors(number, buffer_, copies_.copies_of(number), work_);
    return found ? keep(std::move(*found)) : Result<void>{};
  }

  [[nodiscard]] std::vector<uint64_t> restored_numbers() const {
    std::vector<uint64_t> numbers;
    for (const auto& [number, origin] : restored_) numbers.push_back(number);
    return numbers;
  }

  // Drops what cannot be what was there, although its checksum fits.
  Result<void> drop_wrong() {
    if (restored_.empty()) return {};
    if (!repair_.exact()->planned) {
      VDE_TRY(judge_structures());
      VDE_TRY(judge_copies());
      return judge_modules();
    }
    for (const auto& [number, why] : round_.dropped)
      if (restored_.contains(number)) VDE_TRY(drop(number, why));
    return {};
  }

  Result<void> drop(uint64_t number, const std::string& why) {
    round_.dropped[number] = why;
    restored_.erase(number);
    VDE_TRY(repair_.io().read(number, buffer_));
    return view_.write(number * buffer_.size(), buffer_);
  }

  Result<void> judge_structures() {
    std::map<uint64_t, RestoredFacts> blocks;
    std::set<std::string> incomplete;
    for (const uint64_t number : damaged_) {
      const auto origin = restored_.find(number);
      if (origin == restored_.end())
        incomplete.insert(to_string(places_.type_at(number)));
      else
        blocks.emplace(number, origin->second.facts);
    }
    VDE_TRY_ASSIGN(verdict, StructureVerdict::judge({repair_.io().file(), view_, repair_.probe(),
                                                     blocks, incomplete, repair_.exact()->known},
                                                    repair_.activity()));
    for (const auto& [number, facts] : blocks)
      if (const std::string why = verdict.fault(facts); !why.empty()) VDE_TRY(drop(number, why));
    return {};
  }

  Result<void> judge_copies() {
    VDE_TRY_ASSIGN(
        copied, find_copied_blocks(view_, repair_.probe(), restored_numbers(), repair_.activity()));
    for (const uint64_t number : copied) VDE_TRY(drop(number, "it held a copy of another block"));
    return {};
  }

  Result<void> judge_modules() {
    VDE_TRY_ASSIGN(wrong, find_wrong_module_blocks(view_, repair_.probe(), restored_numbers(),
                                                   repair_.activity()));
    for (const uint64_t number : wrong)
      VDE_TRY(drop(number, "the SHA-256 of its module would not match"));
    return {};
  }

  // Blocks that were found in one file are one step: there may be very many of them.
  Result<bool> write_all() {
    std::map<size_t, std::vector<uint64_t>> of_file;
    bool says_more = false;
    for (const auto& [number, origin] : restored_) {
      const BlockType type = places_.type_at(number);
      says_more = says_more || type == block_types::kBitmap || type == block_types::kCode;
      if (origin.file)
        of_file[*origin.file].push_back(number);
      else
        VDE_TRY(write_one(number, origin));
    }
    for (const auto& [file, numbers] : of_file) VDE_TRY(write_found(file, numbers));
    if (too_many_ > 0)
      repair_.note(
          fmt::format("{} more damaged blocks were not searched for in other places", too_many_));
    if (restored_.empty()) return false;
    VDE_TRY(repair_.sync());
    return says_more;
  }

  Result<BlockBuffer> original(uint64_t number) {
    BlockBuffer bytes = repair_.io().make_buffer();
    VDE_TRY(view_.read(number * bytes.size(), bytes));
    return bytes;
  }

  Result<void> write_one(uint64_t number, const Origin& origin) {
    VDE_TRY_ASSIGN(bytes, original(number));
    return write_restored(repair_, {number, std::move(bytes), origin.cause, origin.source});
  }

  Result<void> write_found(size_t file, const std::vector<uint64_t>& numbers) {
    if (numbers.size() == 1) return write_one(numbers[0], restored_.at(numbers[0]));
    repair_.exact_step(
        fmt::format("restore {} blocks exactly", numbers.size()),
        fmt::format("blocks of {} that have the same checksums", copies_.name_of(file)));
    for (const uint64_t number : numbers) {
      VDE_TRY_ASSIGN(bytes, original(number));
      VDE_TRY(repair_.write_direct(number, bytes));
    }
    return {};
  }

  FoundationRepair& repair_;
  OlderCopies& copies_;
  ExactRun::Round& round_;
  const std::vector<uint64_t>& damaged_;
  WantedBlocks& wanted_;
  PlaceCheck places_;
  OverlayFile view_;  // the image with all that was restored
  Derivations derivations_;
  Work derivation_work_;                   // for sectors of derived blocks
  Work work_;                              // for sectors of other copies
  std::vector<Replacement> replacements_;  // of damaged blocks
  BlockBuffer buffer_;
  std::map<uint64_t, Origin> restored_;
  uint64_t too_many_ = 0;
};

// The damaged blocks for the next round of a plan.
Result<std::vector<uint64_t>> next_damaged(FoundationRepair& repair, const ExactRun& run) {
  // Nothing has to be read again as long as nothing changed since it was verified.
  if (run.rounds.empty() && repair.step_count() == 0) return run.reported;
  return find_damaged_blocks(repair.io().file(), repair.probe(), repair.options().verify,
                             repair.activity());
}

// The next round of a run; false if there is none, or if it restored nothing that says more.
Result<bool> run_round(FoundationRepair& repair, std::optional<OlderCopies>& copies,
                       OlderCopies::Notes notes) {
  ExactRun& run = *repair.exact();
  if (run.next_round >= run.rounds.size()) return false;
  ExactRun::Round& round = run.rounds[run.next_round++];
  if (round.damaged.empty()) return false;
  if (!copies) {
    VDE_TRY_ASSIGN(opened, OlderCopies::open(repair, notes));
    copies.emplace(std::move(opened));
  }
  return ContentsRestorer(repair, *copies, round).run();
}

}  // namespace

Result<void> restore_contents(FoundationRepair& repair) {
  if (repair.exact() == nullptr || !repair.probe().verified()) return {};
  ExactRun& run = *repair.exact();
  std::optional<OlderCopies> copies;
  for (size_t round = 0; round < kRounds; ++round) {
    if (!run.planned) {
      VDE_TRY_ASSIGN(damaged, next_damaged(repair, run));
      run.rounds.push_back({std::move(damaged)});
    }
    VDE_TRY_ASSIGN(says_more, run_round(repair, copies, OlderCopies::Notes::kYes));
    if (!says_more) return {};
  }
  return {};
}

Result<void> restore_dropped(FoundationRepair& repair) {
  if (repair.exact() == nullptr || !repair.probe().verified()) return {};
  ExactRun& run = *repair.exact();
  std::vector<uint64_t> numbers;
  for (const auto& [number, why] : run.dropped()) numbers.push_back(number);
  if (numbers.empty()) return {};
  if (!run.planned) run.rounds.push_back({std::move(numbers)});
  std::optional<OlderCopies> copies;
  VDE_TRY(run_round(repair, copies, OlderCopies::Notes::kNo));
  return {};
}

void note_dropped(RepairBase& repair) {
  if (repair.exact() == nullptr) return;
  for (const auto& [number, why] : repair.exact()->dropped())
    repair.note(fmt::format("block {} is not restored: {}", number, why));
}

}  // namespace vde
