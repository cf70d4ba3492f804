#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/piece.h"
#include "image/module/module_input.h"
#include "image/module/wasm_validator.h"
#include "io/posix/posix_file.h"
#include "io/scratch_file.h"
#include "vde/input.h"
#include "vde/text.h"

namespace vde {
namespace {

// Whether a module may begin with `bytes`, which may be fewer than its magic.
bool may_be_wasm(Bytes bytes) {
  constexpr std::array<uint8_t, 4> kMagic = {0x00, 'a', 's', 'm'};
  return std::equal(kMagic.begin(), kMagic.begin() + std::min(bytes.size(), kMagic.size()),
                    bytes.begin());
}

Result<std::unique_ptr<BlockFile>> spooled(int fd, const Activity& activity) {
  VDE_TRY_ASSIGN(scratch, open_scratch(""));
  auto file = std::make_unique<PosixFile>(std::move(scratch), false);
  std::vector<uint8_t> buffer(kPieceBytes);
  uint64_t size = 0;
  for (;;) {
    VDE_TRY_ASSIGN(count, read_input(fd, buffer, activity));
    if (count == 0) return std::unique_ptr<BlockFile>(std::move(file));
    VDE_TRY(file->write(size, Bytes(buffer).first(count)));
    // What is not WebAssembly may be endless, and is not read any further.
    if (size == 0 && !may_be_wasm(Bytes(buffer).first(count)))
      return std::unique_ptr<BlockFile>(std::move(file));
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

// "the exports are a, b and 3 more"
std::string list_of_exports(const WasmSummary& summary) {
  if (summary.callable_count == 0) return "it exports no functions";
  std::string list;
  for (const std::string& name : summary.callable)
    list += fmt::format("{}'{}'", list.empty() ? "" : ", ", escape(name));
  if (const uint64_t more = summary.callable_count - summary.callable.size(); more != 0)
    list += fmt::format("{}{} more", list.empty() ? "" : " and ", more);
  return fmt::format("it exports {}", list);
}

std::optional<Error> missing_entry(const WasmSummary& summary, const std::string& entry) {
  if (entry.empty() || summary.entry_exported) return std::nullopt;
  return Error{ErrorCode::kMalformed,
               fmt::format("the module does not export a function '{}'; {}", escape(entry),
                           list_of_exports(summary)),
               "use another --entry, or --force to store it anyway", std::nullopt};
}

std::optional<Error> bad_verdict(const ModuleFacts& facts) {
  if (facts.validation != ModuleFacts::Validation::kInvalid &&
      facts.validation != ModuleFacts::Validation::kNotUnderstood)
    return std::nullopt;
  return Error{ErrorCode::kMalformed,
               fmt::format("the module is not valid: {}", escape(facts.validation_note)),
               "omit --strict to store it anyway", std::nullopt};
}

Result<void> add_validation(ModuleFacts& facts, const ByteSource& source, uint64_t size) {
  if (!wants_validation(facts, size)) return {};
  std::vector<uint8_t> bytes(size);
  VDE_TRY(source(0, bytes));
  add_verdict(facts, bytes);
  return {};
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
  VDE_TRY(check_entry_point(options.entry.value_or("")));
  VDE_TRY_ASSIGN(file, open_bytes(path, activity));
  return open(std::move(file), options, activity);
}

Result<ModuleFile> ModuleFile::open(std::unique_ptr<BlockFile> file, const ModuleOptions& options,
                                    const Activity& activity) {
  VDE_TRY(check_entry_point(options.entry.value_or("")));
  auto state = std::make_unique<State>();
  state->file = std::move(file);
  state->options = options;
  VDE_TRY_ASSIGN(size, state->file->size());
  if (size > kMaxModuleSize)
    return fail(ErrorCode::kMalformed,
                fmt::format("module too large: {} bytes (maximum {})", size, kMaxModuleSize));
  state->size = size;
  const ByteSource source = [&](uint64_t at, MutableBytes out) -> Result<void> {
    if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted", "nothing was changed");
    return state->file->read(at, out);
  };
  VDE_TRY_ASSIGN(summary, read_wasm(source, size, options.entry.value_or("")));
  state->entry = options.entry.value_or(summary.default_entry);
  if (!options.entry) summary.entry_exported = !summary.default_entry.empty();
  state->abi = options.abi.value_or(inferred_abi(summary));
  state->facts = facts_of(summary);
  VDE_TRY(add_validation(state->facts, source, size));
  if (!options.force) state->refusal = missing_entry(summary, state->entry);
  if (options.strict && !state->refusal) state->refusal = bad_verdict(state->facts);
  return ModuleFile(std::move(state));
}

const ModuleFacts& ModuleFile::facts() const {
  return state_->facts;
}

}  // namespace vde
