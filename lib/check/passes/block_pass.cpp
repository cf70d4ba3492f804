// Checks the trailer of every written block, on several threads.
#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>

#include "base/piece.h"
#include "check/exact/cause.h"
#include "check/passes.h"
#include "check/passes/block_judge.h"
#include "check/passes/block_pieces.h"
#include "check/passes/reading_choice.h"
#include "check/passes/tags_reached.h"
#include "check/passes/workers.h"

namespace vde {
namespace {

// Threads take pieces from a common source. Their findings are reported in the order of the pieces.
class BlockScan {
 public:
  explicit BlockScan(VerifyContext& context)
      : context_(context),
        judge_(context),
        cause_buffer_(context.io.make_buffer()),
        source_(context),
        threads_(threads_of(context.options)),
        announces_(context.io.file().can_announce()) {
    if (announces_) choice_.stop_mapping();
  }

  Result<void> run() {
    judge_.check_heads();
    run_on_threads(threads_, [this] { work(); });
    if (!outcome_) return outcome_;
    if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    judge_.report_empty_heads();
    return {};
  }

 private:
  // The most pieces that a thread takes before it has read the first.
  static constexpr size_t kAnnounced = 32;

  // A piece and how to read it.
  struct Task {
    Piece piece;
    Reading way = Reading::kRead;
    bool is_sound = false;  // it was checked already
  };

  void work() {
    BlockBuffer buffer(std::max<uint64_t>(kPieceBytes, context_.io.block_size()));
    std::deque<Task> taken;
    while (const std::optional<Task> task = next_of(taken)) {
      std::vector<NewFinding> findings;
      const auto begin = std::chrono::steady_clock::now();
      const std::optional<Reading> way = scan(*task, buffer, findings);
      const auto time = std::chrono::steady_clock::now() - begin;
      deliver(task->piece, std::move(findings));
      if (way) note_speed(*task, *way, time);
    }
  }

  // From a server several pieces are on their way to each thread.
  std::optional<Task> next_of(std::deque<Task>& taken) {
    bool takes_more = true;
    while (taken.empty() || (announces_ && takes_more && taken.size() < kAnnounced)) {
      std::optional<Task> task = take();
      if (!task) break;
      task->is_sound = is_sound(task->piece);
      if (announces_ && !task->is_sound)
        takes_more = context_.io.file().announce(context_.io.bytes_of(task->piece.blocks));
      taken.push_back(*task);
    }
    if (taken.empty() || context_.activity.stop) return std::nullopt;
    const Task next = taken.front();
    taken.pop_front();
    return next;
  }

  std::optional<Task> take() {
    const std::lock_guard lock(mutex_);
    if (!outcome_ || context_.activity.stop) return std::nullopt;
    const Reading way = choice_.next();
    const uint64_t most = way == Reading::kMap ? mapped_at_once(threads_) : kReadByOneThread;
    Result<std::optional<Piece>> piece = source_.next(most);
    if (!piece) outcome_ = propagate(piece);
    if (!piece || !*piece) return std::nullopt;
    return Task{**piece, way, false};
  }

  void note_speed(const Task& task, Reading way, std::chrono::nanoseconds time) {
    const std::lock_guard lock(mutex_);
    choice_.took(way, task.piece.blocks.count() * context_.io.block_size(), time);
    if (way != task.way) choice_.stop_mapping();
  }

  // Returns how the piece was read; nothing if that was not needed.
  std::optional<Reading> scan(const Task& task, MutableBytes buffer,
                              std::vector<NewFinding>& findings) {
    const Piece& piece = task.piece;
    if (task.is_sound) return std::nullopt;
    if (task.way == Reading::kMap) {
      const ByteRange bytes = context_.io.bytes_of(piece.blocks);
      if (const auto mapping = context_.io.file().map_loaded(bytes)) {
        judge_in_place(piece.blocks, *piece.region, mapping->bytes(), buffer, findings);
        return Reading::kMap;
      }
    }
    const uint64_t at_once = buffer.size() / context_.io.block_size();
    for (uint64_t at = piece.blocks.begin; at < piece.blocks.end; at += at_once)
      read({at, std::min(at + at_once, piece.blocks.end)}, *piece.region, buffer, findings);
    return Reading::kRead;
  }

  void read(BlockRange blocks, const PlacedRegion& region, MutableBytes buffer,
            std::vector<NewFinding>& findings) {
    const size_t block_size = context_.io.block_size();
    const ByteRange bytes = context_.io.bytes_of(blocks);
    if (const auto cached = context_.io.file().cached(bytes))
      return judge_in_place(blocks, region, cached->bytes(), buffer, findings);
    if (!context_.io.file().read(bytes.begin, buffer.first(bytes.length())))
      return scan_one_by_one(blocks, region, buffer, findings);
    for (uint64_t i = 0; i < blocks.count(); ++i)
      judge_.judge({blocks.begin + i, Bytes(buffer).subspan(i * block_size, block_size)}, region,
                   findings);
  }

  // Mapped bytes may change meanwhile, so whatever is not sound is judged from a copy.
  void judge_in_place(BlockRange blocks, const PlacedRegion& region, Bytes bytes,
                      MutableBytes buffer, std::vector<NewFinding>& findings) {
    const size_t block_size = context_.io.block_size();
    const MutableBytes copy = buffer.first(block_size);
    for (uint64_t i = 0; i < blocks.count(); ++i) {
      const uint64_t number = blocks.begin + i;
      const Bytes block = bytes.subspan(i * block_size, block_size);
      if (judge_.is_sound({number, block}, region)) continue;
      std::copy(block.begin(), block.end(), copy.begin());
      judge_.judge({number, copy}, region, findings);
    }
  }

  // Whether every block of the piece is a node of an intact tag tree: it was already checked.
  [[nodiscard]] bool is_sound(const Piece& piece) const {
    const auto* index = context_.find(block_types::kTagIndex);
    if (context_.sound_tags == nullptr || index == nullptr || piece.region != index) return false;
    for (uint64_t number = piece.blocks.begin; number < piece.blocks.end; ++number)
      if (!context_.sound_tags->is_reached(number - piece.region->blocks.begin)) return false;
    return true;
  }

  // After a failed read: finds out which blocks cannot be read.
  void scan_one_by_one(BlockRange blocks, const PlacedRegion& region, MutableBytes buffer,
                       std::vector<NewFinding>& findings) {
    for (uint64_t number = blocks.begin; number < blocks.end; ++number) {
      const auto block = context_.io.read(number, buffer.first(context_.io.block_size()));
      if (block) {
        judge_.judge(*block, region, findings);
        continue;
      }
      constexpr auto kCode = FindingCode::kBlockUnreadable;
      if (is_switched_off(kCode, FindingSite::here())) continue;
      findings.push_back({kCode, number, region.type, block.error().message});
    }
  }

  void deliver(const Piece& piece, std::vector<NewFinding> findings) {
    const std::lock_guard lock(mutex_);
    context_.activity.done += piece.blocks.count() * context_.io.block_size();
    context_.report.summary().blocks_checked += piece.blocks.count();
    waiting_.emplace(piece.index, std::move(findings));
    while (!waiting_.empty() && waiting_.begin()->first == next_index_) {
      for (NewFinding& finding : waiting_.begin()->second) {
        add_cause(finding);
        context_.report.pass_on(std::move(finding));
      }
      waiting_.erase(waiting_.begin());
      ++next_index_;
    }
  }

  // In the order of blocks, whatever thread read them: what can be tried is limited.
  void add_cause(NewFinding& finding) {
    if (!has_cause(finding)) return;
    if (const auto block = context_.io.read(*finding.block, cause_buffer_))
      vde::add_cause(context_.search, *block, finding);
  }

  VerifyContext& context_;
  BlockJudge judge_;
  std::mutex mutex_;  // guards everything below
  BlockBuffer cause_buffer_;
  PieceSource source_;
  const unsigned threads_;
  const bool announces_;
  ReadingChoice choice_;
  std::map<uint64_t, std::vector<NewFinding>> waiting_;  // done, but an earlier piece is not
  uint64_t next_index_ = 0;
  Result<void> outcome_;
};

}  // namespace

Result<void> check_blocks(VerifyContext& context) {
  return BlockScan(context).run();
}

}  // namespace vde
