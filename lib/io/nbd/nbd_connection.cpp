#include "io/nbd/nbd_connection.h"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <new>
#include <utility>

#include "io/nbd/nbd_library.h"
#include "vde/nbd/nbd.h"
#include "vde/text.h"

namespace vde {
namespace {

// How long a signal may go unnoticed, in milliseconds.
constexpr int kNbdPatience = 100;
constexpr std::chrono::seconds kNbdFarewell(2);
// What every server takes if it names no maximum.
constexpr uint32_t kUsualPayload = uint32_t{32} << 20;

// The library puts the name of its function before each message.
std::string without_function(std::string_view words) {
  const size_t end = words.find(": ");
  if (words.starts_with("nbd_") && end != std::string_view::npos) words.remove_prefix(end + 2);
  return std::string(words);
}

std::string system_words(int error) {
  return std::system_category().message(error);
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

// Keeps SIGPIPE from this thread: a connection that ends must not end the program. Plain sockets do
// not raise it, because the library asks for that.
class BlockedPipeSignal {
 public:
  explicit BlockedPipeSignal(bool is_tls) : is_used_(is_tls) {
    if (!is_used_) return;
    sigemptyset(&signal_);
    sigaddset(&signal_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signal_, &before_);
  }
  BlockedPipeSignal(const BlockedPipeSignal&) = delete;
  BlockedPipeSignal& operator=(const BlockedPipeSignal&) = delete;
  ~BlockedPipeSignal() {
    if (!is_used_) return;
    // One that has come meanwhile is dropped.
    const timespec now{};
    sigtimedwait(&signal_, nullptr, &now);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  bool is_used_;
  sigset_t signal_{};
  sigset_t before_{};
};

constexpr std::string_view kLost = "the connection to the NBD server is lost";
constexpr std::string_view kServerMessage = "server error message: ";

}  // namespace

// What the library gets back with the reply to a request.
struct NbdConnection::Sent {
  NbdConnection* connection;
  std::shared_ptr<NbdRequest> request;

  static int on_done(void* user, int* error) {
    auto* sent = static_cast<Sent*>(user);
    sent->connection->finish(*sent->request, *error, *error != 0 ? system_words(*error) : "");
    return 1;  // the library may forget the request
  }
  static int on_extents(void* user, const char* context, uint64_t offset, uint32_t* entries,
                        size_t count, int*) {
    auto* sent = static_cast<Sent*>(user);
    if (std::string_view(context) != LIBNBD_CONTEXT_BASE_ALLOCATION) return 0;
    std::vector<NbdExtent>& extents = sent->request->extents;
    extents.clear();
    for (size_t i = 0; i + 1 < count; i += 2) {
      offset += entries[i];
      extents.push_back({offset, (entries[i + 1] & LIBNBD_STATE_ZERO) != 0});
    }
    return 0;
  }
  static void forget(void* user) {
    auto* sent = static_cast<Sent*>(user);
    sent->request->keep.reset();
    delete sent;
  }
};

NbdConnection::NbdConnection(const NbdLibrary& library, const std::atomic<bool>& stop)
    : library_(library), stop_(stop) {}

NbdConnection::~NbdConnection() {
  if (handle_ == nullptr) return;
  begin_leaving();
  while (drain(kNbdPatience)) {
  }
  const BlockedPipeSignal blocked(is_tls_);
  if (library_.aio_is_ready(handle_) > 0) library_.aio_disconnect(handle_, 0);
  library_.close(handle_);
}

void NbdConnection::begin_leaving() {
  if (!leaving_) leaving_ = std::chrono::steady_clock::now() + kNbdFarewell;
}

Result<std::unique_ptr<NbdConnection>> NbdConnection::open(const std::string& uri,
                                                           const std::atomic<bool>& stop,
                                                           const Deadline& deadline) {
  VDE_TRY_ASSIGN(library, nbd_library());
  std::unique_ptr<NbdConnection> connection(new NbdConnection(*library, stop));
  connection->wake_ = FileDescriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (connection->wake_.get() < 0) return system_failure("cannot connect");
  VDE_TRY(connection->connect(uri, deadline));
  return connection;
}

Result<void> NbdConnection::connect(const std::string& uri, const Deadline& deadline) {
  handle_ = library_.create();
  if (handle_ == nullptr) return cannot_connect(uri);
  library_.add_meta_context(handle_, LIBNBD_CONTEXT_BASE_ALLOCATION);
  // The parameters of a URI name the keys of TLS; the URI comes from the user.
  library_.set_uri_allow_local_file(handle_, true);
  // A buffer is used only after its read has succeeded.
  library_.set_pread_initialize(handle_, false);
  const auto on_message = [](void* user, const char*, const char* message) {
    const std::string_view words(message);
    const size_t at = words.find(kServerMessage);
    if (at != std::string_view::npos)
      *static_cast<std::string*>(user) = words.substr(at + kServerMessage.size());
    return 0;
  };
  library_.set_debug_callback(handle_, {on_message, &server_words_, nullptr});
  library_.set_debug(handle_, true);
  Result<void> done = negotiate(uri, deadline);
  library_.set_debug(handle_, false);
  return done;
}

Result<void> NbdConnection::negotiate(const std::string& uri, const Deadline& deadline) {
  is_tls_ = uri.starts_with("nbds");
  const BlockedPipeSignal blocked(is_tls_);
  if (library_.aio_connect_uri(handle_, uri.c_str()) < 0) return cannot_connect(uri);
  while (library_.aio_is_connecting(handle_) > 0 || library_.aio_is_negotiating(handle_) > 0) {
    if (stop_) return fail(ErrorCode::kInterrupted, "interrupted");
    if (deadline && std::chrono::steady_clock::now() >= *deadline)
      return fail(ErrorCode::kIo, "the NBD server does not answer");
    lost_.clear();
    poll_once(kNbdPatience);
    if (!lost_.empty()) return cannot_connect(uri);
  }
  if (library_.aio_is_ready(handle_) <= 0) return cannot_connect(uri);
  ask_about_export();
  return {};
}

tl::unexpected<Error> NbdConnection::cannot_connect(const std::string& uri) const {
  std::string words = lost_.empty() ? without_function(library_.get_error()) : lost_;
  replace_all(words, uri, without_user(uri));
  // Both may contain what the server, or the name of the export, says: any bytes.
  std::string message = "cannot connect to the NBD server: " + escape(words);
  if (!server_words_.empty()) message += fmt::format(" (\"{}\")", escape(server_words_));
  return fail(ErrorCode::kIo, std::move(message));
}

void NbdConnection::ask_about_export() {
  const auto number = [&](int which) {
    const int64_t value = library_.get_block_size(handle_, which);
    return value > 0 ? static_cast<uint64_t>(value) : 0;
  };
  about_.min_block = static_cast<uint32_t>(
      std::bit_floor(std::clamp<uint64_t>(number(LIBNBD_SIZE_MINIMUM), 1, 65536)));
  const uint64_t most = number(LIBNBD_SIZE_MAXIMUM);
  about_.max_payload = static_cast<uint32_t>(
      std::clamp<uint64_t>(most == 0 ? kUsualPayload : most, about_.min_block, kUsualPayload));
  about_.max_payload -= about_.max_payload % about_.min_block;
  // The bytes of an incomplete last block cannot be reached.
  const auto size = static_cast<uint64_t>(std::max<int64_t>(0, library_.get_size(handle_)));
  about_.size = size - size % about_.min_block;
  about_.read_only = library_.is_read_only(handle_) != 0;
  about_.can_flush = library_.can_flush(handle_) > 0;
  about_.can_fua = library_.can_fua(handle_) > 0;
  about_.can_zero = library_.can_zero(handle_) > 0;
  about_.can_multi_conn = library_.can_multi_conn(handle_) > 0;
  about_.has_extents = library_.can_meta_context(handle_, LIBNBD_CONTEXT_BASE_ALLOCATION) > 0;
}

// The right to use the library: one thread has it at a time.
class NbdConnection::Turn {
 public:
  // The connection's lock is held, and nobody has the turn.
  Turn(NbdConnection& connection, std::unique_lock<std::mutex>& lock)
      : connection_(connection), lock_(lock) {
    connection_.has_turn_ = true;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  // One of those who wait takes the next turn.
  ~Turn() {
    // An exception may have come in between.
    if (!lock_.owns_lock()) lock_.lock();
    send_queue();
    connection_.has_turn_ = false;
    if (connection_.waiting_ > 0) connection_.changed_.notify_all();
  }

  // Sends what was submitted, also meanwhile.
  void send_queue() {
    while (!connection_.queue_.empty()) {
      const auto taken = std::exchange(connection_.queue_, {});
      lock_.unlock();
      for (const auto& request : taken) connection_.send(request);
      lock_.lock();
    }
  }

  // Sends and receives until `request` is done, for a little while.
  void work_for(const NbdRequest& request) {
    send_queue();
    if (request.is_done) return;
    lock_.unlock();
    connection_.poll_once(kNbdPatience);
    lock_.lock();
  }

 private:
  NbdConnection& connection_;
  std::unique_lock<std::mutex>& lock_;
};

void NbdConnection::submit(const Requests& requests) {
  if (requests.empty()) return;
  const auto now = std::chrono::steady_clock::now();
  for (const auto& request : requests) request->sent = now;
  std::unique_lock lock(mutex_);
  const bool is_known = !queue_.empty();
  queue_.insert(queue_.end(), requests.begin(), requests.end());
  if (!has_turn_) {
    const BlockedPipeSignal blocked(is_tls_);
    const Turn turn(*this, lock);  // its end sends the requests
    return;
  }
  // Who has the turn may be waiting for replies.
  if (!is_known) eventfd_write(wake_.get(), 1);
}

void NbdConnection::receive_arrived() {
  std::unique_lock lock(mutex_);
  if (has_turn_) return;
  const BlockedPipeSignal blocked(is_tls_);
  const Turn turn(*this, lock);
  lock.unlock();
  poll_once(0);
  lock.lock();
}

Result<void> NbdConnection::wait(NbdRequest& request) {
  std::unique_lock lock(mutex_);
  while (!request.is_done) {
    // The order matters: begin_writing() sets one before it looks at the other.
    if (stop_ && !is_writing_) return fail(ErrorCode::kInterrupted, "interrupted");
    if (has_turn_) {
      request.is_awaited = true;
      ++waiting_;
      changed_.wait_for(lock, std::chrono::milliseconds(kNbdPatience));
      --waiting_;
      continue;
    }
    const BlockedPipeSignal blocked(is_tls_);
    Turn turn(*this, lock);
    while (!request.is_done && (!stop_ || is_writing_)) turn.work_for(request);
  }
  if (request.error == 0) return {};
  const bool is_read =
      request.command == NbdCommand::kRead || request.command == NbdCommand::kExtents;
  const char* what = is_read                                 ? "cannot read"
                     : request.command == NbdCommand::kFlush ? "cannot sync"
                                                             : "cannot write";
  if (request.error == ENOTCONN) return fail(ErrorCode::kIo, fmt::format("{}: {}", what, kLost));
  const bool is_full = request.error == ENOSPC || request.error == EDQUOT;
  return fail(is_full ? ErrorCode::kNoSpace : ErrorCode::kIo,
              fmt::format("{}: the NBD server says: {}", what, request.words));
}

Result<void> NbdConnection::begin_writing() {
  if (is_writing_) return {};
  is_writing_ = true;
  if (!stop_) return {};
  is_writing_ = false;
  return fail(ErrorCode::kInterrupted, "interrupted");
}

Result<void> NbdConnection::check_reachable() {
  if (stop_ && !is_writing_) return fail(ErrorCode::kInterrupted, "interrupted");
  const std::lock_guard lock(mutex_);
  if (!has_lost_requests_) return {};
  return fail(ErrorCode::kIo, std::string(kLost));
}

bool NbdConnection::is_open() const {
  return library_.aio_is_ready(handle_) > 0 || library_.aio_is_processing(handle_) > 0;
}

// A server may end if it cannot deliver a reply (nbdkit 1.32 does).
bool NbdConnection::drain(int timeout) {
  if (!is_open() || !lost_.empty() || library_.aio_in_flight(handle_) <= 0 ||
      std::chrono::steady_clock::now() >= leaving_)
    return false;
  const BlockedPipeSignal blocked(is_tls_);
  poll_once(timeout);
  return true;
}

void NbdConnection::send(const std::shared_ptr<NbdRequest>& request) {
  if (!is_open()) return finish(*request, ENOTCONN, {});
  auto* sent = new (std::nothrow) Sent{this, request};
  if (sent == nullptr) return finish(*request, ENOMEM, system_words(ENOMEM));
  const nbd_completion_callback done{Sent::on_done, sent, Sent::forget};
  const uint32_t flags = request->fua ? LIBNBD_CMD_FLAG_FUA : 0;
  const NbdRequest& r = *request;
  int64_t cookie = -1;
  switch (r.command) {
    case NbdCommand::kRead:
      cookie = library_.aio_pread(handle_, r.out, r.count, r.offset, done, 0);
      break;
    case NbdCommand::kWrite:
      cookie = library_.aio_pwrite(handle_, r.bytes, r.count, r.offset, done, flags);
      break;
    case NbdCommand::kFlush:
      cookie = library_.aio_flush(handle_, done, 0);
      break;
    case NbdCommand::kZero:
      cookie = library_.aio_zero(handle_, r.count, r.offset, done, flags);
      break;
    case NbdCommand::kExtents: {
      const nbd_extent_callback extents{Sent::on_extents, sent, nullptr};
      cookie = library_.aio_block_status(handle_, r.count, r.offset, extents, done, 0);
      break;
    }
  }
  // The library has called forget() if it did not take the request.
  if (cookie < 0)
    finish(*request, std::max(1, library_.get_errno()), without_function(library_.get_error()));
}

void NbdConnection::finish(NbdRequest& request, int error, std::string words) {
  bool is_awaited = false;
  const auto now = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(mutex_);
    if (request.is_done) return;
    request.latency = now - request.sent;
    is_awaited = request.is_awaited;
    request.error = error;
    has_lost_requests_ |= error == ENOTCONN;
    request.words = std::move(words);
    request.keep.reset();
    request.is_done = true;
  }
  // Waking threads that wait for others costs more than receiving does.
  if (is_awaited) changed_.notify_all();
}

void NbdConnection::poll_once(int timeout) {
  std::array<pollfd, 2> ready{pollfd{-1, 0, 0}, pollfd{wake_.get(), POLLIN, 0}};
  if (lost_.empty()) {
    const unsigned direction = library_.aio_get_direction(handle_);
    ready[0].fd = library_.aio_get_fd(handle_);
    if ((direction & LIBNBD_AIO_DIRECTION_READ) != 0) ready[0].events |= POLLIN;
    if ((direction & LIBNBD_AIO_DIRECTION_WRITE) != 0) ready[0].events |= POLLOUT;
  }
  if (poll(ready.data(), ready.size(), timeout) <= 0) return;
  if (ready[1].revents != 0) {
    eventfd_t ignored = 0;
    eventfd_read(wake_.get(), &ignored);
  }
  int done = 0;
  if ((ready[0].revents & (POLLIN | POLLHUP)) != 0)
    done = library_.aio_notify_read(handle_);
  else if ((ready[0].revents & POLLOUT) != 0)
    done = library_.aio_notify_write(handle_);
  else if ((ready[0].revents & (POLLERR | POLLNVAL)) != 0)
    done = library_.aio_notify_read(handle_);
  if (done < 0) lost_ = without_function(library_.get_error());
}

}  // namespace vde
