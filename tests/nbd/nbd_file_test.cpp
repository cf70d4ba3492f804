// What BlockFile promises, with nbdkit as the server.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>

#include "nbd_server.h"
#include "support/random.h"
#include "support/temporary_folder.h"
#include "vde/nbd/nbd.h"
#include "vde/storage.h"

using namespace vde;
using namespace vde::test;

namespace {

const Activity nbd_activity;

Result<std::unique_ptr<BlockFile>> open_export(const NbdServer& server, OpenMode mode) {
  return open_nbd(server.uri(), mode, nbd_activity, Writers::kSole);
}

// False, with a message, where nbdkit is not installed.
bool is_there(const NbdServer& server) {
  if (!server.is_running()) MESSAGE("skipped: nbdkit or its filter is not installed");
  return server.is_running();
}

std::vector<uint8_t> random_bytes_of(Random& random, size_t count) {
  std::vector<uint8_t> bytes(count);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.next());
  return bytes;
}

// A served file of random bytes.
class RandomExport {
 public:
  RandomExport(uint64_t seed, size_t count) {
    Random random(seed);
    bytes = random_bytes_of(random, count);
    write_file(folder_ / "export", bytes);
    server_.emplace(std::vector<std::string>{"file", folder_ / "export"});
  }
  // For reading. Null, with a message, where nbdkit is not installed.
  [[nodiscard]] std::unique_ptr<BlockFile> open() const {
    if (!is_there(*server_)) return nullptr;
    auto file = open_export(*server_, OpenMode::kRead);
    REQUIRE(file);
    return std::move(*file);
  }

  std::vector<uint8_t> bytes;

 private:
  TemporaryFolder folder_;
  std::optional<NbdServer> server_;
};

// Sets `activity.stop` soon, as a signal does.
std::thread stop_soon(Activity& activity) {
  return std::thread([&activity] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    activity.stop = true;
  });
}

// A server that accepts connections and never says anything.
class MuteServer {
 public:
  MuteServer() : socket_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder_ / "socket";
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    REQUIRE(bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    REQUIRE(listen(socket_, 4) == 0);
  }
  MuteServer(const MuteServer&) = delete;
  MuteServer& operator=(const MuteServer&) = delete;
  ~MuteServer() { close(socket_); }
  [[nodiscard]] std::string uri() const { return "nbd+unix:///?socket=" + (folder_ / "socket"); }

 private:
  TemporaryFolder folder_;
  int socket_;
};

// Random reads and changes agree with the same ones in memory.
void agree_with_memory(BlockFile& file, uint64_t seed) {
  Random random(seed);
  std::vector<uint8_t> model(file.size().value());
  REQUIRE(file.read(0, model));
  for (int i = 0; i < 600; ++i) {
    const uint64_t at = random.below(model.size());
    const uint64_t most = std::min<uint64_t>(model.size() - at, i % 20 == 0 ? 900'000 : 9'000);
    const uint64_t count = 1 + random.below(most);
    const auto place = model.begin() + static_cast<ptrdiff_t>(at);
    const uint64_t kind = random.below(8);
    if (kind < 4) {
      std::vector<uint8_t> bytes(count);
      REQUIRE(file.read(at, bytes));
      REQUIRE(std::equal(bytes.begin(), bytes.end(), place));
    } else if (kind == 4) {
      REQUIRE(file.zero({at, at + count}));
      std::fill_n(place, count, uint8_t{0});
    } else {
      const auto bytes = random_bytes_of(random, count);
      REQUIRE((kind == 5 ? file.write_through(at, bytes) : file.write(at, bytes)));
      if (kind == 6) REQUIRE(file.sync());
      std::ranges::copy(bytes, place);
    }
  }
}

}  // namespace

TEST_CASE("a URI is recognized by its scheme, and shown without its user") {
  for (const char* uri : {"nbd://host", "nbds://host", "nbd+unix:///?socket=s", "nbd:host:1"})
    CHECK(is_nbd_uri(uri));
  for (const char* path : {"", "nbd", "./nbd:file", "nbdx://host", "http://host"})
    CHECK_FALSE(is_nbd_uri(path));
  CHECK(without_user("nbds://alice:secret@host:1/e@x?y=@") == "nbds://host:1/e@x?y=@");
  CHECK(without_user("nbds+unix://alice@/?socket=s") == "nbds+unix:///?socket=s");
  CHECK(without_user("nbd://host/a@b") == "nbd://host/a@b");
  CHECK(without_user("nbd:a@b") == "nbd:a@b");
}

TEST_CASE("an export behaves as a file in memory") {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"memory", "4M"},
           {"--filter=fua", "memory", "4M"},
           {"--filter=nozero", "memory", "4M"},
           {"--filter=noextents", "memory", "4M"},
           {"--filter=blocksize-policy", "memory", "4M", "blocksize-minimum=4096",
            "blocksize-preferred=4096", "blocksize-maximum=20K", "blocksize-error-policy=error"}}) {
    CAPTURE(arguments.front());
    const NbdServer server(arguments);
    if (!is_there(server)) return;
    const auto file = open_export(server, OpenMode::kReadWrite);
    REQUIRE(file);
    CHECK((*file)->is_device());
    agree_with_memory(**file, 7);
  }
}

TEST_CASE("reads in order and at random places give the bytes of the export") {
  const RandomExport random(3, (5 << 20) + 512);
  const std::vector<uint8_t>& bytes = random.bytes;
  const auto file = random.open();
  if (file == nullptr) return;
  REQUIRE(file->size().value() == bytes.size());
  std::vector<uint8_t> got(bytes.size());
  for (const size_t step : {size_t{4096}, size_t{100'000}, size_t{128} << 10, size_t{3} << 20}) {
    for (size_t at = 0; at < got.size(); at += step) {
      const size_t count = std::min(step, got.size() - at);
      REQUIRE(file->read(at, MutableBytes(got).subspan(at, count)));
    }
    CHECK(got == bytes);
    std::ranges::fill(got, uint8_t{0});
  }
  std::vector<uint8_t> beyond(2);
  CHECK_FALSE(file->read(bytes.size() - 1, beyond));
}

TEST_CASE("several threads read at once, in order and at random places, more than is kept") {
  const RandomExport random(5, 40 << 20);
  const std::vector<uint8_t>& bytes = random.bytes;
  const auto file = random.open();
  if (file == nullptr) return;
  std::atomic<int> wrong{0};
  const auto read = [&](uint64_t seed) {
    Random own(seed);
    std::vector<uint8_t> got(100'000);
    for (size_t at = 0; at + got.size() <= bytes.size(); at += got.size()) {
      const uint64_t place = seed % 2 == 0 ? at : own.below(bytes.size() - got.size());
      const auto expected = bytes.begin() + static_cast<ptrdiff_t>(place);
      if (!file->read(place, got) || !std::equal(got.begin(), got.end(), expected)) ++wrong;
    }
  };
  std::vector<std::thread> threads;
  for (uint64_t seed = 0; seed < 4; ++seed) threads.emplace_back(read, seed);
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("threads get what they announced, whole or in parts, and others read it meanwhile") {
  const RandomExport random(13, 40 << 20);
  const std::vector<uint8_t>& bytes = random.bytes;
  const auto file = random.open();
  if (file == nullptr) return;
  REQUIRE(file->can_announce());
  constexpr size_t kThreads = 6;
  constexpr size_t kPiece = size_t{256} << 10;
  constexpr size_t kAhead = 5;  // pieces
  std::atomic<int> wrong{0};
  const auto check = [&](size_t at, Bytes got) {
    if (!std::ranges::equal(got, Bytes(bytes).subspan(at, got.size()))) ++wrong;
  };
  const auto read = [&](size_t number) {
    std::vector<uint8_t> copy(kPiece);
    const auto place = [&](size_t i) { return (i * kThreads + number) * kPiece; };
    for (size_t i = 0; place(i) < bytes.size(); ++i) {
      for (size_t ahead = i == 0 ? 0 : kAhead; ahead <= kAhead; ++ahead)
        if (const size_t at = place(i + ahead); at < bytes.size())
          file->announce({at, std::min(at + kPiece, bytes.size())});
      const size_t count = std::min(kPiece, bytes.size() - place(i));
      const size_t part = number % 2 == 0 ? count : count / 2;
      for (size_t at = place(i); at < place(i) + count; at += part) {
        // Others may have read a part of it before.
        if (const auto lent = file->cached({at, at + part}))
          check(at, lent->bytes());
        else if (file->read(at, MutableBytes(copy).first(part)))
          check(at, Bytes(copy).first(part));
        else
          ++wrong;
      }
      const size_t other = (place(i) * 7 + 12'345) % (bytes.size() - kPiece);
      if (!file->read(other, copy)) ++wrong;
      check(other, copy);
    }
  };
  std::vector<std::thread> threads;
  for (size_t number = 0; number < kThreads; ++number) threads.emplace_back(read, number);
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("announced bytes come once, and what is announced in vain harms nobody") {
  TemporaryFolder folder;
  const NbdServer server({"--filter=log", "memory", "24M", "logfile=" + (folder / "log")});
  if (!is_there(server)) return;
  {
    const auto file = open_export(server, OpenMode::kRead);
    REQUIRE(file);
    constexpr uint64_t kPiece = uint64_t{256} << 10;
    for (uint64_t at = 8 << 20; at < 16 << 20; at += kPiece) {
      (*file)->announce({at, at + kPiece});
      REQUIRE((*file)->cached({at, at + kPiece}) != nullptr);
    }
    // Never read; beyond the end.
    (*file)->announce({20 << 20, (20 << 20) + kPiece});
    (*file)->announce({(24 << 20) - 512, (24 << 20) + 512});
    std::vector<uint8_t> all(24 << 20);
    CHECK((*file)->read(0, all));
  }
  const std::vector<uint8_t> log = read_file(folder / "log");
  const std::string text(log.begin(), log.end());
  size_t reads = 0;  // replies are logged as "...Read id="
  for (size_t at = text.find(" Read id="); at != std::string::npos;
       at = text.find(" Read id=", at + 1))
    ++reads;
  CHECK(reads >= 32);
  CHECK(reads <= 32 + 96 + 8);  // the announced ones, all of it, and some smaller ones
}

TEST_CASE("bytes that were received are lent, and stay the same while others are read") {
  const RandomExport random(11, 40 << 20);
  const std::vector<uint8_t>& bytes = random.bytes;
  const auto file = random.open();
  if (file == nullptr) return;
  const auto is_right = [&](const FileMapping& lent, size_t at) {
    return std::ranges::equal(lent.bytes(), Bytes(bytes).subspan(at, lent.bytes().size()));
  };
  constexpr size_t kStep = size_t{128} << 10;
  constexpr size_t kKept = 16;  // of the first ones; the cache drops them meanwhile
  std::vector<std::pair<size_t, std::unique_ptr<FileMapping>>> kept;
  size_t lent_bytes = 0;
  for (size_t at = 0; at < bytes.size(); at += kStep) {
    auto lent = file->cached({at, at + kStep});
    if (lent == nullptr) continue;
    REQUIRE(lent->bytes().size() == kStep);
    REQUIRE(is_right(*lent, at));
    lent_bytes += kStep;
    if (kept.size() < kKept) kept.emplace_back(at, std::move(lent));
  }
  // All except a little at the start, which was fetched in smaller pieces.
  CHECK(lent_bytes >= bytes.size() - (size_t{1} << 20));
  for (const auto& [at, lent] : kept) CHECK(is_right(*lent, at));
  CHECK(file->cached({0, 3 << 20}) == nullptr);
  CHECK(file->cached({bytes.size() - 1, bytes.size() + 1}) == nullptr);
  CHECK(file->cached({4096, 4096}) == nullptr);
}

TEST_CASE("holes are found as the server reports them") {
  const NbdServer server({"data", "size=8M", "data=@4194304 1 @6291456 2"});
  if (!is_there(server)) return;
  const auto file = open_export(server, OpenMode::kReadWrite);
  REQUIRE(file);
  const ByteRange all{0, 8 << 20};
  const auto first = (*file)->next_data(all);
  REQUIRE(first);
  CHECK(first->begin <= 4 << 20);
  CHECK(first->end > 4 << 20);
  CHECK(first->begin > 0);
  CHECK((*file)->next_data({0, 1 << 20})->empty());
  // Own changes count at once.
  REQUIRE((*file)->write(100, std::vector<uint8_t>{1}));
  CHECK((*file)->next_data(all)->begin <= 100);
}

TEST_CASE("a server that reports tiny holes is not asked about each") {
  const NbdServer server({"eval", "get_size=echo 1M", "extents=echo $4 512 hole,zero",
                          "pread=dd if=/dev/zero bs=$3 count=1 status=none"});
  if (!is_there(server)) return;
  const auto file = open_export(server, OpenMode::kRead);
  REQUIRE(file);
  const ByteRange all{0, 1 << 20};
  CHECK((*file)->next_data(all).value() == all);
}

TEST_CASE("a failed read is about the bytes that were asked for") {
  // The second half of the export cannot be read.
  const NbdServer server({"eval", "get_size=echo 1M",
                          "pread=if [ $(($4 + $3)) -gt 40960 ]; then echo EIO bad sector >&2; exit "
                          "1; fi; dd if=/dev/zero bs=$3 count=1 status=none"});
  if (!is_there(server)) return;
  const auto file = open_export(server, OpenMode::kRead);
  REQUIRE(file);
  std::vector<uint8_t> bytes(40960);
  CHECK((*file)->read(0, bytes));
  CHECK((*file)->read(36864, MutableBytes(bytes).first(4096)));
  CHECK((*file)->cached({40960, 45056}) == nullptr);
  const auto failed = (*file)->read(40960, MutableBytes(bytes).first(4096));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::kIo);
  CHECK(failed.error().message == "cannot read: the NBD server says: Input/output error");
}

TEST_CASE("writing needs a sole writer, and a server that can make writes durable") {
  const NbdServer server({"memory", "1M"});
  if (!is_there(server)) return;
  const auto shared = open_nbd(server.uri(), OpenMode::kReadWrite, nbd_activity);
  REQUIRE_FALSE(shared);
  CHECK(shared.error().code == ErrorCode::kUnsupported);
  const NbdServer forgetful({"eval", "get_size=echo 1M", "pread=exit 1", "pwrite=cat >/dev/null"});
  const auto writer = open_export(forgetful, OpenMode::kReadWrite);
  REQUIRE_FALSE(writer);
  CHECK(writer.error().message.find("neither flush nor FUA") != std::string::npos);
}

TEST_CASE("after a failed flush nothing is written any more") {
  const NbdServer server({"eval", "get_size=echo 1M", "can_flush=exit 0", "pwrite=cat >/dev/null",
                          "can_write=exit 0", "pread=dd if=/dev/zero bs=$3 count=1 status=none",
                          "flush=echo EIO >&2; exit 1"});
  if (!is_there(server)) return;
  const auto file = open_export(server, OpenMode::kReadWrite);
  REQUIRE(file);
  const std::vector<uint8_t> bytes(512);
  CHECK((*file)->write(0, bytes));
  const auto failed = (*file)->sync();
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message == "cannot sync: the NBD server says: Input/output error");
  CHECK_FALSE((*file)->write(0, bytes));
  CHECK_FALSE((*file)->write_through(0, bytes));
  CHECK_FALSE((*file)->zero({0, 512}));
  CHECK_FALSE((*file)->sync());
  std::vector<uint8_t> read(512);
  CHECK((*file)->read(0, read));
}

TEST_CASE("a server that ends is an error, not a wait") {
  NbdServer server({"memory", "8M"});
  if (!is_there(server)) return;
  const auto file = open_export(server, OpenMode::kReadWrite);
  REQUIRE(file);
  REQUIRE((*file)->write(0, std::vector<uint8_t>(4096, 1)));
  server.stop();
  const auto written = (*file)->write(0, std::vector<uint8_t>(4096, 2));
  REQUIRE_FALSE(written);
  CHECK(written.error().message == "cannot write: the connection to the NBD server is lost");
  std::vector<uint8_t> bytes(4096);
  CHECK_FALSE((*file)->read(4 << 20, bytes));
  CHECK_FALSE((*file)->sync());
}

TEST_CASE("an export that is open for reading is not written, whoever else writes") {
  const NbdServer server({"memory", "1M"});
  if (!is_there(server)) return;
  const auto file = open_export(server, OpenMode::kRead);
  REQUIRE(file);
  const std::vector<uint8_t> bytes(512, 1);
  CHECK_FALSE((*file)->write(0, bytes));
  CHECK_FALSE((*file)->write_through(0, bytes));
  CHECK_FALSE((*file)->zero({0, 512}));
  CHECK_FALSE((*file)->sync());
}

TEST_CASE("a lost connection is not damage") {
  NbdServer server({"memory", "8M"});
  if (!is_there(server)) return;
  const auto file = open_export(server, OpenMode::kRead);
  REQUIRE(file);
  std::vector<uint8_t> bytes(4096);
  CHECK((*file)->read(0, bytes));
  CHECK((*file)->check_reachable());
  server.stop();
  CHECK_FALSE((*file)->read(4 << 20, bytes));
  const auto gone = (*file)->check_reachable();
  REQUIRE_FALSE(gone);
  CHECK(gone.error().message == "the connection to the NBD server is lost");
}

TEST_CASE("a signal ends connecting to a server that never answers, also for writing") {
  const MuteServer server;
  for (const OpenMode mode : {OpenMode::kRead, OpenMode::kReadWrite}) {
    Activity activity;
    std::thread signal = stop_soon(activity);
    const auto file = open_nbd(server.uri(), mode, activity, Writers::kSole);
    signal.join();
    REQUIRE_FALSE(file);
    if (file.error().code == ErrorCode::kUnsupported) return;  // libnbd is not installed
    CHECK(file.error().code == ErrorCode::kInterrupted);
  }
}

TEST_CASE("a writer is interrupted before its first write, and not after it") {
  const NbdServer server({"memory", "1M"});
  if (!is_there(server)) return;
  const std::vector<uint8_t> bytes(512, 1);
  std::vector<uint8_t> read(512);
  {
    Activity activity;
    const auto file = open_nbd(server.uri(), OpenMode::kReadWrite, activity, Writers::kSole);
    REQUIRE(file);
    activity.stop = true;
    const auto refused = (*file)->write(0, bytes);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kInterrupted);
    CHECK((*file)->check_reachable().error().code == ErrorCode::kInterrupted);
  }
  Activity activity;
  const auto file = open_nbd(server.uri(), OpenMode::kReadWrite, activity, Writers::kSole);
  REQUIRE(file);
  REQUIRE((*file)->read(0, read));
  CHECK(read == std::vector<uint8_t>(512));
  REQUIRE((*file)->write(0, bytes));
  activity.stop = true;
  CHECK((*file)->write(4096, bytes));
  CHECK((*file)->read(0, read));
  CHECK(read == bytes);
  CHECK((*file)->sync());
  CHECK((*file)->check_reachable());
}

TEST_CASE("waiting for a server ends soon after a signal") {
  const NbdServer server({"--filter=delay", "memory", "1M", "rdelay=3"});
  if (!is_there(server)) return;
  Activity activity;
  const auto file = open_nbd(server.uri(), OpenMode::kRead, activity);
  REQUIRE(file);
  std::thread signal = stop_soon(activity);
  std::vector<uint8_t> bytes(4096);
  const auto start = std::chrono::steady_clock::now();
  const auto read = (*file)->read(0, bytes);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
  REQUIRE_FALSE(read);
  CHECK(read.error().code == ErrorCode::kInterrupted);
  signal.join();
}
