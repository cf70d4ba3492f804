// Readers and one-commit changes for images in files that the test owns.
#pragma once

#include <optional>

#include "support/try_open.h"
#include "vde/image.h"
#include "vde/snapshots.h"

namespace vde::test {

// `file` must outlive the image.
[[nodiscard]] Result<Image> open_to_read(BlockFile& file, bool map = false);
[[nodiscard]] Result<Image> open_to_change(BlockFile& file, const EditOptions& options);

// A reader together with its image.
template <class Reader>
class OpenReader {
 public:
  OpenReader(Image image, Reader reader) : image_(std::move(image)), reader_(std::move(reader)) {}

  Reader* operator->() const { return &reader_; }
  Reader& operator*() const { return reader_; }

 private:
  Image image_;
  mutable Reader reader_;
};
using OpenTags = OpenReader<TagReader>;
using OpenSnapshots = OpenReader<SnapshotReader>;

[[nodiscard]] Result<OpenTags> try_open_tags(BlockFile& file, bool map = false);
[[nodiscard]] Result<OpenSnapshots> try_open_snapshots(BlockFile& file);

[[nodiscard]] Result<std::string> read_label(BlockFile& file);
[[nodiscard]] Result<void> set_label(BlockFile& file, std::string_view label,
                                     const EditOptions& options);
[[nodiscard]] Result<Resized> resize_volume(BlockFile& file, uint64_t size,
                                            const EditOptions& options);

[[nodiscard]] Result<Snapshot> create_snapshot(BlockFile& file, const SnapshotOptions& request,
                                               const EditOptions& options);
[[nodiscard]] Result<std::vector<Snapshot>> delete_snapshots(BlockFile& file,
                                                             std::span<const std::string> refs,
                                                             const EditOptions& options);
[[nodiscard]] Result<Snapshot> undelete_snapshot(BlockFile& file, SnapshotRef ref,
                                                 const EditOptions& options);
[[nodiscard]] Result<std::vector<RetentionChoice>> prune_snapshots(BlockFile& file,
                                                                   const RetentionRules& rules,
                                                                   const EditOptions& options);
[[nodiscard]] Result<std::vector<Snapshot>> purge_snapshots(BlockFile& file,
                                                            const EditOptions& options);

struct Registered {
  Module module;
  ModuleFacts facts;
};
// Stores the bytes of `file`.
[[nodiscard]] Result<Registered> register_module(BlockFile& image, BlockFile& file,
                                                 const ModuleOptions& request,
                                                 const EditOptions& options, Activity& activity);
// Stores several modules in one commit.
[[nodiscard]] Result<std::vector<Module>> register_modules(
    BlockFile& image, const std::vector<std::vector<uint8_t>>& files, const ModuleOptions& request,
    const EditOptions& options);
[[nodiscard]] Result<std::vector<Module>> remove_modules(BlockFile& image,
                                                         const std::vector<std::string>& references,
                                                         const EditOptions& options);
[[nodiscard]] Result<void> list_modules(BlockFile& image,
                                        const std::function<bool(const Module&)>& visit);
[[nodiscard]] Result<Module> resolve_module(BlockFile& image, std::string_view reference);
[[nodiscard]] Result<ModuleFacts> module_facts(BlockFile& image, const Module& module,
                                               Activity& activity);
[[nodiscard]] Result<void> read_module_bytes(BlockFile& image, const Module& module,
                                             const std::function<Result<void>(Bytes)>& sink,
                                             Activity& activity);
[[nodiscard]] Result<void> extract_module(BlockFile& image, const Module& module,
                                          const std::string& path, Activity& activity);

// Many commits to a tag index, without a checkpoint before close().
class TagWriter {
 public:
  [[nodiscard]] static Result<std::unique_ptr<TagWriter>> open(BlockFile& file,
                                                               const EditOptions& options);

  // After an error other than kUsage uncommitted changes are discarded.
  [[nodiscard]] Result<bool> set(const TagEntry& entry);
  [[nodiscard]] Result<bool> remove(std::string_view key, int64_t inode);
  [[nodiscard]] Result<uint64_t> remove_all(int64_t inode);
  [[nodiscard]] Result<void> commit();
  // Discards uncommitted changes.
  [[nodiscard]] Result<void> close();

 private:
  explicit TagWriter(Image image) : image_(std::move(image)) {}
  template <class Operation>
  auto stage(Operation operation) -> decltype(operation(std::declval<TagEditor&>()));

  Image image_;
  std::optional<Change> change_;
};

// An import as one commit.
class TagImport {
 public:
  struct Options {
    bool replace = false;
    uint64_t memory = 256ull << 20;
    std::string temporary_folder = {};
  };

  [[nodiscard]] static Result<std::unique_ptr<TagImport>> open(BlockFile& file,
                                                               const Options& request,
                                                               const EditOptions& options);

  [[nodiscard]] Result<void> add(const TagView& entry, uint64_t line);
  [[nodiscard]] Result<TagImportReport> finish(Activity& activity);

 private:
  TagImport(Image image, const Options& request)
      : image_(std::move(image)),
        batch_({request.memory, request.temporary_folder}),
        request_(request) {}

  Image image_;
  TagBatch batch_;
  Options request_;
};

}  // namespace vde::test
