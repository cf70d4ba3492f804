// A connection to an NBD server. It has no thread: whoever waits for a reply sends and receives for
// all others meanwhile, so that a reply is still in the cache of the processor that uses it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "io/file_descriptor.h"
#include "vde/bytes.h"
#include "vde/error.h"

struct nbd_handle;

namespace vde {

struct NbdLibrary;

// What the server says about its export.
struct NbdExport {
  uint64_t size = 0;
  uint32_t min_block = 1;    // requests are aligned to it; a power of 2
  uint32_t max_payload = 0;  // of a read or a write
  bool read_only = false;
  bool can_flush = false;
  bool can_fua = false;
  bool can_zero = false;
  bool can_multi_conn = false;  // several connections see the same bytes
  bool has_extents = false;     // reports where the holes are
};

// A run of bytes that are all zero, or may not be.
struct NbdExtent {
  uint64_t end = 0;
  bool is_zero = false;
};

enum class NbdCommand { kRead, kWrite, kFlush, kZero, kExtents };

// A request and, once it is done, its outcome. The bytes belong to whoever waits, or to `keep`.
struct NbdRequest {
  NbdCommand command = NbdCommand::kRead;
  uint64_t offset = 0;
  uint64_t count = 0;
  uint8_t* out = nullptr;          // kRead
  const uint8_t* bytes = nullptr;  // kWrite
  bool fua = false;                // kWrite, kZero: durable when done
  std::shared_ptr<void> keep;

  std::chrono::steady_clock::time_point sent;
  std::chrono::nanoseconds latency{0};  // from submit() until it was done
  std::vector<NbdExtent> extents;       // kExtents, from `offset` on
  std::atomic<bool> is_done{false};     // once it is, what follows does not change
  bool is_awaited = false;              // guarded by the connection
  int error = 0;
  std::string words;  // of the error
};

class NbdConnection {
 public:
  using Deadline = std::optional<std::chrono::steady_clock::time_point>;

  // Connects. Waiting for the server ends with kInterrupted soon after
  // `stop` is set, and connecting ends with kIo at the deadline, if there is one.
  [[nodiscard]] static Result<std::unique_ptr<NbdConnection>> open(const std::string& uri,
                                                                   const std::atomic<bool>& stop,
                                                                   const Deadline& deadline = {});
  NbdConnection(const NbdConnection&) = delete;
  NbdConnection& operator=(const NbdConnection&) = delete;
  // Requests that are not done are given up.
  ~NbdConnection();

  [[nodiscard]] const NbdExport& about() const { return about_; }

  // Sends the request as far as the socket takes it; the reply may be received when somebody waits
  // for any request. Any thread may call it.
  void submit(std::shared_ptr<NbdRequest> request) { submit(Requests{std::move(request)}); }
  // Several at once cost the thread that sends them one wake-up.
  using Requests = std::vector<std::shared_ptr<NbdRequest>>;
  void submit(const Requests& requests);
  // Waits until the request is done. kNoSpace and kIo with the words of the server; kInterrupted.
  [[nodiscard]] Result<void> wait(NbdRequest& request);
  // Call it before a write. kInterrupted if `stop` was set before the first one; from then on no
  // wait is interrupted, because the outcome of a write would be unknown.
  [[nodiscard]] Result<void> begin_writing();
  // kIo once a request has failed because the connection has ended, which is never opened again;
  // kInterrupted if waits are interrupted.
  [[nodiscard]] Result<void> check_reachable();
  // The time that the destructor may take begins now, so that several connections take no longer
  // than one.
  void begin_leaving();
  // Receives what is on its way for at most so many milliseconds. False if nothing is, or if that
  // time is over. Nobody else may use the connection any more.
  [[nodiscard]] bool drain(int timeout);
  // Receives what has arrived, also if nobody waits for it.
  void receive_arrived();

 private:
  struct Sent;
  class Turn;

  NbdConnection(const NbdLibrary& library, const std::atomic<bool>& stop);

  [[nodiscard]] Result<void> connect(const std::string& uri, const Deadline& deadline);
  [[nodiscard]] Result<void> negotiate(const std::string& uri, const Deadline& deadline);
  [[nodiscard]] tl::unexpected<Error> cannot_connect(const std::string& uri) const;
  void ask_about_export();

  void send(const std::shared_ptr<NbdRequest>& request);
  void finish(NbdRequest& request, int error, std::string words);
  // One step of the protocol, when the socket is ready; `timeout` in milliseconds or -1.
  void poll_once(int timeout);
  [[nodiscard]] bool is_open() const;

  const NbdLibrary& library_;
  const std::atomic<bool>& stop_;
  std::atomic<bool> is_writing_{false};
  nbd_handle* handle_ = nullptr;
  bool is_tls_ = false;
  NbdExport about_;
  std::string server_words_;  // what it said while connecting
  FileDescriptor wake_;       // readable when there is something to send

  std::mutex mutex_;  // never held during a call of the library
  std::condition_variable changed_;
  Requests queue_;
  bool has_turn_ = false;  // a thread uses the library
  unsigned waiting_ = 0;   // threads that wait for a turn or for a reply
  bool has_lost_requests_ = false;
  std::string lost_;  // why the connection ended; only the thread that has its turn uses it
  Deadline leaving_;
};

}  // namespace vde
