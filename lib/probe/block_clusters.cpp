#include "probe/block_clusters.h"

#include <algorithm>
#include <unordered_map>

#include "format/superblock.h"

namespace vde {
namespace {

struct OpenCluster {
  size_t index = 0;      // in the result
  uint64_t counted = 0;  // valid blocks of any type up to its end
};

// Whether `cluster` lies within another one that is much larger.
bool is_stray(const std::vector<BlockRun>& clusters, const BlockRun& cluster) {
  if (cluster.valid > kMaxStrays) return false;
  return std::ranges::any_of(clusters, [&](const BlockRun& other) {
    return other.valid > 2 * kMaxStrays && other.blocks.begin < cluster.blocks.begin &&
           other.blocks.end > cluster.blocks.end;
  });
}

// Whether a single block has blocks of one other type on both sides.
bool is_between(const std::vector<BlockRun>& runs, size_t index) {
  if (runs[index].valid > 1 || index == 0 || index + 1 >= runs.size()) return false;
  const BlockRun& before = runs[index - 1];
  const BlockRun& after = runs[index + 1];
  return before.type == after.type && runs[index].blocks.begin - before.blocks.end <= 1 &&
         after.blocks.begin - runs[index].blocks.end <= kMaxRunGap;
}

}  // namespace

std::vector<BlockRun> join_runs(const BlockRuns& found, BlockRange journal,
                                bool (*wanted)(BlockType)) {
  std::vector<BlockRun> clusters;
  std::unordered_map<uint32_t, OpenCluster> open;  // by type
  uint64_t counted = 0;
  for (size_t i = 0; i < found.runs.size(); ++i) {
    const BlockRun& run = found.runs[i];
    if (run.blocks.begin < kFirstRegionBlock || journal.contains(run.blocks.begin)) continue;
    const uint64_t before = counted;
    counted += run.valid;
    if (!wanted(run.type) || is_between(found.runs, i)) continue;
    const auto last = open.find(run.type.value);
    if (last != open.end()) {
      BlockRun& cluster = clusters[last->second.index];
      if (run.blocks.begin - cluster.blocks.end <= kMaxRunGap &&
          before - last->second.counted <= kMaxStrays) {
        cluster.blocks.end = run.blocks.end;
        cluster.valid += run.valid;
        if (is_later_generation(run.newest, cluster.newest)) cluster.newest = run.newest;
        last->second.counted = counted;
        continue;
      }
    }
    clusters.push_back(run);
    open[run.type.value] = {clusters.size() - 1, counted};
  }
  std::vector<BlockRun> kept;
  for (const BlockRun& cluster : clusters)
    if (!is_stray(clusters, cluster)) kept.push_back(cluster);
  return kept;
}

}  // namespace vde
