#include "io/spilled_pages.h"

#include <algorithm>
#include <iterator>

#include "base/checked.h"

namespace vde {

std::map<uint64_t, SpilledPages::Run>::const_iterator SpilledPages::find(uint64_t offset) const {
  const auto next = runs_.upper_bound(offset);
  if (next == runs_.begin()) return next;
  const auto before = std::prev(next);
  return offset < before->second.end ? before : next;
}

Result<void> SpilledPages::put(uint64_t offset, Bytes page) {
  if (!file_) {
    VDE_TRY_ASSIGN(file, ScratchFile::create({}));
    file_ = std::move(file);
  }
  const auto held = find(offset);
  if (held != runs_.end() && held->first <= offset)
    return file_->overwrite(held->second.at + (offset - held->first), page);
  const uint64_t at = file_->size();
  VDE_TRY(file_->append(page));
  if (held != runs_.begin()) {
    const auto before = runs_.find(std::prev(held)->first);
    Run& run = before->second;
    if (run.end == offset && run.at + (run.end - before->first) == at) {
      run.end += page.size();
      return {};
    }
  }
  runs_[offset] = {offset + page.size(), at};
  return {};
}

Result<void> SpilledPages::read(uint64_t offset, MutableBytes out) const {
  const uint64_t end = offset + out.size();
  for (auto run = find(offset); run != runs_.end() && run->first < end; ++run) {
    const uint64_t from = std::max(offset, run->first);
    const uint64_t to = std::min(end, run->second.end);
    VDE_TRY(
        file_->read(run->second.at + (from - run->first), out.subspan(from - offset, to - from)));
  }
  return {};
}

void SpilledPages::forget_from(uint64_t offset) {
  const uint64_t first = divide_up(offset, page_size_) * page_size_;
  runs_.erase(runs_.lower_bound(first), runs_.end());
  if (!runs_.empty()) runs_.rbegin()->second.end = std::min(runs_.rbegin()->second.end, first);
}

std::optional<ByteRange> SpilledPages::first_in(ByteRange within) const {
  const auto run = find(within.begin);
  if (run == runs_.end() || run->first >= within.end) return std::nullopt;
  return ByteRange{std::max(within.begin, run->first), std::min(within.end, run->second.end)};
}

std::vector<ByteRange> SpilledPages::runs() const {
  std::vector<ByteRange> all;
  all.reserve(runs_.size());
  for (const auto& [begin, run] : runs_) all.push_back({begin, run.end});
  return all;
}

}  // namespace vde
