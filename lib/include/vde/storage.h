// Storage, for programs that keep images elsewhere than in files: everything that reads or writes
// an image does it through BlockFile. There is a POSIX version (open_file), an in-memory one
// (io/memory_file.h) and, in the tests, versions that record and that fail.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "vde/activity.h"
#include "vde/bytes.h"
#include "vde/error.h"

namespace vde {

enum class LockMode { kShared, kExclusive };

// Bytes of a file, mapped read-only for as long as this lives. What another process writes there
// shows, at any moment; touching bytes that the file lost since raises SIGBUS.
class FileMapping {
 public:
  FileMapping() = default;
  FileMapping(const FileMapping&) = delete;
  FileMapping& operator=(const FileMapping&) = delete;
  virtual ~FileMapping() = default;

  [[nodiscard]] virtual Bytes bytes() const = 0;
};

// Random access to the bytes of an image. Reads may run on several threads at once; everything else
// is for one thread at a time. Errors are kIo unless said otherwise.
class BlockFile {
 public:
  BlockFile() = default;
  BlockFile(const BlockFile&) = delete;
  BlockFile& operator=(const BlockFile&) = delete;
  virtual ~BlockFile() = default;

  // Fills `out` from byte `offset` on. Reading past the end is an error.
  [[nodiscard]] virtual Result<void> read(uint64_t offset, MutableBytes out) = 0;

  // Writes all of `bytes` at `offset`, extending the file where needed. kNoSpace where full.
  [[nodiscard]] virtual Result<void> write(uint64_t offset, Bytes bytes) = 0;

  // All that was written is durable when this returns without error. After an error nobody knows
  // what is on the disk: the handle is poisoned, and every later write and sync fails.
  [[nodiscard]] virtual Result<void> sync() = 0;

  // As write() and sync(): faster where nothing else waits for a sync.
  [[nodiscard]] virtual Result<void> write_through(uint64_t offset, Bytes bytes) {
    if (Result<void> written = write(offset, bytes); !written) return written;
    return sync();
  }

  // Bytes.
  [[nodiscard]] virtual Result<uint64_t> size() = 0;

  // A block device has the size it has: it cannot be resized, renamed or have holes.
  [[nodiscard]] virtual bool is_device() const { return false; }

  // Sets the size in bytes; new bytes read as zero. kUnsupported on a device.
  [[nodiscard]] virtual Result<void> resize(uint64_t bytes) = 0;

  // Takes space from the file system for a range, so that writing there cannot fail with kNoSpace;
  // bytes keep their values. Where the file system cannot promise that, nothing happens.
  [[nodiscard]] virtual Result<void> allocate(ByteRange range) = 0;

  // Makes the bytes of a range read as zero, giving space back where the file system can.
  [[nodiscard]] virtual Result<void> zero(ByteRange range) = 0;

  // The first range within `within` that may hold anything but zeros; an empty one where there is
  // none. Where the file system does not tell holes from data, `within` itself.
  [[nodiscard]] virtual Result<ByteRange> next_data(ByteRange within) = 0;

  // The bytes of a range, which lies within the file, expected to be touched here and there; null
  // where that is not possible. The file outlives the mapping.
  [[nodiscard]] virtual std::unique_ptr<FileMapping> map(ByteRange) { return nullptr; }

  // Takes the lock, or trades the one held for another mode; it goes with the handle. kInUse if
  // somebody else still holds it after `wait`.
  [[nodiscard]] virtual Result<void> lock(LockMode mode, std::chrono::milliseconds wait) = 0;
};

enum class OpenMode { kRead, kReadWrite };

// Opens a regular file or a block device, through symbolic links; neither creates one nor locks it.
// kIo (missing, no permission, a directory), kUnsupported (a pipe, a terminal).
[[nodiscard]] Result<std::unique_ptr<BlockFile>> open_file(const std::string& path, OpenMode mode);

// Opens as open_file() does, and locks: shared for reading, exclusive for writing. The file is the
// one that `path` names once the lock is held; one that was replaced meanwhile, by a rename over
// it, is opened again, and what is left of `wait` is for the lock of the new one. kInUse; kIo where
// the path names nothing any more; kInterrupted soon after `activity` says stop.
[[nodiscard]] Result<std::unique_ptr<BlockFile>> open_locked(const std::string& path, OpenMode mode,
                                                             std::chrono::milliseconds wait,
                                                             const Activity& activity);

}  // namespace vde
