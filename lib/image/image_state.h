// What an Image holds, and what its readers share.
#pragma once

#include "image/committed_view.h"
#include "image/volume.h"
#include "tag/tag_nodes.h"
#include "vde/image.h"

namespace vde {

// One commit of an image, for readers. The image outlives it.
struct CommittedImage {
  std::unique_ptr<OverlayFile> overlay;  // null where nothing waits in the journal
  BlockIo io;
  RegionTable regions;
  Superblock superblock;
  std::string label;
  uint64_t version = 0;
};

struct ImageState {
  std::unique_ptr<BlockFile> file;
  OpenOptions options;
  // Of the file as it was opened, for recovery.
  Probe probe;
  RecoveryPlan plan;
  std::unique_ptr<Volume> volume;  // from the first staged change on; the journal is recovered then
  TagNodes tag_nodes;              // kept over commits
  uint64_t version = 0;            // raised when readers must be opened again
  bool change_open = false;
  bool open_failed = false;                         // a recovery stopped half-way
  std::shared_ptr<const CommittedImage> committed;  // of this version

  // Recovers the journal, the first time.
  [[nodiscard]] Result<void> open_volume();
  // Shows new readers what was committed last.
  void refresh();
  // Writes what waits in the journal to its place.
  [[nodiscard]] Result<void> checkpoint();
};

// A reader's hold on the commit that it shows.
struct Shown {
  const ImageState* image;
  std::shared_ptr<const CommittedImage> committed;

  // kChangedSince after a later commit or a checkpoint.
  [[nodiscard]] Result<void> check() const;
  // Reads, and holds what was read against commits that were made meanwhile.
  template <class Read>
  auto read(Read read) const -> decltype(read()) {
    VDE_TRY(check());
    auto result = read();
    VDE_TRY(check());
    return result;
  }
};

[[nodiscard]] Result<Resized> resize_image(ImageState& image, uint64_t bytes);

}  // namespace vde
