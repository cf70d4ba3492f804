// An image, open for reading or for changes: the way in for everything but creating, inspecting,
// verifying and repairing one.
//
//   VDE_TRY_ASSIGN(image, vde::Image::open(path, {.mode = vde::OpenMode::kReadWrite}));
//   VDE_TRY_ASSIGN(change, image.begin());
//   VDE_TRY(change.tags().set({"category", "photo", 42}));
//   VDE_TRY(change.commit());
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "vde/activity.h"
#include "vde/modules.h"
#include "vde/snapshots.h"
#include "vde/storage.h"
#include "vde/tags.h"
#include "vde/ticks.h"

namespace vde {

struct ImageState;
struct ChangeState;

struct OpenOptions {
  OpenMode mode = OpenMode::kRead;
  std::chrono::milliseconds lock_wait{0};  // how long to wait for the lock
  const Activity* activity = nullptr;      // stops that wait; null = nothing does
  bool unseal = false;  // change a sealed image; the first commit clears the seal
  // Read tags through a mapping of the file, with each block verified once. A file that shrinks
  // under it raises SIGBUS, for the program to handle.
  bool map = false;
  Clock clock = current_ticks;  // asked at each commit, and for each new snapshot and module
};

struct CommitOptions {
  // Write the blocks to their places in the image, too, for readers that know no journal. Without
  // it a commit costs one sync instead of four, and is as durable.
  bool checkpoint = true;
};

struct Resized {
  uint64_t old_size = 0;  // bytes
  uint64_t new_size = 0;
};

// Everything that one commit will change. What was not committed is gone with it. Errors are those
// of Image::open and, besides:
// - kUsage where the caller asked for something impossible; nothing was staged,
// - kNotFound, kUnchanged and kExists as each function says; nothing was staged, unless it says so,
// - anything else ends the change: it can be neither added to nor committed.
// kDamaged where the change would stand on blocks that do not verify, are not where they belong, or
// contradict what counts them.
class Change {
 public:
  Change(Change&&) noexcept;
  Change& operator=(Change&&) noexcept;
  ~Change();

  // Valid as long as this.
  [[nodiscard]] TagEditor& tags();
  [[nodiscard]] SnapshotEditor& snapshots();
  [[nodiscard]] ModuleEditor& modules();

  // The volume's label, as check_label() wants it.
  [[nodiscard]] Result<void> set_label(std::string_view label);

  // Makes all of it durable, or nothing, and ends the change.
  [[nodiscard]] Result<void> commit(const CommitOptions& options = {});

 private:
  friend class Image;
  explicit Change(std::unique_ptr<ChangeState> state);
  std::unique_ptr<ChangeState> state_;
};

// Readers and changes refer to their image: they must be gone before it is. For one thread at a
// time.
class Image {
 public:
  // Opens the file or block device `path`, locks it (shared for reading, exclusive for changes),
  // and checks it, without writing anything: the journal that a crash left is recovered when a
  // first change is staged. Readers look past it. kIo, kInUse, kInterrupted; kNotAnImage;
  // kUnsupported where the image uses unknown features or, for changes, must not be written (a
  // seal, a later writer's version, regions that are encrypted, WORM, read-only or migrating);
  // kDamaged where no superblock group is whole, the journal cannot be trusted, or, for changes,
  // the region table makes no sense.
  [[nodiscard]] static Result<Image> open(const std::string& path, const OpenOptions& options = {});
  // The same, of an image in any storage, which is locked here.
  [[nodiscard]] static Result<Image> open(std::unique_ptr<BlockFile> file,
                                          const OpenOptions& options = {});
  Image(Image&&) noexcept;
  Image& operator=(Image&&) noexcept;
  ~Image();

  // As the last commit left them.
  [[nodiscard]] const std::string& label() const;  // bytes as they are
  [[nodiscard]] Guid uuid() const;
  [[nodiscard]] uint32_t block_size() const;  // bytes
  [[nodiscard]] uint64_t size() const;        // bytes of the volume

  // Readers show the commit that they were opened on, and say kChangedSince after a later one,
  // after a checkpoint, and once a first change has recovered a crash's journal. Open another one
  // then. kUnsupported where the image has no such region, or one that is encrypted or compressed;
  // kDamaged where it lies outside the volume or its head makes no sense.
  [[nodiscard]] Result<TagReader> tags() const;
  [[nodiscard]] Result<SnapshotReader> snapshots() const;
  [[nodiscard]] Result<ModuleReader> modules() const;

  // A change, the only one: kChangeOpen while there is another. kUsage where the image is open for
  // reading.
  [[nodiscard]] Result<Change> begin();

  // Gives the volume `bytes` bytes, in one commit. Growing makes the file longer first, shrinking
  // cuts it afterwards and is kNoSpace where blocks after the new end are in use. kUnchanged where
  // it has that size; kExists where the file holds something after the volume; kChangeOpen.
  [[nodiscard]] Result<Resized> resize(uint64_t bytes);

  // Writes what waits in the journal to its place; nothing where nothing waits. kChangeOpen; kUsage
  // where the image is open for reading.
  [[nodiscard]] Result<void> checkpoint();

 private:
  explicit Image(std::unique_ptr<ImageState> state);
  std::unique_ptr<ImageState> state_;
};

}  // namespace vde
