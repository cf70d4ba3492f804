#include "io/nbd/nbd_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "format/sector.h"

namespace vde {
namespace {

constexpr size_t kWritesInFlight = 16;
constexpr uint64_t kMaxWrite = uint64_t{256} << 10;
// A shorter answer about holes is not worth a request.
constexpr uint64_t kLeastAnswer = uint64_t{64} << 10;
// The protocol counts in 32 bits.
constexpr uint64_t kMaxZeroed = uint64_t{1} << 30;
constexpr uint64_t kMaxAsked = uint64_t{2} << 30;

constexpr const char* kStateUnknown = "the state on disk is unknown; run 'vdetool verify IMAGE'";

}  // namespace

NbdFile::NbdFile(std::unique_ptr<NbdConnection> connection, bool is_sole_writer,
                 size_t max_connections, ReadAhead::MoreConnections more)
    : about_(connection->about()),
      is_sole_writer_(is_sole_writer),
      reads_(std::move(connection), max_connections, std::move(more)) {}

Result<void> NbdFile::check_can_write(const NbdExport& about) {
  if (about.read_only) return fail(ErrorCode::kUnsupported, "the NBD export is read-only");
  if (!about.can_flush && !about.can_fua)
    return fail(ErrorCode::kUnsupported,
                "the NBD server has neither flush nor FUA, so no write would ever be durable",
                "export the image with a server that has one of them");
  if (about.min_block > kDiskSector)
    return fail(ErrorCode::kUnsupported,
                fmt::format("the NBD server writes blocks of {} bytes, so that a crash could "
                            "destroy more than one sector of {} bytes",
                            about.min_block, kDiskSector),
                "export the image with smaller blocks");
  return {};
}

Result<void> NbdFile::write(uint64_t offset, Bytes bytes) {
  VDE_TRY(begin_change());
  pending_ = true;
  // Without flush, FUA is the only way to make a write durable.
  return change(offset, bytes, !about_.can_flush);
}

Result<void> NbdFile::sync() {
  VDE_TRY(begin_change());
  if (about_.can_flush) {
    const Result<void> done = send(NbdCommand::kFlush, {}, nullptr, false);
    if (!done) return poison(done.error());
  }
  pending_ = false;
  return {};
}

// FUA makes no other write durable, so it is used only if none is pending.
Result<void> NbdFile::write_through(uint64_t offset, Bytes bytes) {
  VDE_TRY(begin_change());
  if (pending_ || !about_.can_fua) {
    VDE_TRY(write(offset, bytes));
    return sync();
  }
  Result<void> done = change(offset, bytes, true);
  return done ? done : poison(done.error());
}

// The state on disk is unknown after this.
tl::unexpected<Error> NbdFile::poison(Error error) {
  poisoned_ = true;
  error.hint = kStateUnknown;
  return tl::make_unexpected(std::move(error));
}

Result<void> NbdFile::begin_change() {
  if (!is_sole_writer_) return fail(ErrorCode::kUnsupported, "the NBD export is open for reading");
  if (poisoned_)
    return fail(ErrorCode::kIo, "refusing to write after a failed sync", kStateUnknown);
  return reads_.first().begin_writing();
}

Result<void> NbdFile::change(uint64_t offset, Bytes bytes, bool fua) {
  const ByteRange range{offset, offset + bytes.size()};
  if (bytes.empty()) return {};
  if (range.end > about_.size || range.end < offset)
    return fail(ErrorCode::kNoSpace, "write past the end of the NBD export");
  const uint64_t block = about_.min_block;
  const ByteRange whole{offset / block * block, (range.end + block - 1) / block * block};
  if (whole == range) return send(NbdCommand::kWrite, range, bytes.data(), fua);
  // A block of the export is at most a sector: a crash may destroy that in any case.
  std::vector<uint8_t> blocks(whole.length());
  VDE_TRY(reads_.read(whole.begin, MutableBytes(blocks).first(block)));
  VDE_TRY(reads_.read(whole.end - block, MutableBytes(blocks).last(block)));
  std::ranges::copy(bytes, blocks.begin() + static_cast<ptrdiff_t>(offset - whole.begin));
  return send(NbdCommand::kWrite, whole, blocks.data(), fua);
}

// Returns when all requests are done, with the first error: no later write may overtake one.
Result<void> NbdFile::send(NbdCommand command, ByteRange range, const uint8_t* bytes, bool fua) {
  reads_.forget(range);
  {
    const std::lock_guard lock(mutex_);
    extents_.clear();
  }
  NbdConnection& connection = reads_.first();
  const uint64_t most =
      command == NbdCommand::kZero ? kMaxZeroed : std::min<uint64_t>(kMaxWrite, about_.max_payload);
  std::deque<std::shared_ptr<NbdRequest>> in_flight;
  Result<void> outcome;
  const auto finish_first = [&] {
    Result<void> done = connection.wait(*in_flight.front());
    if (outcome && !done) outcome = std::move(done);
    in_flight.pop_front();
  };
  uint64_t at = range.begin;
  do {
    auto request = std::make_shared<NbdRequest>();
    request->command = command;
    request->offset = at;
    request->count = std::min(most, range.end - at);
    request->bytes = bytes == nullptr ? nullptr : bytes + (at - range.begin);
    request->fua = fua;
    at += request->count;
    in_flight.push_back(request);
    connection.submit(std::move(request));
    if (in_flight.size() == kWritesInFlight) finish_first();
  } while (outcome && at < range.end);
  while (!in_flight.empty()) finish_first();
  // What was read in the meantime may be older.
  reads_.forget(range);
  return outcome;
}

Result<void> NbdFile::resize(uint64_t) {
  return fail(ErrorCode::kUnsupported, "an NBD export cannot be resized");
}

Result<void> NbdFile::zero(ByteRange range) {
  VDE_TRY(begin_change());
  if (range.empty()) return {};
  if (range.end > about_.size)
    return fail(ErrorCode::kNoSpace, "write past the end of the NBD export");
  pending_ = true;
  const bool fua = !about_.can_flush;
  const uint64_t block = about_.min_block;
  const ByteRange whole{(range.begin + block - 1) / block * block, range.end / block * block};
  if (about_.can_zero && whole == range) return send(NbdCommand::kZero, range, nullptr, fua);
  const std::vector<uint8_t> zeros(std::min<uint64_t>(range.length(), uint64_t{1} << 20));
  while (!range.empty()) {
    const uint64_t count = std::min<uint64_t>(zeros.size(), range.length());
    VDE_TRY(change(range.begin, Bytes(zeros).first(count), fua));
    range.begin += count;
  }
  return {};
}

Result<ByteRange> NbdFile::next_data(ByteRange within) {
  if (!about_.has_extents) return within;
  ByteRange rest{within.begin, std::min(within.end, about_.size)};
  const std::lock_guard lock(mutex_);
  while (!rest.empty()) {
    if (!learn_extents(rest)) return ByteRange{rest.begin, within.end};
    for (const NbdExtent& extent : extents_) {
      if (extent.end <= rest.begin) continue;
      if (!extent.is_zero) return ByteRange{rest.begin, std::min(extent.end, within.end)};
      rest.begin = std::min(extent.end, rest.end);
      if (rest.empty()) break;
    }
  }
  return ByteRange{within.end, within.end};
}

// Asks the server, unless its last answer contains the start of the range.
Result<void> NbdFile::learn_extents(ByteRange within) {
  if (!extents_.empty() && extents_begin_ <= within.begin && extents_.back().end > within.begin)
    return {};
  auto request = std::make_shared<NbdRequest>();
  request->command = NbdCommand::kExtents;
  request->offset = within.begin / about_.min_block * about_.min_block;
  request->count = std::min(about_.size - request->offset, kMaxAsked);
  NbdConnection& connection = reads_.first();
  connection.submit(request);
  VDE_TRY(connection.wait(*request));
  extents_begin_ = request->offset;
  extents_ = std::move(request->extents);
  const uint64_t answered = extents_.empty() ? 0 : extents_.back().end - extents_begin_;
  if (answered >= std::min(kLeastAnswer, request->count)) return {};
  extents_.clear();
  return fail(ErrorCode::kIo, "the NBD server did not report where the holes are");
}

Result<void> NbdFile::lock(LockMode mode, std::chrono::milliseconds) {
  if (mode == LockMode::kShared || is_sole_writer_) return {};
  return fail(ErrorCode::kUnsupported, "an NBD export has no locks",
              "use --sole-writer if no other program uses it");
}

}  // namespace vde
