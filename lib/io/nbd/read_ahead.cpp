#include "io/nbd/read_ahead.h"

#include <algorithm>
#include <cstring>
#include <thread>
#include <utility>

namespace vde {
namespace {

// Threads that share a stream do not read exactly in order.
constexpr uint64_t kDisorder = uint64_t{1} << 20;
// Fewer bytes in order may be chance.
constexpr uint64_t kRunOfStream = uint64_t{192} << 10;

// Milliseconds for each of several connections that are left.
constexpr int kTogether = 10;

// What was fetched in advance stays for so many reads, also if others were used since.
constexpr uint64_t kReadsToWait = 4096;

uint64_t align_down(uint64_t value, uint64_t align) {
  return value / align * align;
}

uint64_t align_up(uint64_t value, uint64_t align) {
  return align_down(value + align - 1, align);
}

ByteRange common(ByteRange a, ByteRange b) {
  return {std::max(a.begin, b.begin), std::min(a.end, b.end)};
}

}  // namespace

ReadAhead::ReadAhead(std::unique_ptr<NbdConnection> first, size_t max_connections,
                     MoreConnections more)
    : max_connections_(max_connections), more_(std::move(more)) {
  connections_.reserve(max_connections);  // so that first() needs no lock
  connections_.push_back(std::move(first));
  const NbdExport& about = connections_.front()->about();
  size_ = about.size;
  align_ = about.min_block;
  most_ = std::min<uint64_t>(kPiece, about.max_payload);
  max_held_ = std::min(kMaxHeld, kMaxPieces * most_);
  max_ahead_ = max_held_ / 2;
  window_ = std::min(kSureWindow, max_ahead_);
}

// All of them at once: each waits a little for a server that does not answer.
ReadAhead::~ReadAhead() {
  for (const auto& connection : connections_) connection->begin_leaving();
  for (bool waits = true; waits;) {
    waits = false;
    for (const auto& connection : connections_) waits |= connection->drain(kTogether);
  }
}

Result<void> ReadAhead::read(uint64_t offset, MutableBytes out) {
  const ByteRange wanted{offset, offset + out.size()};
  if (out.empty()) return {};
  if (wanted.end > size_ || wanted.end < offset)
    return fail(ErrorCode::kIo, "read past the end of the NBD export");
  Pieces pieces = fetch(wanted);
  const Result<uint64_t> end = copy_from(pieces, wanted, out);
  {
    // make_room() gives the bytes to another piece when nobody holds this one.
    const std::lock_guard lock(mutex_);
    for (std::shared_ptr<Piece>& piece : pieces)
      if (is_last_read(*piece, wanted)) finish(std::move(piece));
    pieces.clear();
  }
  if (!end) return tl::make_unexpected(end.error());
  // What was dropped again before it was used: a read larger than the cache.
  return read_exactly({*end, wanted.end}, out.subspan(*end - offset));
}

// Keeps a piece, which nobody else changes.
class ReadAhead::CachedBytes : public FileMapping {
 public:
  CachedBytes(ReadAhead& owner, std::shared_ptr<Piece> piece, ByteRange range)
      : owner_(owner), piece_(std::move(piece)), range_(range) {}
  ~CachedBytes() override {
    const std::lock_guard lock(owner_.mutex_);  // as in read()
    if (owner_.is_last_read(*piece_, range_)) owner_.finish(std::move(piece_));
    piece_.reset();
  }
  [[nodiscard]] Bytes bytes() const override {
    return {piece_->bytes.get() + (range_.begin - piece_->range.begin), range_.length()};
  }
  [[nodiscard]] Result<void> wait() const { return piece_->connection->wait(*piece_->request); }

 private:
  ReadAhead& owner_;
  std::shared_ptr<Piece> piece_;
  ByteRange range_;
};

std::unique_ptr<FileMapping> ReadAhead::cached(ByteRange wanted) {
  if (wanted.empty() || wanted.end > size_) return nullptr;
  Pieces pieces = fetch(wanted);
  std::unique_ptr<CachedBytes> cached;
  {
    const std::lock_guard lock(mutex_);
    if (pieces.size() == 1 && pieces.front()->range.end >= wanted.end)
      cached = std::make_unique<CachedBytes>(*this, pieces.front(), wanted);
    pieces.clear();
  }
  if (cached == nullptr || !cached->wait()) return nullptr;
  return cached;
}

Result<uint64_t> ReadAhead::copy_from(const Pieces& pieces, ByteRange wanted, MutableBytes out) {
  uint64_t at = wanted.begin;
  for (const std::shared_ptr<Piece>& piece : pieces) {
    const ByteRange part = common(piece->range, wanted);
    const MutableBytes target = out.subspan(part.begin - wanted.begin, part.length());
    Result<void> done = piece->connection->wait(*piece->request);
    if (!done && done.error().code == ErrorCode::kInterrupted) return propagate(done);
    if (done) {
      std::memcpy(target.data(), piece->bytes.get() + (part.begin - piece->range.begin),
                  part.length());
    } else {
      // Other bytes of the piece may be the reason.
      forget(piece->range);
      VDE_TRY(read_exactly(part, target));
    }
    at = part.end;
  }
  return at;
}

// The pieces that contain the range, in order and without gaps from its begin on.
ReadAhead::Pieces ReadAhead::fetch(ByteRange wanted) {
  Errands errands;
  Pieces found = find_or_start(wanted, errands);
  run(errands);
  return found;
}

void ReadAhead::run(const Errands& errands) {
  for (const auto& [connection, requests] : errands.unsent) connection->submit(requests);
  if (errands.unreceived != nullptr) errands.unreceived->receive_arrived();
}

ReadAhead::Pieces ReadAhead::find_or_start(ByteRange wanted, Errands& errands) {
  const std::lock_guard lock(mutex_);
  ++clock_;
  if (const auto piece = find(wanted.begin);
      piece != pieces_.end() && piece->second->reader != nullptr &&
      piece->second->range.begin <= wanted.begin && piece->second->range.end >= wanted.end) {
    piece->second->used = clock_;
    return {piece->second};
  }
  Stream& stream = stream_of(wanted);
  const bool is_stream = stream.run >= kRunOfStream;
  const uint64_t align = std::max(kBefore, align_);
  ByteRange fetched{align_down(wanted.begin, align), 0};
  fetched.end = align_down(std::max(wanted.end + align - 1, fetched.begin + kAround), align);
  fetched.end = std::min(size_, fetched.end);
  if (wanted.begin == 0) fetched.end = std::min(size_, std::max(fetched.end, kFirst));
  fetch_missing(fetched, most_);
  if (is_stream) read_ahead(stream);
  Pieces found;
  for (uint64_t at = wanted.begin; at < wanted.end; at = found.back()->range.end) {
    const auto piece = find(at);
    if (piece == pieces_.end() || piece->second->range.begin > at) break;
    piece->second->used = clock_;
    found.push_back(piece->second);
  }
  make_room();
  errands = std::exchange(errands_, {});
  return found;
}

ReadAhead::Stream& ReadAhead::stream_of(ByteRange wanted) {
  Stream* found = nullptr;
  for (Stream& stream : streams_) {
    const bool continues = stream.run > 0 && wanted.begin + kDisorder >= stream.next &&
                           wanted.begin <= stream.next + kDisorder;
    if (continues) found = &stream;
  }
  if (found == nullptr) {
    found = &*std::ranges::min_element(streams_, {}, &Stream::used);
    *found = Stream{wanted.end, 0, wanted.end, std::min(2 * kPiece, max_ahead_), 0};
  }
  found->run += wanted.length();
  found->next = std::max(found->next, wanted.end);
  found->used = clock_;
  return *found;
}

// The window grows with the stream, so that a short one fetches little that nobody wants.
void ReadAhead::read_ahead(Stream& stream) {
  stream.ahead = std::max(stream.ahead, align_down(stream.next + kAround, kAround));
  if (stream.window > max_ahead_ / 4) use_more_connections(max_connections_);
  const uint64_t batch = std::min(kBatch, stream.window / 2);
  if (stream.ahead + batch > stream.next + stream.window) return;
  const uint64_t end = std::min(size_, align_down(stream.next + stream.window + kPiece, kPiece));
  if (end > stream.ahead) fetch_missing({stream.ahead, end}, most_);
  stream.ahead = std::max(stream.ahead, end);
  stream.window = std::min(max_ahead_, stream.window + stream.window / 2);
}

// Only streams gain from them, so other readers do not wait for more handshakes.
void ReadAhead::use_more_connections(size_t wanted) {
  while (connections_.size() < std::min(wanted, max_connections_)) {
    auto more = more_();
    if (!more || (*more)->about().size != size_) {
      max_connections_ = connections_.size();
      return;
    }
    connections_.push_back(std::move(*more));
  }
}

void ReadAhead::fetch_missing(ByteRange range, uint64_t most, Reader* reader) {
  while (!range.empty()) {
    const auto next = find(range.begin);
    const ByteRange there = next == pieces_.end() ? ByteRange{size_, size_} : next->second->range;
    if (there.begin <= range.begin && there.end > range.begin) {
      range.begin = there.end;
      continue;
    }
    uint64_t end = std::min({range.end, there.begin, range.begin + most});
    // Pieces end at multiples of their size, so that streams find each other's.
    if (end == range.begin + most && align_down(end, most) > range.begin)
      end = align_down(end, most);
    start({range.begin, end}, reader);
    range.begin = end;
  }
}

void ReadAhead::start(ByteRange range, Reader* reader) {
  auto piece = std::make_shared<Piece>();
  piece->range = range;
  if (free_.empty()) {
    piece->bytes.reset(new uint8_t[most_]);
  } else {
    piece->bytes = std::move(free_.back());
    free_.pop_back();
  }
  piece->used = clock_ + kReadsToWait;
  piece->connection = reader != nullptr ? reader->connection : &connection_for(range.begin);
  piece->reader = reader;
  if (reader != nullptr) reader->unread += range.length();
  piece->request = std::make_shared<NbdRequest>();
  piece->request->offset = range.begin;
  piece->request->count = range.length();
  piece->request->out = piece->bytes.get();
  piece->request->keep = piece;
  held_ += most_;
  errands_.unsent[piece->connection].push_back(piece->request);
  pieces_.emplace(range.begin, std::move(piece));
}

// The connection of a stream's piece.
NbdConnection& ReadAhead::connection_for(uint64_t offset) {
  return *connections_[offset / kPiece % connections_.size()];
}

// Each thread has its own connection, as far as there are enough: so it receives what it reads.
ReadAhead::Reader& ReadAhead::reader_of_thread() {
  const size_t number = readers_.size();
  const auto [found, is_new] = readers_.try_emplace(std::this_thread::get_id());
  Reader& reader = found->second;
  if (!is_new) return reader;
  if (number >= connections_.size()) use_more_connections(number + 1);
  reader.connection = connections_[number % connections_.size()].get();
  return reader;
}

bool ReadAhead::announce(ByteRange range) {
  Errands errands;
  bool wants_more = false;
  {
    const std::lock_guard lock(mutex_);
    Reader& reader = reader_of_thread();
    range.begin = align_down(range.begin, align_);
    range.end = std::min(size_, align_up(range.end, align_));
    fetch_missing(range, most_, &reader);
    make_room();
    const auto busy = static_cast<uint64_t>(
        std::ranges::count_if(readers_, [](const auto& one) { return one.second.unread > 0; }));
    wants_more = reader.unread < window_ / std::max<uint64_t>(busy, 1);
    errands = std::exchange(errands_, {});
  }
  run(errands);
  return wants_more;
}

// Whether a read of `range` is the last one of an announced piece.
bool ReadAhead::is_last_read(const Piece& piece, ByteRange range) const {
  return piece.reader != nullptr && range.end + align_ > piece.range.end;
}

// An announced piece was read: its memory is used again while it is still in the processor's cache.
void ReadAhead::finish(std::shared_ptr<Piece> piece) {
  if (!piece->request->is_done) return;
  if (piece->request->error == 0 && piece->range.length() == most_) {
    const std::chrono::nanoseconds latency = piece->request->latency;
    least_latency_ = std::min(least_latency_, latency);
    if (latency / 2 <= least_latency_) window_ = std::min(max_ahead_, window_ + most_);
  }
  const auto place = pieces_.find(piece->range.begin);
  if (place == pieces_.end() || place->second != piece) return;
  piece.reset();
  drop(place);
}

// Drops what was used longest ago. What is on its way stays, and what was announced and not read.
void ReadAhead::make_room() {
  while (held_ > max_held_) {
    auto oldest = pieces_.end();
    for (auto piece = pieces_.begin(); piece != pieces_.end(); ++piece) {
      const Piece& candidate = *piece->second;
      if (candidate.reader != nullptr) continue;
      if (!candidate.request->is_done) {
        // Perhaps nobody waits for it.
        errands_.unreceived = candidate.connection;
        continue;
      }
      if (oldest == pieces_.end() || candidate.used < oldest->second->used) oldest = piece;
    }
    if (oldest == pieces_.end()) return;
    drop(oldest);
  }
}

void ReadAhead::drop(std::map<uint64_t, std::shared_ptr<Piece>>::iterator piece) {
  held_ -= most_;
  if (Reader* reader = piece->second->reader) reader->unread -= piece->second->range.length();
  // Nobody else can get hold of it any more.
  if (piece->second.use_count() == 1) free_.push_back(std::move(piece->second->bytes));
  pieces_.erase(piece);
}

void ReadAhead::forget(ByteRange range) {
  const std::lock_guard lock(mutex_);
  for (auto piece = find(range.begin);
       piece != pieces_.end() && piece->second->range.begin < range.end;) {
    const auto next = std::next(piece);
    drop(piece);
    piece = next;
  }
}

std::map<uint64_t, std::shared_ptr<ReadAhead::Piece>>::iterator ReadAhead::find(uint64_t offset) {
  auto piece = pieces_.upper_bound(offset);
  if (piece != pieces_.begin() && std::prev(piece)->second->range.end > offset) --piece;
  return piece;
}

// Without the cache: only the blocks that hold these bytes.
Result<void> ReadAhead::read_exactly(ByteRange range, MutableBytes out) {
  NbdConnection& connection = first();
  while (!range.empty()) {
    const uint64_t begin = align_down(range.begin, align_);
    const uint64_t end = std::min(align_up(range.end, align_), begin + most_);
    const std::shared_ptr<uint8_t[]> bytes(new uint8_t[end - begin]);
    const auto request = std::make_shared<NbdRequest>();
    request->offset = begin;
    request->count = end - begin;
    request->out = bytes.get();
    request->keep = bytes;
    connection.submit(request);
    VDE_TRY(connection.wait(*request));
    const ByteRange part = common(range, {begin, end});
    std::memcpy(out.data(), bytes.get() + (part.begin - begin), part.length());
    out = out.subspan(part.length());
    range.begin = part.end;
  }
  return {};
}

}  // namespace vde
