// A BlockFile for an export of an NBD server.
#pragma once

#include "io/nbd/read_ahead.h"
#include "vde/storage.h"

namespace vde {

class NbdFile : public BlockFile {
 public:
  NbdFile(std::unique_ptr<NbdConnection> connection, bool is_sole_writer, size_t max_connections,
          ReadAhead::MoreConnections more);

  Result<void> read(uint64_t offset, MutableBytes out) override { return reads_.read(offset, out); }
  bool announce(ByteRange range) override { return reads_.announce(range); }
  [[nodiscard]] bool can_announce() override { return true; }
  [[nodiscard]] std::unique_ptr<FileMapping> cached(ByteRange range) override {
    return reads_.cached(range);
  }
  Result<void> write(uint64_t offset, Bytes bytes) override;
  Result<void> sync() override;
  Result<void> write_through(uint64_t offset, Bytes bytes) override;
  Result<uint64_t> size() override { return about_.size; }
  [[nodiscard]] bool is_device() const override { return true; }
  Result<void> resize(uint64_t bytes) override;
  Result<void> allocate(ByteRange) override { return {}; }
  Result<void> zero(ByteRange range) override;
  Result<ByteRange> next_data(ByteRange within) override;
  // There are no locks. kUnsupported for writing unless this is the only writer.
  Result<void> lock(LockMode mode, std::chrono::milliseconds wait) override;
  Result<void> check_reachable() override { return reads_.first().check_reachable(); }

  // Whether what a commit promises can be kept: kUnsupported for an export that is read-only, that
  // has no way to make writes durable, or whose blocks are larger than what a crash may destroy.
  [[nodiscard]] static Result<void> check_can_write(const NbdExport& about);

 private:
  [[nodiscard]] Result<void> begin_change();
  [[nodiscard]] tl::unexpected<Error> poison(Error error);
  // Writes the range in whole blocks of the export; the rest of the first and last one stays.
  [[nodiscard]] Result<void> change(uint64_t offset, Bytes bytes, bool fua);
  [[nodiscard]] Result<void> send(NbdCommand command, ByteRange range, const uint8_t* bytes,
                                  bool fua);
  [[nodiscard]] Result<void> learn_extents(ByteRange within);

  NbdExport about_;
  bool is_sole_writer_;
  bool poisoned_ = false;
  // Some writes may not be durable yet, including those of another program.
  bool pending_ = true;
  ReadAhead reads_;
  std::mutex mutex_;  // guards the extents
  uint64_t extents_begin_ = 0;
  std::vector<NbdExtent> extents_;  // the last that the server reported, from extents_begin_ on
};

}  // namespace vde
