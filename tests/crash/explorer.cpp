#include "crash/explorer.h"

#include <fmt/format.h>

#include <algorithm>

#include "io/zeros.h"
#include "support/strict/strict_evidence.h"
#include "support/try_open.h"
#include "vde/verify.h"

namespace vde::test {
namespace {

std::string describe_event(const LoggedEvent& event, uint32_t block_size) {
  switch (event.kind) {
    case LoggedEvent::Kind::kWrite:
      return fmt::format("write of {} blocks from block {}", event.bytes.size() / block_size,
                         event.at / block_size);
    case LoggedEvent::Kind::kResize:
      return fmt::format("resize to {} blocks", event.at / block_size);
    case LoggedEvent::Kind::kSync:
      return "sync";
    case LoggedEvent::Kind::kAck:
      return fmt::format("acknowledged commit {}", event.at);
  }
  return {};
}

// The first error that verify finds; empty if there is none.
Result<std::string> first_error(BlockFile& file, const Recording& recording) {
  std::string first;
  Activity activity;
  VerifyOptions options{VerifyScope::kAll, 1, 0};
  if (recording.seal_key) options.keys = {recording.seal_key};
  VDE_TRY(verify_image(file, options, activity, [&](const Finding& finding) {
    if (finding.kind->severity == Severity::kError && first.empty())
      first = fmt::format("{} {}", finding.kind->code, finding.message);
  }));
  return first;
}

EditOptions crash_options(const Recording& recording) {
  if (recording.seal_key) return {from_unix_seconds(1'900'000'000), false, {recording.seal_key}};
  return {from_unix_seconds(1'900'000'000), true, {}};
}

// The digest of the crashed image as a reader sees it.
Result<uint64_t> open_for_reading(ScratchFile& disk, const Recording& recording) {
  VDE_TRY_ASSIGN(view, committed_view(disk));
  VDE_TRY_ASSIGN(seen, committed_digest(*view));
  if (recording.starts_unclean) return seen;
  VDE_TRY_ASSIGN(error, first_error(*view, recording));
  if (!error.empty()) return fail(ErrorCode::kDamaged, "verify, as a reader sees it: " + error);
  return seen;
}

// Bytes after the volume must be zero: a crash must not leave others.
Result<void> check_rest(BlockFile& disk, const Superblock& superblock) {
  VDE_TRY_ASSIGN(size, disk.size());
  const auto end = static_cast<uint64_t>(superblock.expected_file_size);
  VDE_TRY_ASSIGN(found, first_not_zero(disk, {end, size}));
  if (!found) return {};
  return fail(ErrorCode::kDamaged, fmt::format("byte {} after the volume is not zero", *found));
}

// Where the metadata chain hash fitted, the next commit makes it fit again.
Result<void> check_chain(Volume& volume, ScratchFile& disk) {
  VDE_TRY_ASSIGN(transaction, volume.begin());
  VDE_TRY(volume.commit(transaction));
  VDE_TRY(volume.close());
  const std::vector<uint8_t> content(disk.content().begin(), disk.content().end());
  if (strict::metadata_chain(content) == strict::Proof::kFits) return {};
  return fail(ErrorCode::kDamaged, "the next commit leaves the metadata chain hash stale");
}

// What a writer finds after its recovery.
Result<uint64_t> open_for_writing(ScratchFile& disk, const Recording& recording,
                                  bool& recovery_writes) {
  const size_t before = disk.mark();
  const auto volume = try_open_volume(disk, crash_options(recording));
  if (!volume)
    return fail(ErrorCode::kDamaged, "opening it for writing fails: " + volume.error().message);
  recovery_writes = disk.changed_since(before);
  VDE_TRY(check_rest(disk, (*volume)->journal().superblock()));
  VDE_TRY_ASSIGN(recovered, committed_digest(disk));
  VDE_TRY_ASSIGN(error, first_error(disk, recording));
  if (!error.empty()) return fail(ErrorCode::kDamaged, "verify, after recovery: " + error);
  if (recording.is_chained) VDE_TRY(check_chain(**volume, disk));
  return recovered;
}

// What programs do with an image after a crash: recover it, and continue. Its first blocks have the
// content of the interrupted session's first ones.
Recording next_session(const Recording& crashed, std::vector<uint8_t> content) {
  Stage stage(crashed.name + ", next session", crashed.block_size, std::move(content));
  if (crashed.starts_unclean) stage.start_unclean();
  if (crashed.is_chained) stage.start_chained();
  stage.open(true);
  Transaction first = stage.begin();
  stage.set_label(first);
  const BlockRange run = stage.add_staged(first, 2);
  stage.commit(first);
  Transaction second = stage.begin();
  stage.set_label(second);
  stage.rewrite(second, run.begin);
  stage.add_direct(second, 1);
  stage.commit(second);
  stage.crash();
  return stage.finish();
}

}  // namespace

std::string to_string(const Violation& violation) {
  return fmt::format("workload {}, moment {} ({}): {}\n  disk: {}", violation.workload,
                     violation.moment, violation.event, violation.problem, violation.disk);
}

struct Explorer::Run {
  const Recording& recording;
  const ExplorerLimits& limits;
  unsigned depth;
  PendingDisk disk;
  std::unordered_map<uint64_t, Verdict> verdicts;  // by hash of the state
  size_t moment = 0;
  uint64_t acked = 0;
  uint64_t aftermaths = 0;
  uint64_t until_aftermath = 0;  // number of states to skip

  [[nodiscard]] Violation violation(const DiskState& state, std::string problem) const {
    const std::string event =
        moment == 0 ? "start" : describe_event(recording.log[moment - 1], recording.block_size);
    return {recording.name, moment, event, disk.describe(state, recording.block_size),
            std::move(problem)};
  }

  Verdict judge(const DiskState& state) {
    Verdict verdict;
    ScratchFile& file = disk.realize(state);
    std::optional<uint64_t> seen;
    if (state.hash % limits.reader_every == 0) {
      const auto read = open_for_reading(file, recording);
      if (read)
        seen = *read;
      else
        verdict.problem = read.error().message;
    }
    const auto recovered = open_for_writing(file, recording, verdict.recovery_writes);
    if (!recovered)
      verdict.problem = recovered.error().message;
    else if (seen && *recovered != *seen)
      verdict.problem = "a reader sees another state than recovery leaves";
    else
      verdict.digest = *recovered;
    file.revert();
    return verdict;
  }

  // True if a disk with the state of this digest kept all promises.
  [[nodiscard]] bool is_allowed(uint64_t digest) const {
    if (digest == recording.states[acked].digest) return true;
    return acked + 1 < recording.states.size() && digest == recording.states[acked + 1].digest;
  }

  // Compares in detail after a violation was found.
  std::string explain(const DiskState& state) {
    ScratchFile& file = disk.realize(state);
    std::string text = fmt::format("neither commit {} nor the next", acked);
    if (const auto view = committed_view(file)) {
      if (const auto found = committed_state(**view)) {
        for (size_t i = 0; i < recording.states.size(); ++i)
          if (recording.states[i].digest == found->digest)
            text += fmt::format(", but commit {}", i);
        text += fmt::format("; against commit {}: {}", acked,
                            describe_difference(*found, recording.states[acked]));
        if (acked + 1 < recording.states.size())
          text += fmt::format("; against commit {}: {}", acked + 1,
                              describe_difference(*found, recording.states[acked + 1]));
      }
    }
    file.revert();
    return text;
  }
};

std::optional<Violation> Explorer::play(const Workload& workload, uint32_t block_size) {
  try {
    return explore(record(workload, block_size));
  } catch (const MustFailure& failure) {
    return Violation{fmt::format("{}/{}", workload.name, block_size), 0, "during the workload",
                     "nothing crashed",
                     fmt::format("the workload cannot continue: {}", failure.what())};
  }
}

std::optional<Violation> Explorer::explore(const Recording& recording, const ExplorerLimits& limits,
                                           unsigned depth) {
  Run run{recording, limits, depth, PendingDisk(recording.start, limits.sector_bytes), {}, 0,
          0,         0,      0};
  for (size_t i = 0; i <= recording.log.size(); ++i) {
    // States before a sync include those of the moments since the last one.
    const bool last = i == recording.log.size();
    const bool thorough = last || recording.log[i].kind == LoggedEvent::Kind::kSync;
    run.moment = i;
    ++counts_.moments;
    if (auto violation = judge_moment(run, thorough)) return violation;
    if (last) break;
    run.disk.apply(recording.log[i]);
    if (recording.log[i].kind == LoggedEvent::Kind::kAck) run.acked = recording.log[i].at;
  }
  return std::nullopt;
}

std::optional<Violation> Explorer::judge_moment(Run& run, bool thorough) {
  std::vector<DiskState> states = run.disk.states(run.limits.enumeration, thorough, random_);
  constexpr size_t kMin = 4;
  const size_t share = run.limits.states_a_recording / (run.recording.log.size() + 1);
  const size_t max = std::max(share, kMin);
  if (states.size() > max) {
    for (size_t i = 0; i < max; ++i)
      std::swap(states[i], states[i + random_.below(states.size() - i)]);
    states.resize(max);
  }
  for (const DiskState& state : states) {
    auto [found, is_new] = run.verdicts.try_emplace(state.hash);
    if (is_new) found->second = run.judge(state);
    if (is_new && counted_.insert(state.hash).second) ++counts_.states;
    const Verdict& verdict = found->second;
    if (!verdict.problem.empty()) return run.violation(state, verdict.problem);
    if (!run.is_allowed(verdict.digest)) return run.violation(state, run.explain(state));
    if (!is_new || run.depth == 0 || run.limits.aftermath_every == 0) continue;
    // Examine most of them where recovery has something to do.
    const bool all = run.limits.aftermath_every == 1;
    if (!all && !verdict.recovery_writes && random_.below(3) != 0) continue;
    if (run.until_aftermath-- > 0) continue;
    run.until_aftermath = random_.below(std::min(run.limits.aftermath_every, ++run.aftermaths));
    if (auto violation = aftermath(run, state)) return violation;
  }
  return std::nullopt;
}

std::optional<Violation> Explorer::aftermath(Run& run, const DiskState& state) {
  ScratchFile& file = run.disk.realize(state);
  const std::vector<uint8_t> content(file.content().begin(), file.content().end());
  file.revert();
  ++counts_.aftermaths;
  ExplorerLimits limits = run.limits;
  limits.states_a_recording = limits.aftermath_states;
  std::optional<Violation> violation;
  try {
    const Recording recording = next_session(run.recording, content);
    violation = explore(recording, limits, run.depth - 1);
  } catch (const MustFailure& failure) {
    return run.violation(state, fmt::format("the next session fails: {}", failure.what()));
  }
  if (violation)
    violation->disk += fmt::format("\n  after a crash at moment {} with {}", run.moment,
                                   run.disk.describe(state, run.recording.block_size));
  return violation;
}

}  // namespace vde::test
