#include "tag/tag_sort.h"

#include <algorithm>

#include "base/piece.h"

namespace vde {
namespace {

// The number of runs merged at once. More merge levels cost less than many small reads.
constexpr size_t kFanIn = 16;

// Collects records for one write.
class RecordWriter {
 public:
  RecordWriter(ScratchFile& file, size_t buffer) : file_(file) { buffer_.reserve(buffer); }

  [[nodiscard]] Result<void> add(const uint8_t* record) {
    const size_t size = tag_record_size(record);
    if (buffer_.size() + size > buffer_.capacity()) VDE_TRY(flush());
    buffer_.insert(buffer_.end(), record, record + size);
    return {};
  }
  [[nodiscard]] Result<void> flush() {
    VDE_TRY(file_.append(buffer_));
    buffer_.clear();
    return {};
  }

 private:
  ScratchFile& file_;
  std::vector<uint8_t> buffer_;
};

}  // namespace

TagSort::TagSort(uint64_t memory, std::string folder)
    : memory_(std::max(memory, kMinSortMemory)), folder_(std::move(folder)) {
  arena_ = std::make_unique<TagArena>(static_cast<size_t>(memory_) - reserve());
}

size_t TagSort::write_buffer() const {
  return std::min(reserve() / 2, kPieceBytes);
}

Result<void> TagSort::add(const TagView& entry, uint64_t line) {
  ++count_;
  if (arena_->add(entry, line)) return {};
  VDE_TRY(spill());
  static_cast<void>(arena_->add(entry, line));
  return {};
}

Result<TagMerge> TagSort::merge_from(size_t first, size_t buffer) const {
  std::vector<const ScratchFile*> files;
  for (size_t i = first; i < runs_.size(); ++i) files.push_back(runs_[i].file.get());
  return TagMerge::open(files, std::min(buffer, kPieceBytes));
}

Result<void> TagSort::spill() {
  arena_->sort();
  VDE_TRY_ASSIGN(file, ScratchFile::create(folder_));
  RecordWriter writer(file, write_buffer());
  while (const uint8_t* record = arena_->next()) VDE_TRY(writer.add(record));
  VDE_TRY(writer.flush());
  runs_.push_back({std::make_unique<ScratchFile>(std::move(file)), 0});
  arena_->clear();
  while (runs_.size() >= kFanIn && runs_[runs_.size() - kFanIn].level == runs_.back().level)
    VDE_TRY(merge_last_runs());
  return {};
}

// Merges the last kFanIn runs into one.
Result<void> TagSort::merge_last_runs() {
  const size_t first = runs_.size() - kFanIn;
  VDE_TRY_ASSIGN(merge, merge_from(first, reserve() / 2 / kFanIn));
  VDE_TRY_ASSIGN(file, ScratchFile::create(folder_));
  RecordWriter writer(file, write_buffer());
  while (true) {
    VDE_TRY_ASSIGN(record, merge.next());
    if (record == nullptr) break;
    VDE_TRY(writer.add(record));
  }
  VDE_TRY(writer.flush());
  const unsigned level = runs_[first].level + 1;
  runs_.resize(first);
  runs_.push_back({std::make_unique<ScratchFile>(std::move(file)), level});
  return {};
}

Result<void> TagSort::start_reading() {
  if (!is_sorted_) {
    is_sorted_ = true;
    if (runs_.empty()) {
      arena_->sort();
    } else {
      VDE_TRY(spill());
      arena_.reset();
      while (runs_.size() > kFanIn) VDE_TRY(merge_last_runs());
    }
  }
  if (runs_.empty()) {
    arena_->rewind();
    return {};
  }
  VDE_TRY_ASSIGN(merge, merge_from(0, static_cast<size_t>(memory_) / (runs_.size() + 1)));
  merge_ = std::move(merge);
  return {};
}

Result<bool> TagSort::next(SortedTag& tag) {
  const uint8_t* record = nullptr;
  if (merge_) {
    VDE_TRY_ASSIGN(merged, merge_->next());
    record = merged;
  } else {
    record = arena_->next();
  }
  if (record != nullptr) tag = read_tag_record(record);
  return record != nullptr;
}

}  // namespace vde
