#include <algorithm>
#include <chrono>
#include <thread>

#include "io/nbd/nbd_file.h"
#include "vde/nbd/nbd.h"

namespace vde {
namespace {

constexpr size_t kMaxConnections = 4;
// A server may let further clients wait; reads do without them.
constexpr std::chrono::seconds kMoreWait(5);

}  // namespace

Result<std::unique_ptr<BlockFile>> open_nbd(const std::string& uri, OpenMode mode,
                                            const Activity& activity, Writers writers) {
  const bool writes = mode == OpenMode::kReadWrite;
  if (writes && writers != Writers::kSole)
    return fail(ErrorCode::kUnsupported, "an NBD export has no locks, so it is not safe to write",
                "use --sole-writer if no other program uses it");
  VDE_TRY_ASSIGN(connection, NbdConnection::open(uri, activity.stop));
  if (writes) VDE_TRY(NbdFile::check_can_write(connection->about()));
  // What one connection has written, another one may not see before a flush.
  const size_t connections =
      writes || !connection->about().can_multi_conn
          ? 1
          : std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kMaxConnections);
  const auto more = [uri, &activity] {
    return NbdConnection::open(uri, activity.stop, std::chrono::steady_clock::now() + kMoreWait);
  };
  return std::make_unique<NbdFile>(std::move(connection), writes, connections, more);
}

}  // namespace vde
