// The storage interface. Everything that reads or writes an image does so through BlockFile.
// open_file() returns a POSIX file; io/memory_file.h has an in-memory version, and the tests have
// versions that record calls or fail.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "vde/activity.h"
#include "vde/bytes.h"
#include "vde/error.h"

namespace vde {

enum class LockMode { kShared, kExclusive };

// A read-only mapping of bytes of a file, valid for the lifetime of this object. Writes of other
// processes can appear in it at any time. Touching bytes beyond the end of a file that has shrunk
// raises SIGBUS.
class FileMapping {
 public:
  FileMapping() = default;
  FileMapping(const FileMapping&) = delete;
  FileMapping& operator=(const FileMapping&) = delete;
  virtual ~FileMapping() = default;

  [[nodiscard]] virtual Bytes bytes() const = 0;

  // Makes no byte resident in the process until it is used again. The bytes stay valid.
  virtual void release_memory() const {}
};

// Random access to the bytes of an image. Several threads may call read(), map_loaded(), cached(),
// announce() and can_announce() at once; all other calls must come from one thread at a time.
// Errors are kIo unless stated otherwise.
class BlockFile {
 public:
  BlockFile() = default;
  BlockFile(const BlockFile&) = delete;
  BlockFile& operator=(const BlockFile&) = delete;
  virtual ~BlockFile() = default;

  // Fills `out` with the bytes at `offset`. Reading past the end is an error.
  [[nodiscard]] virtual Result<void> read(uint64_t offset, MutableBytes out) = 0;

  // Writes all of `bytes` at `offset`, and extends the file if needed. kNoSpace if the disk is
  // full.
  [[nodiscard]] virtual Result<void> write(uint64_t offset, Bytes bytes) = 0;

  // Makes everything that was written durable. After an error the state on disk is unknown: the
  // handle is poisoned, and every later write and sync fails.
  [[nodiscard]] virtual Result<void> sync() = 0;

  // Same as write() followed by sync(), but faster if no other write is waiting for a sync.
  [[nodiscard]] virtual Result<void> write_through(uint64_t offset, Bytes bytes) {
    if (Result<void> written = write(offset, bytes); !written) return written;
    return sync();
  }

  // Returns the size in bytes.
  [[nodiscard]] virtual Result<uint64_t> size() = 0;

  // True for a block device. Its size is fixed: it cannot be resized, renamed or have holes.
  [[nodiscard]] virtual bool is_device() const { return false; }

  // Sets the size in bytes; new bytes read as zero. kUnsupported on a device.
  [[nodiscard]] virtual Result<void> resize(uint64_t bytes) = 0;

  // Reserves disk space for a range, so that writing there cannot fail with kNoSpace. The bytes
  // keep their values. Does nothing if the file system does not support it.
  [[nodiscard]] virtual Result<void> allocate(ByteRange range) = 0;

  // Makes the bytes of a range read as zero, and frees their disk space if the file system can.
  [[nodiscard]] virtual Result<void> zero(ByteRange range) = 0;

  // Returns the first range within `within` that may contain nonzero bytes, or an empty range if
  // there is none. Returns `within` itself if the file system cannot distinguish holes from data.
  [[nodiscard]] virtual Result<ByteRange> next_data(ByteRange within) = 0;

  // Maps a range, which must lie within the file, for random access. Null if mapping is not
  // possible. The file must outlive the mapping.
  [[nodiscard]] virtual std::unique_ptr<FileMapping> map(ByteRange) { return nullptr; }

  // Same, for bytes that are used once, in order: makes all of them resident first. Null also if
  // one of them cannot be read.
  [[nodiscard]] virtual std::unique_ptr<FileMapping> map_loaded(ByteRange) { return nullptr; }

  // The bytes of a range where the file keeps them, so that they need not be copied; they do not
  // change. Null if it does not keep all of them in one place, or cannot read one: read() then
  // reports why. The file must outlive it.
  [[nodiscard]] virtual std::unique_ptr<FileMapping> cached(ByteRange) { return nullptr; }

  // Says that the calling thread will read this range once, with cached() or read(), so that its
  // bytes may be fetched at once. Returns whether it is of use to announce more; false, and nothing
  // happens, unless can_announce().
  virtual bool announce(ByteRange) { return false; }
  [[nodiscard]] virtual bool can_announce() { return false; }

  // An error if the storage as a whole cannot be reached, so that a failed read says nothing about
  // the image: kIo if a connection is lost, kInterrupted if reads no longer wait.
  [[nodiscard]] virtual Result<void> check_reachable() { return {}; }

  // Takes the lock, or converts a lock already held to `mode`. The lock is released with the
  // handle. kInUse if another process still holds it after `wait`.
  [[nodiscard]] virtual Result<void> lock(LockMode mode, std::chrono::milliseconds wait) = 0;
};

enum class OpenMode { kRead, kReadWrite };

// Opens a regular file or a block device; symbolic links are followed. Does not create or lock the
// file. kIo (missing, no permission, a directory), kUnsupported (a pipe, a terminal).
[[nodiscard]] Result<std::unique_ptr<BlockFile>> open_file(const std::string& path, OpenMode mode);

// Opens the file as open_file() does and locks it: shared for reading, exclusive for writing. Once
// the lock is held, the file is the one that `path` names: if a rename replaced it in the meantime,
// the new file is opened, and the rest of `wait` applies to its lock. kInUse if the lock is not
// free in time; kIo if `path` no longer exists; kInterrupted soon after `activity.stop` is set.
[[nodiscard]] Result<std::unique_ptr<BlockFile>> open_locked(const std::string& path, OpenMode mode,
                                                             std::chrono::milliseconds wait,
                                                             const Activity& activity);

}  // namespace vde
