#include "support/one_change.h"

#include "io/memory_file.h"
#include "support/files/borrowed_file.h"
#include "support/memory_undo.h"

namespace vde::test {
namespace {

// Commits one change, filled by `stage`.
template <class Stage>
auto one_change(BlockFile& file, const EditOptions& options, Stage stage)
    -> decltype(stage(std::declval<Change&>())) {
  VDE_TRY_ASSIGN(image, open_to_change(file, options));
  VDE_TRY_ASSIGN(change, image.begin());
  auto result = stage(change);
  if (result) VDE_TRY(change.commit());
  return result;
}

template <class Read>
auto with_modules(BlockFile& file, Read read) -> decltype(read(std::declval<ModuleReader&>())) {
  VDE_TRY_ASSIGN(image, open_to_read(file));
  VDE_TRY_ASSIGN(modules, image.modules());
  return read(modules);
}

}  // namespace

Result<Image> open_to_read(BlockFile& file, bool map) {
  OpenOptions open;
  open.map = map;
  return Image::open(std::make_unique<BorrowedFile>(file), open);
}

Result<Image> open_to_change(BlockFile& file, const EditOptions& options) {
  OpenOptions open;
  open.mode = OpenMode::kReadWrite;
  open.unseal = options.unseal;
  open.clock = clock_of(options);
  open.undo = memory_undo;
  return Image::open(std::make_unique<BorrowedFile>(file), open);
}

Result<OpenTags> try_open_tags(BlockFile& file, bool map) {
  VDE_TRY_ASSIGN(image, open_to_read(file, map));
  VDE_TRY_ASSIGN(reader, image.tags());
  return OpenTags(std::move(image), std::move(reader));
}

Result<OpenSnapshots> try_open_snapshots(BlockFile& file) {
  VDE_TRY_ASSIGN(image, open_to_read(file));
  VDE_TRY_ASSIGN(reader, image.snapshots());
  return OpenSnapshots(std::move(image), std::move(reader));
}

Result<std::string> read_label(BlockFile& file) {
  VDE_TRY_ASSIGN(image, open_to_read(file));
  return image.label();
}

Result<void> set_label(BlockFile& file, std::string_view label, const EditOptions& options) {
  return one_change(file, options, [&](Change& change) { return change.set_label(label); });
}

Result<Resized> resize_volume(BlockFile& file, uint64_t size, const EditOptions& options) {
  VDE_TRY_ASSIGN(image, open_to_change(file, options));
  return image.resize(size);
}

Result<Snapshot> create_snapshot(BlockFile& file, const SnapshotOptions& request,
                                 const EditOptions& options) {
  return one_change(file, options,
                    [&](Change& change) { return change.snapshots().create(request); });
}

Result<std::vector<Snapshot>> delete_snapshots(BlockFile& file, std::span<const std::string> refs,
                                               const EditOptions& options) {
  return one_change(file, options, [&](Change& change) { return change.snapshots().remove(refs); });
}

Result<Snapshot> undelete_snapshot(BlockFile& file, SnapshotRef ref, const EditOptions& options) {
  return one_change(file, options,
                    [&](Change& change) { return change.snapshots().undelete(ref); });
}

Result<std::vector<RetentionChoice>> prune_snapshots(BlockFile& file, const RetentionRules& rules,
                                                     const EditOptions& options) {
  return one_change(file, options, [&](Change& change) { return change.snapshots().prune(rules); });
}

Result<std::vector<Snapshot>> purge_snapshots(BlockFile& file, const EditOptions& options) {
  return one_change(file, options, [](Change& change) { return change.snapshots().purge(); });
}

Result<Registered> register_module(BlockFile& image, BlockFile& file, const ModuleOptions& request,
                                   const EditOptions& options, Activity& activity) {
  VDE_TRY_ASSIGN(bytes, ModuleFile::open(std::make_unique<BorrowedFile>(file), request));
  return one_change(image, options, [&](Change& change) -> Result<Registered> {
    VDE_TRY_ASSIGN(module, change.modules().add(bytes, activity));
    return Registered{module, bytes.facts()};
  });
}

Result<std::vector<Module>> register_modules(BlockFile& image,
                                             const std::vector<std::vector<uint8_t>>& files,
                                             const ModuleOptions& request,
                                             const EditOptions& options) {
  return one_change(image, options, [&](Change& change) -> Result<std::vector<Module>> {
    std::vector<Module> modules;
    Activity activity;
    for (const std::vector<uint8_t>& bytes : files) {
      VDE_TRY_ASSIGN(file, ModuleFile::open(std::make_unique<MemoryFile>(bytes), request));
      VDE_TRY_ASSIGN(module, change.modules().add(file, activity));
      modules.push_back(module);
    }
    return modules;
  });
}

Result<std::vector<Module>> remove_modules(BlockFile& image,
                                           const std::vector<std::string>& references,
                                           const EditOptions& options) {
  return one_change(image, options,
                    [&](Change& change) { return change.modules().remove(references); });
}

Result<void> list_modules(BlockFile& image, const std::function<bool(const Module&)>& visit) {
  return with_modules(image, [&](ModuleReader& modules) { return modules.list(visit); });
}

Result<Module> resolve_module(BlockFile& image, std::string_view reference) {
  return with_modules(image, [&](ModuleReader& modules) { return modules.find(reference); });
}

Result<ModuleFacts> module_facts(BlockFile& image, const Module& module, Activity& activity) {
  return with_modules(image,
                      [&](ModuleReader& modules) { return modules.facts(module, activity); });
}

Result<void> read_module_bytes(BlockFile& image, const Module& module,
                               const std::function<Result<void>(Bytes)>& sink, Activity& activity) {
  return with_modules(image,
                      [&](ModuleReader& modules) { return modules.read(module, activity, sink); });
}

Result<void> extract_module(BlockFile& image, const Module& module, const std::string& path,
                            Activity& activity) {
  return with_modules(
      image, [&](ModuleReader& modules) { return modules.extract(module, path, activity); });
}

Result<std::unique_ptr<TagWriter>> TagWriter::open(BlockFile& file, const EditOptions& options) {
  VDE_TRY_ASSIGN(image, open_to_change(file, options));
  return std::unique_ptr<TagWriter>(new TagWriter(std::move(image)));
}

template <class Operation>
auto TagWriter::stage(Operation operation) -> decltype(operation(std::declval<TagEditor&>())) {
  if (!change_) {
    VDE_TRY_ASSIGN(begun, image_.begin());
    change_.emplace(std::move(begun));
  }
  auto result = operation(change_->tags());
  if (!result && result.error().code != ErrorCode::kUsage) change_.reset();
  return result;
}

Result<bool> TagWriter::set(const TagEntry& entry) {
  return stage([&](TagEditor& tags) { return tags.set(entry); });
}

Result<bool> TagWriter::remove(std::string_view key, int64_t inode) {
  return stage([&](TagEditor& tags) { return tags.remove(key, inode); });
}

Result<uint64_t> TagWriter::remove_all(int64_t inode) {
  return stage([&](TagEditor& tags) { return tags.remove_all(inode); });
}

Result<void> TagWriter::commit() {
  if (!change_) return {};
  Result<void> done = change_->commit({.checkpoint = false});
  change_.reset();
  return done;
}

Result<void> TagWriter::close() {
  change_.reset();
  return image_.checkpoint();
}

Result<std::unique_ptr<TagImport>> TagImport::open(BlockFile& file, const Options& request,
                                                   const EditOptions& options) {
  VDE_TRY_ASSIGN(image, open_to_change(file, options));
  return std::unique_ptr<TagImport>(new TagImport(std::move(image), request));
}

Result<void> TagImport::add(const TagView& entry, uint64_t line) {
  return batch_.add(entry, line);
}

Result<TagImportReport> TagImport::finish(Activity& activity) {
  VDE_TRY_ASSIGN(change, image_.begin());
  VDE_TRY_ASSIGN(report, change.tags().import(batch_, {request_.replace}, activity));
  VDE_TRY(change.commit());
  return report;
}

}  // namespace vde::test
