#include "context.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "commands/remote.h"
#include "progress.h"
#include "vde/nbd/nbd.h"
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

// The meaning of the exit status of a single error.
std::string error_meaning(int status) {
  return status == kNothing ? "nothing matched, or nothing to do" : status_meaning(status);
}

bool is_same(const struct stat& one, const struct stat& other) {
  if (S_ISBLK(one.st_mode) && S_ISBLK(other.st_mode)) return one.st_rdev == other.st_rdev;
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

// Whether `path` is a loop device whose content is the file of `shown`.
bool is_loop_of(const std::string& path, const struct stat& status, const struct stat& shown) {
  if (!S_ISBLK(status.st_mode)) return false;
  const int device = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (device < 0) return false;
  struct loop_info64 info {};
  const bool is_loop = ::ioctl(device, LOOP_GET_STATUS64, &info) == 0;
  ::close(device);
  return is_loop && info.lo_inode == shown.st_ino && info.lo_device == shown.st_dev;
}

// Output that is appended to the image itself would be part of it.
Result<void> refuse_as_output(const std::string& image) {
  struct stat named {};
  struct stat output {};
  if (stat(image.c_str(), &named) != 0 || fstat(STDOUT_FILENO, &output) != 0) return {};
  if (!S_ISREG(output.st_mode) && !S_ISBLK(output.st_mode)) return {};
  if (!is_same(named, output)) return {};
  return fail(ErrorCode::kUsage, "standard output is the image itself", "use another file");
}

// "-" is standard input, which only some commands read; a file of this name is "./-".
Result<void> check_path(const std::string& path) {
  if (path == "-")
    return fail(ErrorCode::kUnsupported, "only verify can read an image from standard input");
  return refuse_as_output(path);
}

Result<void> begin_open(const std::string& path) {
  VDE_TRY(check_path(path));
  name_file(path);
  name_wait(is_nbd_uri(path) ? "the server" : "the lock");
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
  options.healed = [this, path](const HealedGroup& group) { warn_healed(path, group); };
  VDE_TRY(begin_open(path));
  auto image = is_nbd_uri(path) ? open_remote_image(path, options) : Image::open(path, options);
  name_wait(nullptr);
  return image;
}

Result<std::unique_ptr<BlockFile>> Context::open_path(const std::string& path, OpenMode mode,
                                                      const Activity& own) const {
  if (!is_nbd_uri(path)) return open_locked(path, mode, globals.patience(), own);
  return open_nbd(name_to_open(path), mode, own,
                  globals.sole_writer ? Writers::kSole : Writers::kUnknown);
}

Result<Image> Context::open_remote_image(const std::string& uri, const OpenOptions& options) const {
  VDE_TRY_ASSIGN(file, open_path(uri, options.mode, activity));
  return Image::open(std::move(file), options);
}

// Also with --quiet: the image had damage that nothing explains.
void Context::warn_healed(const std::string& image, const HealedGroup& group) {
  is_writing_ = true;
  const std::string message =
      fmt::format("the superblock group in blocks {} to {} {} and was replaced by the other one",
                  group.blocks.begin, group.blocks.end - 1,
                  group.was_damaged ? "was damaged" : "was older than the other one");
  if (!globals.json) {
    print_error(fmt::format("vdetool: warning: {}: {}; its old bytes are in '{}'\n", escape(image),
                            message, escape(group.undo_file)));
    return;
  }
  Json body{{"code", "group_replaced"}, {"message", message}};
  put_name(body, "image", image);
  body["block"] = group.blocks.begin;
  put_name(body, "undo_file", group.undo_file);
  print_error(one_line(Json{{"warning", std::move(body)}}) + "\n");
}

void Context::warn_exposed(const std::string& key_file) const {
  const std::string_view message = "users other than the owner may read or write the key file";
  if (!globals.json) {
    if (!globals.quiet)
      print_error(fmt::format("vdetool: warning: {}: {}\n", escape(key_file), message));
    return;
  }
  Json body{{"code", "key_file_exposed"}, {"message", message}};
  put_name(body, "file", key_file);
  print_error(one_line(Json{{"warning", std::move(body)}}) + "\n");
}

Result<SecretKeys> Context::read_keys(const std::vector<std::string>& files) {
  SecretKeys keys;
  for (const std::string& file : files) {
    VDE_TRY_ASSIGN(found, about(file, read_key_file(file)));
    if (found.is_exposed) warn_exposed(file);
    keys.push_back(std::move(found.key));
  }
  return keys;
}

Result<OpenChange> Context::begin_change(const std::string& path, const SealChoice& seal) {
  VDE_TRY_ASSIGN(keys, read_keys(seal.key_files));
  VDE_TRY_ASSIGN(image, open_image(path, {.mode = OpenMode::kReadWrite,
                                          .unseal = seal.unseal,
                                          .keys = std::move(keys)}));
  VDE_TRY_ASSIGN(change, image.begin());
  return OpenChange{std::move(image), std::move(change)};
}

Result<void> Context::commit(const std::string& image, Change& change) {
  VDE_TRY(change.commit());
  note_change(image);
  return {};
}

void Context::note_change(const std::string& image) {
  changed_ = image;
  // A reader that has gone away is an error to report now.
  std::signal(SIGPIPE, SIG_IGN);
}

Result<std::unique_ptr<BlockFile>> Context::open_storage(const std::string& path, OpenMode mode) {
  VDE_TRY(begin_open(path));
  is_writing_ = is_writing_ || mode == OpenMode::kReadWrite;
  auto file = open_path(path, mode, activity);
  name_wait(nullptr);
  return file;
}

Result<std::unique_ptr<BlockFile>> Context::open_on_thread(const std::string& path,
                                                           Activity& own) const {
  VDE_TRY(check_path(path));
  return open_path(path, OpenMode::kRead, own);
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
    return one_line(object) + "\n";
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

Error Context::with_outcome(Error error) const {
  const bool ends_early = error.code == ErrorCode::kInterrupted;
  if (!error.hint.empty() || (!ends_early && !out.has_failed())) return error;
  if (!changed_.empty())
    error.hint = fmt::format("the change of '{}' was made", escape(changed_));
  else if (ends_early && !is_writing_)
    error.hint = "nothing was changed";
  return error;
}

int Context::report(const std::string& subject, const Error& error) {
  return report_file(subject, std::exchange(file_of_error_, {}), error);
}

int Context::report_file(const std::string& image, const std::string& file, const Error& error,
                         std::optional<int> status) const {
  const int result = status.value_or(status_of(error.code));
  print_error(file_error_line(image, file, with_outcome(error), result));
  return result;
}

Result<void> Context::write_json(const Json& json) {
  return out.write(one_line(json) + "\n");
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

bool is_same_file(const std::string& one, const std::string& other) {
  if (is_nbd_uri(one)) return one == other;
  const auto look = [](const std::string& path, struct stat& status) {
    const bool is_input = path.empty() || path == "-";
    return (is_input ? fstat(STDIN_FILENO, &status) : stat(path.c_str(), &status)) == 0;
  };
  struct stat first {};
  struct stat second {};
  return look(one, first) && look(other, second) &&
         (is_same(first, second) || is_loop_of(one, first, second) ||
          is_loop_of(other, second, first));
}

Result<void> refuse_image(const std::string& image, const std::string& file,
                          std::string_view role) {
  if (!is_same_file(image, file)) return {};
  return fail(ErrorCode::kUsage, fmt::format("the {} is the image itself", role),
              "name another file");
}

Result<void> refuse_standard_output(const std::string& file, std::string_view role) {
  if (file != "-") return {};
  return fail(ErrorCode::kUsage, fmt::format("the {} cannot be written to standard output", role),
              "a file of this name is './-'");
}

tl::unexpected<Error> invalid_id(std::string_view what, const std::string& text) {
  constexpr std::string_view kForm = "00112233-4455-6677-8899-aabbccddeeff";
  return fail(ErrorCode::kUsage,
              fmt::format("invalid {} '{}' (expected {})", what, escape(text), kForm));
}

void put_name(Json& object, const char* member, const std::string& name) {
  if (name.empty())
    object[member] = nullptr;
  else
    put_text(object, member, name);
}

std::string one_line(const Json& json) {
  return escape_json(json.dump(-1, ' ', false, Json::error_handler_t::replace));
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
