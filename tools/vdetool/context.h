// What all commands share: the global options, opening an image, and reporting errors.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "commands/seal_choice.h"
#include "output.h"
#include "vde/activity.h"
#include "vde/image.h"
#include "vde/inspect.h"
#include "vde/storage.h"

namespace vde::cli {

// Exit statuses, the same in every command; verify combines them as bits.
enum Status : int {
  kDone = 0,
  kNothing = 1,  // nothing matched, or nothing to do
  kDamageLeft = 4,
  kOperational = 8,
  kUsage = 16,
  kInterrupted = 32,
};

// The meaning of a status of verify in words, bit by bit.
[[nodiscard]] std::string status_meaning(int status);
[[nodiscard]] int status_of(ErrorCode code);

struct Globals {
  bool json = false;
  bool quiet = false;
  std::string color = "auto";
  bool progress = false;
  bool no_progress = false;
  double lock_wait = 0;  // seconds
  bool sole_writer = false;

  // lock_wait as the library takes it.
  [[nodiscard]] std::chrono::milliseconds patience() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::duration<double>(lock_wait));
  }
};

// An image with the one change that a command makes to it, or with a reader. The order matters:
// what refers to the image is destroyed first.
struct OpenChange {
  Image image;
  Change change;
};
template <class Reader>
struct OpenReader {
  Image image;
  Reader reader;
};

class Context {
 public:
  Globals globals;
  Activity activity;
  Output out;

  // Opens the image at `path`; waits for its lock as long as --lock-wait allows.
  [[nodiscard]] Result<Image> open_image(const std::string& path, OpenOptions options = {});
  // The same, with a reader that `make` creates, e.g. &Image::snapshots.
  template <class Reader>
  [[nodiscard]] Result<OpenReader<Reader>> open_reader(const std::string& path,
                                                       Result<Reader> (Image::*make)() const) {
    VDE_TRY_ASSIGN(image, open_image(path));
    VDE_TRY_ASSIGN(reader, (image.*make)());
    return OpenReader<Reader>{std::move(image), std::move(reader)};
  }
  // The same, with a change that has been started.
  [[nodiscard]] Result<OpenChange> begin_change(const std::string& path, const SealChoice& seal);
  // The keys in `files`. Warns if others may read one.
  [[nodiscard]] Result<SecretKeys> read_keys(const std::vector<std::string>& files);
  // Commits `change` of `image`, then note_change().
  [[nodiscard]] Result<void> commit(const std::string& image, Change& change);
  // Notes that `image` was changed: from now on, an error of the output says so.
  void note_change(const std::string& image);
  // The file at `path`, locked for `mode`, whatever it contains.
  [[nodiscard]] Result<std::unique_ptr<BlockFile>> open_storage(const std::string& path,
                                                                OpenMode mode);
  // The same for reading, on any thread: `own` stops the wait for the lock, and lines of progress
  // do not name the file.
  [[nodiscard]] Result<std::unique_ptr<BlockFile>> open_on_thread(const std::string& path,
                                                                  Activity& own) const;

  // One line about `error`, or one JSON object with --json, including the line feed.
  [[nodiscard]] std::string error_line(const std::string& subject, const Error& error) const;
  // Prints that line on standard error; returns the exit status.
  int report(const std::string& subject, const Error& error);
  // Same, for an error about `file` while working on `image`; an empty `file` means the image.
  // `status`, if given, replaces the one of the error's code.
  int report_file(const std::string& image, const std::string& file, const Error& error,
                  std::optional<int> status = {}) const;
  // Passes `result` on; if it is an error, the next report() names `file` instead of the image.
  template <class T>
  [[nodiscard]] Result<T> about(const std::string& file, Result<T> result) {
    if (!result && result.error().code != ErrorCode::kInterrupted) file_of_error_ = file;
    return result;
  }
  // As report() if `result` is an error, else kDone.
  template <class T>
  int finish(const std::string& subject, const Result<T>& result) {
    return result ? static_cast<int>(kDone) : report(subject, result.error());
  }

  // `json` on one line.
  [[nodiscard]] Result<void> write_json(const Json& json);

  // Whether standard output is a terminal.
  [[nodiscard]] static bool is_terminal();
  [[nodiscard]] bool wants_color() const;
  [[nodiscard]] bool wants_progress() const;

 private:
  void warn_exposed(const std::string& key_file) const;
  // The file, device or export that `path` names, locked if it has locks; `own` ends the wait.
  [[nodiscard]] Result<std::unique_ptr<BlockFile>> open_path(const std::string& path, OpenMode mode,
                                                             const Activity& own) const;
  [[nodiscard]] Result<Image> open_remote_image(const std::string& uri,
                                                const OpenOptions& options) const;
  void warn_healed(const std::string& image, const HealedGroup& group);

  std::string file_of_error_;
  // `error`, with what became of the image where only this class knows it.
  [[nodiscard]] Error with_outcome(Error error) const;
  [[nodiscard]] std::string file_error_line(const std::string& image, const std::string& file,
                                            const Error& error, int status) const;

  std::string changed_;      // the image that was changed, or empty
  bool is_writing_ = false;  // the image may have been changed
};

// True if both paths name one file or one device. An empty path or "-" is standard input.
[[nodiscard]] bool is_same_file(const std::string& one, const std::string& other);
// kUsage if `file` is `image` itself; `role` says what it should be: "undo file".
[[nodiscard]] Result<void> refuse_image(const std::string& image, const std::string& file,
                                        std::string_view role);

// kUsage if `file` is "-", for a file that cannot be written to standard output; `role` says what
// it is: "image".
[[nodiscard]] Result<void> refuse_standard_output(const std::string& file, std::string_view role);

// kUsage: `text` is not a UUID, or not an id that has the form of one; `what` says which.
[[nodiscard]] tl::unexpected<Error> invalid_id(std::string_view what, const std::string& text);

inline constexpr const char* kImageHelp = "image file, block device or NBD URI";

// Adds the name of a file as put_text() does; null if it is empty.
void put_name(Json& object, const char* member, const std::string& name);
// `json` as text on one line. What is not UTF-8 is replaced.
[[nodiscard]] std::string one_line(const Json& json);
// `object` with {schema_version, command, image} before its other members; an image name that is
// not UTF-8 is image_base64.
[[nodiscard]] Json with_header(std::string_view command, const std::string& image,
                               const Json& object);

}  // namespace vde::cli
