#include <algorithm>
#include <thread>

#include "io/nbd/nbd_file.h"
#include "vde/nbd/nbd.h"

namespace vde {
namespace {

constexpr size_t kMaxConnections = 4;

}  // namespace

Result<std::unique_ptr<BlockFile>> open_nbd(const std::string& uri, OpenMode mode,
                                            const Activity& activity, Writers writers) {
  const bool writes = mode == OpenMode::kReadWrite;
  if (writes && writers != Writers::kSole)
    return fail(ErrorCode::kUnsupported, "an NBD export has no locks, so it is not safe to write",
                "use --sole-writer if no other program uses it");
  const std::atomic<bool>* stop = writes ? nullptr : &activity.stop;
  VDE_TRY_ASSIGN(connection, NbdConnection::open(uri, stop));
  if (writes) VDE_TRY(NbdFile::check_can_write(connection->about()));
  // What one connection has written, another one may not see before a flush.
  const size_t connections =
      writes || !connection->about().can_multi_conn
          ? 1
          : std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kMaxConnections);
  return std::make_unique<NbdFile>(std::move(connection), writes, connections,
                                   [uri, stop] { return NbdConnection::open(uri, stop); });
}

}  // namespace vde
