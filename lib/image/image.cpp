#include "vde/image.h"

#include "image/change_state.h"
#include "journal/group_damage.h"
#include "probe/seal_key.h"

namespace vde {
namespace {

std::shared_ptr<const CommittedImage> committed_image(std::unique_ptr<OverlayFile> overlay,
                                                      BlockFile& file, const RegionTable& regions,
                                                      const Superblock& superblock,
                                                      uint64_t version) {
  BlockFile& shown = overlay ? *overlay : file;
  const auto block_size = static_cast<uint32_t>(superblock.block_size);
  return std::make_shared<const CommittedImage>(
      CommittedImage{std::move(overlay), BlockIo(shown, block_size), regions, superblock,
                     std::string(superblock.label.view()), version});
}

}  // namespace

Result<std::unique_ptr<ImageState>> ImageState::open(std::unique_ptr<BlockFile> file,
                                                     const OpenOptions& options) {
  auto state = std::make_unique<ImageState>();
  state->file = std::move(file);
  state->options = options;
  VDE_TRY_ASSIGN(on_disk, probe_to_judge(*state->file));
  VDE_TRY_ASSIGN(view, view_committed(*state->file, on_disk, LostRecords::kRefuseMarked));
  VDE_TRY_ASSIGN(replayed, probe_replayed(view));
  const Probe& probe = replayed ? *replayed : on_disk;
  VDE_TRY(check_features(probe));
  if (options.mode == OpenMode::kReadWrite) {
    VDE_TRY_ASSIGN(key, key_for_changes(probe, options.unseal, options.keys));
    VDE_TRY(check_writable(probe, options.unseal || key != nullptr));
    state->seal_key = std::move(key);
  }
  const RegionTable regions(probe.slots, probe.usable_blocks(), probe.manifest());
  if (view.plan.records == 0) view.file.reset();
  state->committed_ =
      committed_image(std::move(view.file), *state->file, regions, probe.superblock, 0);
  state->plan = std::move(view.plan);
  state->probe = std::move(on_disk);
  return state;
}

Result<void> ImageState::open_volume() {
  if (volume) return {};
  if (open_failed)
    return fail(ErrorCode::kIo, "refusing to change the image after a failed recovery",
                "open the image again");
  const auto healed = [this](const HealedGroup& group) {
    recovered();
    if (options.healed) options.healed(group);
  };
  auto opened = Volume::open(*file, probe, plan,
                             {options.unseal, options.clock, options.undo, healed, seal_key});
  // After an incomplete recovery the earlier probe and plan are invalid.
  open_failed = !opened && plan.needs_reset && !unexplained_damage(probe, plan);
  if (!opened) return propagate(opened);
  volume = std::move(*opened);
  if (!volume->is_held()) recovered();
  return {};
}

void ImageState::recovered() {
  // Blocks from which readers took after-images may be overwritten from now on.
  if (plan.records > 0) ++version;
  committed_.reset();
}

void ImageState::refresh() {
  if (!volume->is_held()) committed_.reset();
}

const std::shared_ptr<const CommittedImage>& ImageState::committed() {
  if (committed_) return committed_;
  const Journal& journal = volume->journal();
  auto overlay = journal.live_records() > 0 ? journal.committed_view() : nullptr;
  committed_ =
      committed_image(std::move(overlay), *file, journal.regions(), journal.superblock(), version);
  return committed_;
}

Result<void> ImageState::checkpoint() {
  // Opening the volume writes back what a crash left.
  if (!volume && plan.records > 0) {
    VDE_TRY(open_volume());
    VDE_TRY(volume->release());
  }
  if (!volume || volume->journal().live_records() == 0) return {};
  Result<void> done = volume->close();
  // Blocks from which readers took after-images may be overwritten from now on.
  ++version;
  refresh();
  return done;
}

Result<void> Shown::check() const {
  if (image->version == committed->version) return {};
  return fail(ErrorCode::kChangedSince, "the image was changed since this reader was opened",
              "open another reader");
}

Image::Image(std::unique_ptr<ImageState> state) : state_(std::move(state)) {}
Image::Image(Image&&) noexcept = default;
Image& Image::operator=(Image&&) noexcept = default;
Image::~Image() = default;

Result<Image> Image::open(const std::string& path, const OpenOptions& options) {
  const Activity unstoppable;
  VDE_TRY_ASSIGN(file, open_locked(path, options.mode, options.lock_wait,
                                   options.activity ? *options.activity : unstoppable));
  OpenOptions used = options;
  if (!used.undo && !file->is_device()) used.undo = [path] { return default_undo_file(path); };
  VDE_TRY_ASSIGN(state, ImageState::open(std::move(file), used));
  return Image(std::move(state));
}

Result<Image> Image::open(std::unique_ptr<BlockFile> file, const OpenOptions& options) {
  VDE_TRY(
      file->lock(options.mode == OpenMode::kReadWrite ? LockMode::kExclusive : LockMode::kShared,
                 options.lock_wait));
  VDE_TRY_ASSIGN(state, ImageState::open(std::move(file), options));
  return Image(std::move(state));
}

const std::string& Image::label() const {
  return state_->committed()->label;
}
Guid Image::uuid() const {
  return state_->committed()->superblock.uuid;
}
uint32_t Image::block_size() const {
  return state_->block_size();
}
uint64_t Image::size() const {
  return state_->committed()->regions.blocks() * block_size();
}

Result<Change> Image::begin() {
  if (state_->options.mode != OpenMode::kReadWrite)
    return fail(ErrorCode::kUsage, "the image is open for reading");
  if (state_->change_open)
    return fail(ErrorCode::kChangeOpen, "the image has an open change",
                "commit it or drop it first");
  return Change(std::make_unique<ChangeState>(*state_));
}

Result<Resized> Image::resize(uint64_t bytes) {
  // Holding the only change keeps others from changing the image.
  Result<Change> alone = begin();
  if (!alone) return propagate(alone);
  return resize_image(*state_, bytes);
}

Result<void> Image::checkpoint() {
  VDE_TRY(begin());
  return state_->checkpoint();
}

}  // namespace vde
