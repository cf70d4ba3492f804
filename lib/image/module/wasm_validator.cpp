#include "image/module/wasm_validator.h"

#include <fmt/format.h>

namespace vde {

bool wants_validation(ModuleFacts& facts, uint64_t size) {
  if (!can_validate_modules())
    facts.validation_note = "vdetool was built without wabt";
  else if (facts.is_component)
    facts.validation_note = "only core modules are validated, not components";
  else if (size > kMaxValidated)
    facts.validation_note =
        fmt::format("modules larger than {} bytes are not validated", kMaxValidated);
  return facts.problem.empty() && facts.validation_note.empty();
}

void add_verdict(ModuleFacts& facts, Bytes bytes) {
  WasmVerdict verdict = validate_wasm(bytes);
  facts.validation = verdict.validation;
  facts.validation_note = std::move(verdict.note);
}

}  // namespace vde

#if VDE_HAS_WABT

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wabt/binary-reader-ir.h>
#include <wabt/binary-reader.h>
#include <wabt/config.h>
#include <wabt/error.h>
#include <wabt/ir.h>
#include <wabt/validator.h>

#include <cerrno>
#include <optional>

#include "io/file_descriptor.h"

namespace vde {
namespace {

using Validation = ModuleFacts::Validation;

constexpr size_t kMaxNote = 400;  // bytes
constexpr const char* kSays = "wabt " WABT_VERSION_STRING " says: ";
constexpr const char* kCannotRead = "wabt " WABT_VERSION_STRING " cannot read it: ";
constexpr rlim_t kMaxSeconds = 60;
[[maybe_unused]] constexpr rlim_t kMaxMemory = rlim_t{2} << 30;

std::string first_of(const wabt::Errors& errors) {
  return errors.empty() ? "no reason given" : errors.front().message.substr(0, kMaxNote);
}

WasmVerdict ask_wabt(Bytes bytes, const wabt::Features& features) {
  constexpr bool kReadNames = false;
  constexpr bool kStopAtFirst = true;
  constexpr bool kFailOnCustom = false;
  const wabt::ReadBinaryOptions reading(features, nullptr, kReadNames, kStopAtFirst, kFailOnCustom);
  wabt::Errors errors;
  wabt::Module module;
  if (wabt::Failed(
          wabt::ReadBinaryIr("module", bytes.data(), bytes.size(), reading, &errors, &module)))
    return {Validation::kNotUnderstood, kCannotRead + first_of(errors)};
  if (wabt::Failed(wabt::ValidateModule(&module, &errors, wabt::ValidateOptions(features))))
    return {Validation::kInvalid, kSays + first_of(errors)};
  return {Validation::kValid, ""};
}

// Proposals also change what is valid without them: with typed function references, wabt refuses
// functions where 2.0 accepts them. A module is valid if it is with one of these sets.
WasmVerdict ask_wabt(Bytes bytes) {
  const wabt::Features standard;
  wabt::Features all;
  all.EnableAll();
  wabt::Features untyped = all;
  untyped.disable_function_references();
  untyped.disable_gc();
  std::optional<WasmVerdict> invalid;
  WasmVerdict last;
  for (const wabt::Features& features : {standard, untyped, all}) {
    last = ask_wabt(bytes, features);
    if (last.validation == Validation::kValid) return last;
    if (last.validation == Validation::kInvalid && !invalid) invalid = last;
  }
  return invalid.value_or(last);
}

void limit_self() {
  const auto set = [](auto what, rlim_t max) {
    const rlimit limit{max, max};
    setrlimit(what, &limit);
  };
  set(RLIMIT_CORE, 0);
  set(RLIMIT_CPU, kMaxSeconds);
#ifndef VDE_SANITIZED
  set(RLIMIT_AS, kMaxMemory);
#endif
  // Discard the library's output when it aborts.
  const int null = open("/dev/null", O_RDWR);
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) dup2(null, fd);
}

[[noreturn]] void run_child(Bytes bytes, int answer) {
  limit_self();
  const WasmVerdict verdict = ask_wabt(bytes);
  const std::string text =
      static_cast<char>('0' + static_cast<int>(verdict.validation)) + verdict.note;
  const ssize_t written = write(answer, text.data(), text.size());
  _exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
}

// Everything until the child closes its end.
std::string read_answer(int fd) {
  std::string text(kMaxNote * 2, '\0');
  size_t used = 0;
  while (used < text.size()) {
    const ssize_t count = read(fd, text.data() + used, text.size() - used);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    used += static_cast<size_t>(count);
  }
  text.resize(used);
  return text;
}

}  // namespace

WasmVerdict validate_wasm(Bytes bytes) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {Validation::kNotDone, "cannot create a pipe"};
  const FileDescriptor reading(ends[0]);
  FileDescriptor writing(ends[1]);
  const pid_t child = fork();
  if (child < 0) return {Validation::kNotDone, "cannot start a process"};
  if (child == 0) run_child(bytes, ends[1]);
  writing = FileDescriptor();
  const std::string answer = read_answer(reading.get());
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const bool ended_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  const int verdict = answer.empty() ? -1 : answer[0] - '0';
  if (!ended_well || verdict < 0 || verdict > static_cast<int>(Validation::kNotUnderstood))
    return {Validation::kNotUnderstood, "wabt crashed or exceeded a limit"};
  return {static_cast<Validation>(verdict), answer.substr(1)};
}

bool can_validate_modules() {
  return true;
}

ModuleValidator module_validator() {
  return {"wabt", WABT_VERSION_STRING};
}

}  // namespace vde

#else

namespace vde {

WasmVerdict validate_wasm(Bytes) {
  return {};
}

bool can_validate_modules() {
  return false;
}

ModuleValidator module_validator() {
  return {};
}

}  // namespace vde

#endif
