#include "query/inode_sets.h"

#include "base/endian.h"

namespace vde {
namespace {

constexpr size_t kInodeBytes = sizeof(int64_t);

// Reads a part of a scratch file.
class ScratchInodes : public InodeStream {
 public:
  ScratchInodes(const ScratchFile& file, const InodeSet& set, const Activity& activity)
      : file_(file), offset_(set.offset), left_(set.count), activity_(activity) {}

 private:
  [[nodiscard]] Result<void> fill(int64_t least, std::vector<int64_t>& batch) override {
    while (left_ > 0 && (batch.empty() || batch.back() < least)) {
      if (activity_.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      batch.clear();
      const size_t count = static_cast<size_t>(std::min<uint64_t>(left_, kInodeBatch));
      bytes_.resize(count * kInodeBytes);
      VDE_TRY(file_.read(offset_, bytes_));
      for (size_t i = 0; i < count; ++i) batch.push_back(load_le<int64_t>(bytes_, i * kInodeBytes));
      offset_ += bytes_.size();
      left_ -= count;
    }
    return {};
  }

  const ScratchFile& file_;
  uint64_t offset_;
  uint64_t left_;
  const Activity& activity_;
  std::vector<uint8_t> bytes_;
};

// Appends inodes to a scratch file.
class InodeWriter {
 public:
  explicit InodeWriter(ScratchFile& file) : file_(file), set_{nullptr, file.size(), 0} {}

  [[nodiscard]] Result<void> add(int64_t inode) {
    const size_t at = bytes_.size();
    bytes_.resize(at + kInodeBytes);
    store_le(bytes_, at, inode);
    ++set_.count;
    return bytes_.size() < kInodeBatch * kInodeBytes ? Result<void>{} : flush();
  }
  [[nodiscard]] Result<InodeSet> finish() {
    VDE_TRY(flush());
    return set_;
  }

 private:
  [[nodiscard]] Result<void> flush() {
    VDE_TRY(file_.append(bytes_));
    bytes_.clear();
    return {};
  }

  ScratchFile& file_;
  InodeSet set_;
  std::vector<uint8_t> bytes_;
};

}  // namespace

Result<InodeSet> InodeSets::keep(InodeStream& stream) {
  std::vector<int64_t> kept;
  VDE_TRY(stream.start());
  while (stream.has_inode()) {
    if ((kept.size() + 1) * kInodeBytes > memory_) return spill_rest(kept, stream);
    kept.push_back(stream.inode());
    VDE_TRY(stream.step());
  }
  kept.shrink_to_fit();
  memory_ -= kept.size() * kInodeBytes;
  const uint64_t count = kept.size();
  return InodeSet{std::make_shared<const std::vector<int64_t>>(std::move(kept)), 0, count};
}

Result<InodeSet> InodeSets::spill(InodeStream& stream) {
  VDE_TRY(stream.start());
  return spill_rest({}, stream);
}

Result<InodeSet> InodeSets::spill_rest(const std::vector<int64_t>& first, InodeStream& rest) {
  if (file_ == nullptr) {
    VDE_TRY_ASSIGN(file, ScratchFile::create(folder_));
    file_ = std::make_unique<ScratchFile>(std::move(file));
  }
  InodeWriter writer(*file_);
  for (const int64_t inode : first) VDE_TRY(writer.add(inode));
  while (rest.has_inode()) {
    VDE_TRY(writer.add(rest.inode()));
    VDE_TRY(rest.step());
  }
  return writer.finish();
}

InodeStreamPtr InodeSets::open(const InodeSet& set) const {
  if (set.kept != nullptr) return inodes_of(set.kept);
  return std::make_unique<ScratchInodes>(*file_, set, activity_);
}

}  // namespace vde
