#include "probe/block_clusters.h"

#include <algorithm>
#include <unordered_map>

#include "format/superblock.h"

namespace vde {
namespace {

struct OpenCluster {
  size_t index = 0;     // in the result
  uint64_t strays = 0;  // counted up to its end
};

// Damage puts single blocks into a region. Several neighbours of another type are something else.
constexpr uint64_t strays_in(const BlockRun& run) {
  return run.valid == 1 ? 1 : kMaxStrays + 1;
}

// Without those that lie within another one that is much larger.
std::vector<BlockRun> without_strays(const std::vector<BlockRun>& clusters) {
  std::vector<BlockRun> kept;
  uint64_t end_of_large = 0;  // of all that begin before
  for (const BlockRun& cluster : clusters) {
    if (cluster.valid > kMaxStrays || cluster.blocks.end >= end_of_large) kept.push_back(cluster);
    if (cluster.valid > 2 * kMaxStrays) end_of_large = std::max(end_of_large, cluster.blocks.end);
  }
  return kept;
}

bool touches(const BlockRun& before, const BlockRun& after) {
  return after.blocks.begin - before.blocks.end <= 1;
}

// Whether a single block has blocks of one other type right before and after it.
bool is_between(const std::vector<BlockRun>& runs, size_t index) {
  if (runs[index].valid > 1 || index == 0 || index + 1 >= runs.size()) return false;
  const BlockRun& before = runs[index - 1];
  const BlockRun& after = runs[index + 1];
  return before.type == after.type && touches(before, runs[index]) && touches(runs[index], after);
}

// Whether single blocks of other types follow, and then blocks of this type again.
bool goes_on(const std::vector<BlockRun>& runs, size_t index) {
  for (size_t i = index + 1; i < runs.size() && i <= index + kMaxStrays + 1; ++i) {
    if (!touches(runs[i - 1], runs[i])) return false;
    if (runs[i].type == runs[index].type) return true;
    if (runs[i].valid > 1) return false;
  }
  return false;
}

// Where two regions meet, single blocks of both may lie among those of the other. Then the first
// one of the second region counts: it is worth more than the last one of the first.
bool is_stray_block(const std::vector<BlockRun>& runs, size_t index) {
  if (!is_between(runs, index)) return false;
  return !goes_on(runs, index) || is_between(runs, index - 1);
}

bool is_within(BlockRange inner, BlockRange outer) {
  return inner.begin >= outer.begin && inner.end <= outer.end;
}

// The journal may end with a copy of what follows it.
BlockRun after_journal(BlockRun run, BlockRange journal) {
  if (!journal.contains(run.blocks.begin) || run.blocks.end <= journal.end) return run;
  run.blocks.begin = journal.end;
  run.valid = std::min(run.valid, run.blocks.count());
  return run;
}

}  // namespace

std::vector<BlockRun> join_runs(const BlockRuns& found, BlockRange journal,
                                bool (*wanted)(BlockType)) {
  std::vector<BlockRun> clusters;
  std::unordered_map<uint32_t, OpenCluster> open;  // by type
  uint64_t strays = 0;
  for (size_t i = 0; i < found.runs.size(); ++i) {
    const BlockRun run = after_journal(found.runs[i], journal);
    if (run.blocks.begin < kFirstRegionBlock || is_within(run.blocks, journal)) continue;
    const uint64_t before = strays;
    strays += strays_in(run);
    if (!wanted(run.type) || is_stray_block(found.runs, i)) continue;
    const auto last = open.find(run.type.value);
    if (last != open.end()) {
      BlockRun& cluster = clusters[last->second.index];
      // An unwritten part after a stray is the rest of another region.
      const bool has_strays = before != last->second.strays;
      if (run.blocks.begin - cluster.blocks.end <= kMaxRunGap &&
          (!has_strays || touches(found.runs[i - 1], run)) &&
          before - last->second.strays <= kMaxStrays) {
        cluster.blocks.end = run.blocks.end;
        cluster.valid += run.valid;
        if (is_later_generation(run.newest, cluster.newest)) cluster.newest = run.newest;
        last->second.strays = strays;
        continue;
      }
    }
    clusters.push_back(run);
    open[run.type.value] = {clusters.size() - 1, strays};
  }
  return without_strays(clusters);
}

}  // namespace vde
