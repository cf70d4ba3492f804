#include "context.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "progress.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

// If standard error cannot be written, only the exit status reports the error.
void print_error(const std::string& line) {
  std::fputs(line.c_str(), stderr);
}

// Whether `message` says already which block it is about.
bool names_block(const std::string& message, uint64_t block) {
  const std::string name = fmt::format("block {}", block);
  const size_t at = message.find(name);
  if (at == std::string::npos) return false;
  const size_t end = at + name.size();
  return end == message.size() || message[end] < '0' || message[end] > '9';
}

// A file name that may be missing.
void put_name(Json& object, const char* member, const std::string& name) {
  if (name.empty())
    object[member] = nullptr;
  else
    put_text(object, member, name);
}

// The meaning of the exit status of a single error.
std::string error_meaning(int status) {
  return status == kNothing ? "nothing matched, or nothing to do" : status_meaning(status);
}

// "-" is standard input, which only some commands read; a file of this name is "./-".
Result<void> begin_open(const std::string& path) {
  if (path == "-")
    return fail(ErrorCode::kUnsupported, "only verify can read an image from standard input");
  name_file(path);
  name_wait("the lock");
  return {};
}

}  // namespace

std::string status_meaning(int status) {
  if (status == kDone) return "clean";
  std::string meaning;
  const auto add = [&](int bit, std::string_view words) {
    if ((status & bit) == 0) return;
    meaning += fmt::format("{}{}", meaning.empty() ? "" : "; ", words);
  };
  if ((status & kDamageLeft) == 0)
    add(kNothing, "repaired");
  else
    add(kDamageLeft, (status & kNothing) != 0 ? "repaired, but data was lost" : "damaged");
  add(kOperational, "operational error");
  add(kUsage, "usage error");
  add(kInterrupted, "interrupted");
  return meaning;
}

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
      return kUsage;
    case ErrorCode::kNotFound:
    case ErrorCode::kUnchanged:
      return kNothing;
    case ErrorCode::kDamaged:
      return kDamageLeft;
    case ErrorCode::kInterrupted:
      return kInterrupted;
    default:
      return kOperational;
  }
}

Result<Image> Context::open_image(const std::string& path, OpenOptions options) {
  // A change needs a time; without one it is refused before anything is touched.
  if (options.mode == OpenMode::kReadWrite) VDE_TRY(options.clock());
  options.lock_wait = globals.patience();
  options.activity = &activity;
  VDE_TRY(begin_open(path));
  auto image = Image::open(path, options);
  name_wait(nullptr);
  return image;
}

Result<OpenChange> Context::begin_change(const std::string& path, bool unseal) {
  VDE_TRY_ASSIGN(image, open_image(path, {.mode = OpenMode::kReadWrite, .unseal = unseal}));
  VDE_TRY_ASSIGN(change, image.begin());
  return OpenChange{std::move(image), std::move(change)};
}

Result<std::unique_ptr<BlockFile>> Context::open_storage(const std::string& path, OpenMode mode) {
  VDE_TRY(begin_open(path));
  auto file = open_locked(path, mode, globals.patience(), activity);
  name_wait(nullptr);
  return file;
}

std::string Context::error_line(const std::string& subject, const Error& error) const {
  return file_error_line(subject, {}, error, status_of(error.code));
}

std::string Context::file_error_line(const std::string& image, const std::string& file,
                                     const Error& error, int status) const {
  if (globals.json) {
    Json body{
        {"code", error_code_name(error.code)}, {"message", error.message}, {"hint", error.hint}};
    put_name(body, "file", file);
    put_name(body, "image", image);
    body["block"] = error.block ? Json(*error.block) : Json(nullptr);
    body["status"] = status;
    body["meaning"] = error_meaning(status);
    const Json object{{"error", std::move(body)}};
    return escape_json(object.dump(-1, ' ', false, Json::error_handler_t::replace)) + "\n";
  }
  const std::string& subject = file.empty() ? image : file;
  std::string line = "vdetool: ";
  if (!subject.empty()) line += escape(subject) + ": ";
  line += error.message;
  if (error.block && !names_block(error.message, *error.block))
    line += fmt::format(" (block {})", *error.block);
  if (!error.hint.empty()) line += "; " + error.hint;
  return line + "\n";
}

int Context::report(const std::string& subject, const Error& error) const {
  return report_file(subject, file_of_error_, error);
}

int Context::report_file(const std::string& image, const std::string& file, const Error& error,
                         std::optional<int> status) const {
  const int result = status.value_or(status_of(error.code));
  print_error(file_error_line(image, file, error, result));
  return result;
}

Result<void> Context::write_json(const Json& json) {
  return out.write(escape_json(json.dump()) + "\n");
}

bool Context::wants_color() const {
  if (globals.color == "always") return true;
  if (globals.color == "never") return false;
  const char* no_color = std::getenv("NO_COLOR");
  return (no_color == nullptr || *no_color == '\0') && is_terminal();
}

bool Context::is_terminal() {
  return isatty(STDOUT_FILENO) == 1;
}

bool Context::wants_progress() const {
  if (globals.no_progress || globals.quiet) return false;
  return globals.progress || isatty(STDERR_FILENO) == 1;
}

Result<void> check_is_other_file(const std::string& file, const std::string& image,
                                 const char* what) {
  std::error_code ignored;
  if (std::filesystem::equivalent(file, image, ignored))
    return fail(ErrorCode::kUsage, fmt::format("{} is the image itself", what),
                "name another file");
  return {};
}

Json with_header(std::string_view command, const std::string& image, const Json& object) {
  Json json{{"schema_version", kSchemaVersion}, {"command", command}};
  put_text(json, "image", image);
  // There may be thousands of members; only the first three can occur twice.
  for (const auto& [name, value] : object.items()) {
    if (name == "schema_version" || name == "command" || name == "image")
      json[name] = value;
    else
      json.get_ref<Json::object_t&>().push_back({name, value});
  }
  return json;
}

}  // namespace vde::cli
