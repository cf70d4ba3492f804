// An image, open for reading or for changes. All operations start here, except creating,
// inspecting, verifying and repairing an image.
//
//   VDE_TRY_ASSIGN(image, vde::Image::open(path, {.mode = vde::OpenMode::kReadWrite}));
//   VDE_TRY_ASSIGN(change, image.begin());
//   VDE_TRY(change.tags().set({"category", "photo", 42}));
//   VDE_TRY(change.commit());
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "vde/activity.h"
#include "vde/keys/secret_key.h"
#include "vde/modules.h"
#include "vde/snapshots.h"
#include "vde/storage.h"
#include "vde/tags.h"
#include "vde/ticks.h"
#include "vde/undo.h"

namespace vde {

struct ImageState;
struct ChangeState;

struct OpenOptions {
  OpenMode mode = OpenMode::kRead;
  std::chrono::milliseconds lock_wait{0};  // how long to wait for the lock
  const Activity* activity = nullptr;      // cancels the wait; null: nothing does
  bool unseal = false;  // allow changing a sealed image; the first commit removes the seal
  // For changes of a sealed image: each commit renews the seal with the key that fits it. Any key
  // needs a seal that one of them fits; the image is refused otherwise. Not together with `unseal`.
  SecretKeys keys = {};
  // Read tags through a mapping of the file, and verify each block only once. If the file shrinks
  // in the meantime, the process gets SIGBUS; handling it is up to the program.
  bool map = false;
  Clock clock = current_ticks;  // called for each commit and each new snapshot or module
  // For changes. The first one makes both superblock groups equal. If the journal's last record
  // does not explain why they differ, this waits for the first write, and the old bytes go to an
  // undo file first; if that cannot be written, the change is refused (kIo). Null: IMAGE.undo or
  // the next free name, if open() gets the path of a file; otherwise such a change is refused
  // (kUnsupported).
  UndoMaker undo = {};
  std::function<void(const HealedGroup&)> healed = {};  // called after such a healing
};

struct CommitOptions {
  // Also write the blocks to their home locations, for readers that do not know the journal.
  // Without it a commit needs one sync instead of four, and is just as durable.
  bool checkpoint = true;
};

struct Resized {
  uint64_t old_size = 0;  // bytes
  uint64_t new_size = 0;
};

// A set of changes that one commit makes durable. Destroying it without a commit discards them.
// Errors are those of Image::open and:
// - kUsage if the request is impossible; nothing was staged,
// - kNotFound, kUnchanged and kExists as each function says; nothing was staged, unless it says so,
// - kDamaged if the change depends on blocks that are invalid, misplaced, or contradict a count.
// Any error other than kUsage, kNotFound, kUnchanged and kExists ends the change: nothing can be
// added to it, and it cannot be committed.
class Change {
 public:
  Change(Change&&) noexcept;
  Change& operator=(Change&&) noexcept;
  ~Change();

  // Valid for the lifetime of this object.
  [[nodiscard]] TagEditor& tags();
  [[nodiscard]] SnapshotEditor& snapshots();
  [[nodiscard]] ModuleEditor& modules();

  // Sets the volume's label; see check_label() for its limits.
  [[nodiscard]] Result<void> set_label(std::string_view label);

  // Makes all changes durable, or none, and ends the change.
  [[nodiscard]] Result<void> commit(const CommitOptions& options = {});

 private:
  friend class Image;
  explicit Change(std::unique_ptr<ChangeState> state);
  std::unique_ptr<ChangeState> state_;
};

// Readers and changes refer to their image: destroy them before it. Not thread-safe.
class Image {
 public:
  // Opens the file or block device `path`, locks it (shared for reading, exclusive for changes) and
  // checks it. Nothing is written: a journal left by a crash is recovered when the first change is
  // staged, and readers see the image as if it had been. kIo, kInUse, kInterrupted; kNotAnImage;
  // kUnsupported if the image uses unknown features or, for changes, must not be written (it is
  // sealed, needs a later writer version, or has regions that are encrypted, WORM, read-only or
  // migrating); kDamaged if no superblock group is intact, the journal cannot be trusted or, for
  // changes, the region table is invalid.
  [[nodiscard]] static Result<Image> open(const std::string& path, const OpenOptions& options = {});
  // Same, for an image in any storage. Locks `file`.
  [[nodiscard]] static Result<Image> open(std::unique_ptr<BlockFile> file,
                                          const OpenOptions& options = {});
  Image(Image&&) noexcept;
  Image& operator=(Image&&) noexcept;
  ~Image();

  // The state of the last commit.
  [[nodiscard]] const std::string& label() const;  // not escaped
  [[nodiscard]] Guid uuid() const;
  [[nodiscard]] uint32_t block_size() const;  // bytes
  [[nodiscard]] uint64_t size() const;        // volume size in bytes

  // A reader shows the commit that it was opened on. It returns kChangedSince after a later commit,
  // after a checkpoint, and after the first change has recovered a journal; open a new reader then.
  // kUnsupported if the image has no such region, or the region is encrypted or compressed;
  // kDamaged if it lies outside the volume or its header is invalid.
  [[nodiscard]] Result<TagReader> tags() const;
  [[nodiscard]] Result<SnapshotReader> snapshots() const;
  [[nodiscard]] Result<ModuleReader> modules() const;

  // Begins a change. Only one can be open at a time: kChangeOpen if there is another. kUsage if the
  // image is open for reading.
  [[nodiscard]] Result<Change> begin();

  // Changes the volume size to `bytes`, in one commit. Growing extends the file before the commit;
  // shrinking truncates it after the commit, and returns kNoSpace if blocks beyond the new end are
  // in use. kUnchanged if the volume already has that size; kExists if the file contains data
  // beyond the volume; kChangeOpen.
  [[nodiscard]] Result<Resized> resize(uint64_t bytes);

  // Writes committed blocks from the journal to their home locations. Does nothing if the journal
  // is empty. kChangeOpen; kUsage if the image is open for reading.
  [[nodiscard]] Result<void> checkpoint();

 private:
  explicit Image(std::unique_ptr<ImageState> state);
  std::unique_ptr<ImageState> state_;
};

}  // namespace vde
