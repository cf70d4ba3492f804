// Reads of an export through a cache that reads ahead: a small read fetches what lies around it,
// and reads in order keep many requests in flight, so that a slow link costs its delay once and not
// for every read.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "io/nbd/nbd_connection.h"
#include "vde/storage.h"

namespace vde {

class ReadAhead {
 public:
  static constexpr uint64_t kPiece = uint64_t{256} << 10;  // of a stream
  static constexpr uint64_t kAround = uint64_t{64} << 10;  // of a read that is not one of a stream
  static constexpr uint64_t kBefore = uint64_t{16}
                                      << 10;  // at most so much of that before the read
  static constexpr uint64_t kFirst = uint64_t{128} << 10;  // at the start: the fixed blocks
  // Asked for at once: a server that waits for each request wakes up for each.
  static constexpr uint64_t kBatch = uint64_t{1} << 20;
  // At least so much is on its way of what is announced. More only while that makes requests no
  // slower: then the link has time to spare.
  static constexpr uint64_t kSureWindow = uint64_t{2} << 20;
  static constexpr uint64_t kMaxHeld = uint64_t{16} << 20;  // in memory
  static constexpr uint64_t kMaxPieces = 1024;  // if the server takes only small requests

  // `more` opens one more connection when a stream can use it; null if there may be only one.
  using MoreConnections = std::function<Result<std::unique_ptr<NbdConnection>>()>;
  ReadAhead(std::unique_ptr<NbdConnection> first, size_t max_connections, MoreConnections more);
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;
  ~ReadAhead();

  [[nodiscard]] NbdConnection& first() { return *connections_.front(); }

  // Fills `out`. Several threads may read at once. An error is about these bytes, not about others
  // that were fetched with them.
  [[nodiscard]] Result<void> read(uint64_t offset, MutableBytes out);

  // The bytes where they were received, if that is one piece. Null if not, or after an error.
  [[nodiscard]] std::unique_ptr<FileMapping> cached(ByteRange wanted);

  // Begins to fetch what the calling thread will read once. False if enough is on its way.
  bool announce(ByteRange range);

  // Call it before and after the bytes change.
  void forget(ByteRange range);

 private:
  // A thread that announces what it reads.
  struct Reader {
    NbdConnection* connection = nullptr;
    uint64_t unread = 0;  // bytes
  };
  // Bytes that were fetched, or that are on their way.
  struct Piece {
    ByteRange range;
    std::unique_ptr<uint8_t[]> bytes;  // `most_` long
    std::shared_ptr<NbdRequest> request;
    NbdConnection* connection = nullptr;
    uint64_t used = 0;         // the time of the last use, in reads
    Reader* reader = nullptr;  // that announced it
  };
  class CachedBytes;
  // A series of reads in ascending order.
  struct Stream {
    uint64_t next = 0;   // the end of the last read
    uint64_t run = 0;    // bytes read in order
    uint64_t ahead = 0;  // fetched up to here
    uint64_t window = 0;
    uint64_t used = 0;
  };
  using Pieces = std::vector<std::shared_ptr<Piece>>;
  // What is to be done without the lock, because it takes system calls.
  struct Errands {
    std::map<NbdConnection*, NbdConnection::Requests> unsent;  // of new pieces
    NbdConnection* unreceived = nullptr;  // has replies that perhaps nobody waits for
  };

  [[nodiscard]] Pieces fetch(ByteRange wanted);
  [[nodiscard]] Pieces find_or_start(ByteRange wanted, Errands& errands);
  static void run(const Errands& errands);
  // Fills `out` from the pieces, and returns up to where.
  [[nodiscard]] Result<uint64_t> copy_from(const Pieces& pieces, ByteRange wanted,
                                           MutableBytes out);
  [[nodiscard]] Stream& stream_of(ByteRange wanted);
  void read_ahead(Stream& stream);
  void use_more_connections(size_t wanted);
  // Fetches what is not there of the range in pieces of at most `most` bytes.
  void fetch_missing(ByteRange range, uint64_t most, Reader* reader = nullptr);
  void start(ByteRange range, Reader* reader);
  [[nodiscard]] NbdConnection& connection_for(uint64_t offset);
  [[nodiscard]] Reader& reader_of_thread();
  [[nodiscard]] bool is_last_read(const Piece& piece, ByteRange range) const;
  void make_room();
  void drop(std::map<uint64_t, std::shared_ptr<Piece>>::iterator piece);
  void finish(std::shared_ptr<Piece> piece);
  // The piece that contains the offset, or the first one after it.
  [[nodiscard]] std::map<uint64_t, std::shared_ptr<Piece>>::iterator find(uint64_t offset);

  [[nodiscard]] Result<void> read_exactly(ByteRange range, MutableBytes out);

  std::mutex mutex_;  // guards everything below
  size_t max_connections_;
  MoreConnections more_;
  std::vector<std::unique_ptr<NbdConnection>> connections_;
  uint64_t size_;
  uint64_t align_;
  uint64_t max_held_;                                  // bytes in memory
  uint64_t max_ahead_;                                 // bytes in flight for a stream
  uint64_t most_;                                      // bytes of a request
  std::map<uint64_t, std::shared_ptr<Piece>> pieces_;  // by their begin; they do not overlap
  Errands errands_;
  uint64_t held_ = 0;
  uint64_t clock_ = 0;
  std::array<Stream, 4> streams_;
  std::vector<std::unique_ptr<uint8_t[]>> free_;
  std::map<std::thread::id, Reader> readers_;
  uint64_t window_;  // bytes on their way of what is announced
  std::chrono::nanoseconds least_latency_{std::chrono::nanoseconds::max()};
};

}  // namespace vde
