#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/piece.h"
#include "image/module_input.h"
#include "image/wasm_validator.h"
#include "io/posix_file.h"
#include "io/scratch_file.h"
#include "vde/input.h"
#include "vde/text.h"

namespace vde {
namespace {

Result<std::unique_ptr<BlockFile>> spooled(int fd, const Activity& activity) {
  VDE_TRY_ASSIGN(scratch, open_scratch(""));
  auto file = std::make_unique<PosixFile>(std::move(scratch), false);
  std::vector<uint8_t> buffer(kPieceBytes);
  uint64_t size = 0;
  for (;;) {
    VDE_TRY_ASSIGN(count, read_input(fd, buffer, activity));
    if (count == 0) return std::unique_ptr<BlockFile>(std::move(file));
    VDE_TRY(file->write(size, Bytes(buffer).first(count)));
    size += count;
    if (size > kMaxModuleSize)
      return fail(ErrorCode::kMalformed,
                  fmt::format("module too large: more than {} bytes", kMaxModuleSize));
  }
}

Result<std::unique_ptr<BlockFile>> open_bytes(const std::string& path, const Activity& activity) {
  FileDescriptor fd(path == "-" ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return system_failure("cannot open");
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return system_failure("cannot stat the module file");
  const bool from_start = path != "-" || lseek(fd.get(), 0, SEEK_CUR) == 0;
  if (S_ISREG(status.st_mode) && from_start)
    return std::unique_ptr<BlockFile>(std::make_unique<PosixFile>(std::move(fd), false));
  return spooled(fd.get(), activity);
}

Result<void> check_entry_point(std::string_view entry) {
  if (entry.size() > kMaxEntryPoint)
    return fail(ErrorCode::kUsage, fmt::format("entry point too long: {} bytes (maximum {})",
                                               entry.size(), kMaxEntryPoint));
  if (!is_utf8(entry)) return fail(ErrorCode::kUsage, "the entry point is not UTF-8 text");
  return {};
}

// Classifies the bytes, and checks whether they may be stored.
Result<WasmSummary> check_module(const ByteSource& source, uint64_t size,
                                 const ModuleOptions& options) {
  if (size > kMaxModuleSize)
    return fail(ErrorCode::kMalformed,
                fmt::format("module too large: {} bytes (maximum {})", size, kMaxModuleSize));
  VDE_TRY_ASSIGN(summary, read_wasm(source, size, options.entry));
  if (!summary.entry_exported && !options.force)
    return fail(ErrorCode::kMalformed,
                fmt::format("the module does not export a function '{}'", escape(options.entry)),
                "use --entry NAME, or --force to store it anyway");
  return summary;
}

Result<ModuleFacts> judge_module(const ByteSource& source, uint64_t size,
                                 const WasmSummary& summary, bool force) {
  ModuleFacts facts = facts_of(summary);
  if (!wants_validation(facts, size)) return facts;
  std::vector<uint8_t> bytes(size);
  VDE_TRY(source(0, bytes));
  add_verdict(facts, bytes);
  if (facts.validation == ModuleFacts::Validation::kInvalid && !force)
    return fail(ErrorCode::kMalformed,
                fmt::format("the module is invalid: {}", escape(facts.validation_note)),
                "use --force to store it anyway");
  return facts;
}

uint16_t inferred_abi(const WasmSummary& summary) {
  if (summary.layer == WasmLayer::kComponent) return kAbiPreview2;
  return summary.imports_preview1 ? kAbiPreview1 : kAbiStable;
}

}  // namespace

ModuleFile::ModuleFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
ModuleFile::ModuleFile(ModuleFile&&) noexcept = default;
ModuleFile& ModuleFile::operator=(ModuleFile&&) noexcept = default;
ModuleFile::~ModuleFile() = default;

Result<ModuleFile> ModuleFile::open(const std::string& path, const ModuleOptions& options,
                                    Activity& activity) {
  VDE_TRY(check_entry_point(options.entry));
  VDE_TRY_ASSIGN(file, open_bytes(path, activity));
  return open(std::move(file), options);
}

Result<ModuleFile> ModuleFile::open(std::unique_ptr<BlockFile> file, const ModuleOptions& options) {
  VDE_TRY(check_entry_point(options.entry));
  auto state = std::make_unique<State>();
  state->file = std::move(file);
  state->options = options;
  VDE_TRY_ASSIGN(size, state->file->size());
  state->size = size;
  VDE_TRY_ASSIGN(summary, check_module(state->source(), size, options));
  VDE_TRY_ASSIGN(facts, judge_module(state->source(), size, summary, options.force));
  state->abi = options.abi.value_or(inferred_abi(summary));
  state->facts = std::move(facts);
  return ModuleFile(std::move(state));
}

const ModuleFacts& ModuleFile::facts() const {
  return state_->facts;
}

}  // namespace vde
