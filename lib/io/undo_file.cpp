#include "io/undo_file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <xxhash.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/endian.h"
#include "base/piece.h"
#include "format/block.h"
#include "format/superblock.h"
#include "vde/new_file.h"
#include "vde/text.h"

namespace vde {
namespace {

constexpr uint64_t kStateAt = 512;
constexpr uint64_t kRangesAt = 1024;
constexpr uint32_t kRangeSize = 16;
constexpr uint32_t kHeaderHashAt = 96;
constexpr std::string_view kStateMark = "VDESTATE";

// XXH64 of bytes that are added in pieces.
class Hasher {
 public:
  Hasher() : state_(XXH64_createState(), XXH64_freeState) { XXH64_reset(state_.get(), 0); }
  void add(Bytes bytes) { XXH64_update(state_.get(), bytes.data(), bytes.size()); }
  void add(uint64_t number) {
    std::array<uint8_t, 8> bytes{};
    store_le(MutableBytes(bytes), 0, number);
    add(Bytes(bytes));
  }
  [[nodiscard]] uint64_t value() const { return XXH64_digest(state_.get()); }

 private:
  std::unique_ptr<XXH64_state_t, XXH_errorcode (*)(XXH64_state_t*)> state_;
};

tl::unexpected<Error> malformed(std::string_view why) {
  return fail(ErrorCode::kMalformed, std::string(why));
}

// Reads `range` of `file` in pieces.
Result<void> each_piece(BlockFile& file, ByteRange range,
                        const std::function<Result<void>(uint64_t, Bytes)>& visit) {
  std::vector<uint8_t> buffer(std::min<uint64_t>(kPieceBytes, range.length()));
  while (!range.empty()) {
    const MutableBytes piece =
        MutableBytes(buffer).first(std::min<uint64_t>(buffer.size(), range.length()));
    VDE_TRY(file.read(range.begin, piece));
    VDE_TRY(visit(range.begin, piece));
    range.begin += piece.size();
  }
  return {};
}

std::vector<uint8_t> encode_ranges(const std::vector<ByteRange>& ranges) {
  std::vector<uint8_t> bytes(ranges.size() * kRangeSize);
  for (size_t i = 0; i < ranges.size(); ++i) {
    store_le(MutableBytes(bytes), i * kRangeSize, ranges[i].begin);
    store_le(MutableBytes(bytes), i * kRangeSize + 8, ranges[i].end);
  }
  return bytes;
}

// Reads the table of ranges. They must be ascending and disjoint, and the file must hold their
// bytes.
Result<std::vector<ByteRange>> read_ranges(BlockFile& undo, const UndoHeader& header) {
  VDE_TRY_ASSIGN(size, undo.size());
  if (size < kRangesAt || header.range_count > (size - kRangesAt) / kRangeSize)
    return malformed("the undo file is truncated");
  std::vector<uint8_t> table(size_t{header.range_count} * kRangeSize);
  VDE_TRY(undo.read(kRangesAt, table));
  if (checksum(table) != header.ranges_hash)
    return malformed("the undo file is damaged: bad checksum of its table");
  std::vector<ByteRange> ranges;
  uint64_t stored = kRangesAt + table.size();
  for (size_t i = 0; i < header.range_count; ++i) {
    const ByteRange range{load_le<uint64_t>(table, i * kRangeSize),
                          load_le<uint64_t>(table, i * kRangeSize + 8)};
    const bool ascending = ranges.empty() || range.begin >= ranges.back().end;
    if (range.empty() || !ascending || clipped(range, header.old_size).length() > size - stored)
      return malformed("the undo file is damaged: invalid table");
    stored += clipped(range, header.old_size).length();
    ranges.push_back(range);
  }
  return ranges;
}

std::array<uint8_t, 512> state_sector(const UndoHeader& header, UndoState state) {
  std::array<uint8_t, 512> sector{};
  std::copy(kStateMark.begin(), kStateMark.end(), sector.begin());
  store_le(MutableBytes(sector), 8, static_cast<uint64_t>(state));
  store_le(MutableBytes(sector), 16, header.hash);
  store_le(MutableBytes(sector), 24, checksum(Bytes(sector).first(24)));
  return sector;
}

class NewUndoFile : public UndoTarget {
 public:
  explicit NewUndoFile(NewFile file) : file_(std::move(file)) {}
  BlockFile& file() override { return file_.file(); }
  Result<void> publish() override { return file_.publish(false); }

 private:
  NewFile file_;
};

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(path, ignored));
}

// `noun` is what the file is called.
Result<std::unique_ptr<UndoTarget>> new_private_file(const std::string& path,
                                                     std::string_view noun) {
  if (exists(path))
    return fail(ErrorCode::kExists, fmt::format("the {} '{}' already exists", noun, escape(path)),
                "use --undo FILE for another name");
  // The file holds content of the image, whose permissions may be restricted.
  auto file = NewFile::create(path, {.mode = S_IRUSR | S_IWUSR});
  if (!file) {
    file.error().message = fmt::format("{} '{}': {}", noun, escape(path), file.error().message);
    return propagate(file);
  }
  return std::unique_ptr<UndoTarget>(std::make_unique<NewUndoFile>(std::move(*file)));
}

// `path`, or the first of path.1 to path.999 that does not exist.
Result<std::string> free_path(const std::string& path) {
  constexpr int kMaxNames = 1000;
  for (int i = 0; i < kMaxNames; ++i) {
    std::string numbered = i == 0 ? path : fmt::format("{}.{}", path, i);
    if (!exists(numbered)) return numbered;
  }
  return fail(ErrorCode::kExists, fmt::format("all files up to '{}.999' exist", path),
              "use --undo FILE for another name, or delete old ones");
}

}  // namespace

ByteRange clipped(ByteRange range, uint64_t size) {
  return {std::min(range.begin, size), std::min(range.end, size)};
}

Result<uint64_t> hash_ranges(BlockFile& file, const std::vector<ByteRange>& ranges, uint64_t size) {
  Hasher hasher;
  for (const ByteRange& range : ranges)
    VDE_TRY(each_piece(file, clipped(range, size), [&](uint64_t, Bytes bytes) -> Result<void> {
      hasher.add(bytes);
      return {};
    }));
  hasher.add(size);
  return hasher.value();
}

namespace {

Result<void> write_undo(BlockFile& undo, BlockFile& image, UndoHeader header,
                        const std::vector<ByteRange>& ranges) {
  VDE_TRY_ASSIGN(size, image.size());
  const std::vector<uint8_t> table = encode_ranges(ranges);
  Hasher hasher;
  uint64_t at = kRangesAt + table.size();
  const auto store = [&](uint64_t, Bytes bytes) -> Result<void> {
    hasher.add(bytes);
    const uint64_t to = std::exchange(at, at + bytes.size());
    return undo.write(to, bytes);
  };
  for (const ByteRange& range : ranges) VDE_TRY(each_piece(image, clipped(range, size), store));
  hasher.add(size);
  header.old_size = size;
  header.old_hash = hasher.value();
  header.range_count = static_cast<uint32_t>(ranges.size());
  header.ranges_hash = checksum(table);
  std::array<uint8_t, kStateAt> sector{};
  kUndoHeaderLayout.encode(header, sector);
  header.hash = checksum(Bytes(sector).first(kHeaderHashAt));
  kUndoHeaderLayout.encode(header, sector);
  VDE_TRY(undo.write(0, sector));
  VDE_TRY(undo.write(kStateAt, state_sector(header, UndoState::kUnderWay)));
  return table.empty() ? Result<void>{} : undo.write(kRangesAt, table);
}

}  // namespace

Result<UndoContent> publish_undo(UndoTarget& target, BlockFile& image, UndoHeader header,
                                 const std::vector<ByteRange>& ranges) {
  VDE_TRY(write_undo(target.file(), image, header, ranges));
  VDE_TRY(target.publish());
  return read_undo(target.file());
}

Result<UndoContent> read_undo(BlockFile& undo) {
  VDE_TRY_ASSIGN(size, undo.size());
  if (size < kRangesAt) return malformed("the undo file is truncated");
  std::array<uint8_t, kRangesAt> head{};
  VDE_TRY(undo.read(0, head));
  UndoContent content;
  content.header = kUndoHeaderLayout.decode(head);
  const UndoHeader& header = content.header;
  if (header.mark != UndoHeader{}.mark) return malformed("not an undo file");
  if (header.hash != checksum(Bytes(head).first(kHeaderHashAt)) ||
      !is_block_size(header.block_size))
    return malformed("the undo file is damaged: invalid header");
  VDE_TRY_ASSIGN(ranges, read_ranges(undo, header));
  content.ranges = std::move(ranges);
  for (const UndoState state : {UndoState::kDone, UndoState::kReverting})
    if (std::ranges::equal(state_sector(header, state), Bytes(head).subspan(kStateAt)))
      content.state = state;
  Hasher hasher;
  VDE_TRY(each_old_piece(undo, content, [&](uint64_t, Bytes bytes) -> Result<void> {
    hasher.add(bytes);
    return {};
  }));
  hasher.add(header.old_size);
  if (hasher.value() != header.old_hash)
    return malformed("the undo file is damaged: bad checksum of its content");
  return content;
}

std::vector<ByteRange> undo_ranges(const std::vector<ByteRange>& written, uint32_t block_size,
                                   const std::optional<BlockRange>& journal) {
  std::vector<uint64_t> cuts = {kMirrorGroup, kDirectoryStart};
  if (journal) cuts.insert(cuts.end(), {journal->begin, journal->end});
  std::ranges::sort(cuts);
  std::vector<ByteRange> ranges;
  for (ByteRange range : written) {
    for (const uint64_t block : cuts) {
      const uint64_t cut = block * block_size;
      if (cut <= range.begin || cut >= range.end) continue;
      ranges.push_back({range.begin, cut});
      range.begin = cut;
    }
    ranges.push_back(range);
  }
  return ranges;
}

Result<void> set_undo_state(BlockFile& undo, const UndoHeader& header, UndoState state) {
  VDE_TRY(undo.write(kStateAt, state_sector(header, state)));
  return undo.sync();
}

Result<void> each_old_piece(BlockFile& undo, const UndoContent& content,
                            const std::function<Result<void>(uint64_t, Bytes)>& visit) {
  uint64_t stored = kRangesAt + content.ranges.size() * kRangeSize;
  for (const ByteRange& range : content.ranges) {
    const ByteRange there = clipped(range, content.header.old_size);
    VDE_TRY(each_piece(undo, {stored, stored + there.length()}, [&](uint64_t at, Bytes bytes) {
      return visit(there.begin + (at - stored), bytes);
    }));
    stored += there.length();
  }
  return {};
}

Result<std::unique_ptr<UndoTarget>> new_undo_file(const std::string& path) {
  return new_private_file(path, "undo file");
}

Result<std::unique_ptr<UndoTarget>> new_lost_file(const std::string& path) {
  return new_private_file(path, "list of lost entries");
}

Result<std::string> free_undo_path(const std::string& image) {
  return free_path(image + ".undo");
}

Result<UndoFile> default_undo_file(const std::string& image) {
  VDE_TRY_ASSIGN(path, free_undo_path(image));
  VDE_TRY_ASSIGN(target, new_undo_file(path));
  return UndoFile{std::move(path), std::move(target)};
}

Result<std::string> free_lost_path(const std::string& image) {
  return free_path(image + ".lost.jsonl");
}

}  // namespace vde
