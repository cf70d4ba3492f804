// The state of an Image, shared with its readers.
#pragma once

#include "image/volume.h"
#include "journal/committed_view.h"
#include "tag/tag_nodes.h"
#include "vde/image.h"

namespace vde {

// One commit of an image, for readers. The image must outlive it.
struct CommittedImage {
  std::unique_ptr<OverlayFile> overlay;  // null without live records in the journal
  BlockIo io;
  RegionTable regions;
  Superblock superblock;
  std::string label;
  uint64_t version = 0;
};

struct ImageState {
  // The image as of its last commit, checked for its open mode.
  [[nodiscard]] static Result<std::unique_ptr<ImageState>> open(std::unique_ptr<BlockFile> file,
                                                                const OpenOptions& options);

  std::unique_ptr<BlockFile> file;
  OpenOptions options;
  SharedKey seal_key;  // renews the seal with each commit; null: there is none
  // The probe of the file when it was opened, for recovery.
  Probe probe;
  RecoveryPlan plan;
  // null before the first staged change, which recovers the journal
  std::unique_ptr<Volume> volume;
  TagNodes tag_nodes;    // kept across commits
  uint64_t version = 0;  // raised when existing readers become invalid
  bool change_open = false;
  bool open_failed = false;  // a recovery was not completed

  [[nodiscard]] uint32_t block_size() const { return probe.block_size; }
  // The last commit, never null. Made only when it is asked for: it lists every block in the
  // journal, which would take more time than a small commit.
  [[nodiscard]] const std::shared_ptr<const CommittedImage>& committed();

  // Opens the volume if it is not open yet, which recovers the journal.
  [[nodiscard]] Result<void> open_volume();
  // Makes new readers show the last commit. Does nothing while the volume is held: nothing was
  // committed then.
  void refresh();
  // Writes committed blocks to their home locations.
  [[nodiscard]] Result<void> checkpoint();

 private:
  // The file is as the open volume sees it.
  void recovered();

  std::shared_ptr<const CommittedImage> committed_;  // null: not made yet, from the open volume
};

// A reader's reference to the commit that it shows.
struct Shown {
  const ImageState* image;
  std::shared_ptr<const CommittedImage> committed;

  // kChangedSince after a later commit or a checkpoint.
  [[nodiscard]] Result<void> check() const;
  // Runs `read`, and returns kChangedSince instead of its result if the image was changed in the
  // meantime.
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
