// Holds back the first changes of a file until something is written for good.
#pragma once

#include <functional>
#include <memory>

#include "io/overlay_file.h"

namespace vde {

// Passes everything on to `file`, which must outlive it, unless it holds.
class HeldFile : public BlockFile {
 public:
  explicit HeldFile(BlockFile& file) : file_(file) {}

  // From now on reads and writes go to an overlay in memory.
  void hold(uint32_t page_size);
  // The overlay is complete: the next change calls `release`, which must make the file equal to it,
  // and is then passed on to the file like all later ones.
  void release_with(std::function<Result<void>(OverlayFile&)> release);

  [[nodiscard]] bool holds() const { return view_ != nullptr; }
  // Releases now, if it holds. After an error every change is refused (kIo).
  [[nodiscard]] Result<void> release();

  Result<void> read(uint64_t offset, MutableBytes out) override;
  Result<void> write(uint64_t offset, Bytes bytes) override;
  Result<void> write_through(uint64_t offset, Bytes bytes) override;
  Result<void> sync() override { return shown().sync(); }
  Result<uint64_t> size() override { return shown().size(); }
  [[nodiscard]] bool is_device() const override { return file_.is_device(); }
  Result<void> resize(uint64_t bytes) override;
  Result<void> allocate(ByteRange range) override;
  Result<void> zero(ByteRange range) override;
  Result<ByteRange> next_data(ByteRange within) override { return shown().next_data(within); }
  [[nodiscard]] std::unique_ptr<FileMapping> map(ByteRange range) override {
    return shown().map(range);
  }
  [[nodiscard]] std::unique_ptr<FileMapping> map_loaded(ByteRange range) override {
    return shown().map_loaded(range);
  }
  bool announce(ByteRange range) override { return shown().announce(range); }
  [[nodiscard]] bool can_announce() override { return shown().can_announce(); }
  [[nodiscard]] std::unique_ptr<FileMapping> cached(ByteRange range) override {
    return shown().cached(range);
  }
  Result<void> check_reachable() override { return file_.check_reachable(); }
  Result<void> lock(LockMode mode, std::chrono::milliseconds wait) override {
    return file_.lock(mode, wait);
  }

 private:
  [[nodiscard]] BlockFile& shown();
  // Where a change goes: to the overlay while that is made, else to the file.
  [[nodiscard]] Result<BlockFile*> changed();

  BlockFile& file_;
  std::unique_ptr<OverlayFile> view_;
  std::function<Result<void>(OverlayFile&)> release_;
  bool failed_ = false;
};

}  // namespace vde
