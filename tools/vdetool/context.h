// What all commands share: the options that stand before or behind any command, the way to an open
// image, and the ways to say what came of it.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "output.h"
#include "vde/activity.h"
#include "vde/image.h"
#include "vde/inspect.h"
#include "vde/storage.h"

namespace vde::cli {

// Exit statuses, the same in every command; verify adds them up as bits.
enum Status : int {
  kDone = 0,
  kNothing = 1,  // nothing matched, or nothing to do
  kDamageLeft = 4,
  kOperational = 8,
  kUsage = 16,
  kInterrupted = 32,
};

// What a status means in words, bit by bit.
[[nodiscard]] std::string status_meaning(int status);
[[nodiscard]] int status_of(ErrorCode code);

struct Globals {
  bool json = false;
  bool quiet = false;
  std::string color = "auto";
  bool progress = false;
  bool no_progress = false;
  double lock_wait = 0;  // seconds

  // lock_wait as the library takes it.
  [[nodiscard]] std::chrono::milliseconds patience() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::duration<double>(lock_wait));
  }
};

// An image and the one change to it that a command makes, or a reader of it. In this order: what
// refers to the image is gone first.
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

  // Opens the image at `path`, with the wait for its lock that --lock-wait gives.
  [[nodiscard]] Result<Image> open_image(const std::string& path, OpenOptions options = {});
  // The same, and the reader that `make` makes of it: &Image::snapshots.
  template <class Reader>
  [[nodiscard]] Result<OpenReader<Reader>> open_reader(const std::string& path,
                                                       Result<Reader> (Image::*make)() const) {
    VDE_TRY_ASSIGN(image, open_image(path));
    VDE_TRY_ASSIGN(reader, (image.*make)());
    return OpenReader<Reader>{std::move(image), std::move(reader)};
  }
  // The same, for one change.
  [[nodiscard]] Result<OpenChange> begin_change(const std::string& path, bool unseal);
  // The bytes at `path`, locked for `mode`, whatever they are.
  [[nodiscard]] Result<std::unique_ptr<BlockFile>> open_storage(const std::string& path,
                                                                OpenMode mode);

  // One line about `error`, or one JSON object under --json, line feed included.
  [[nodiscard]] std::string error_line(const std::string& subject, const Error& error) const;
  // Prints that line on standard error; returns the exit status.
  int report(const std::string& subject, const Error& error) const;
  // As report(), where `result` failed; kDone where it did not.
  template <class T>
  int finish(const std::string& subject, const Result<T>& result) const {
    return result ? static_cast<int>(kDone) : report(subject, result.error());
  }

  // `json` on one line.
  [[nodiscard]] Result<void> write_json(const Json& json) { return out.write(json.dump() + "\n"); }

  [[nodiscard]] bool wants_color() const;
  [[nodiscard]] bool wants_progress() const;
};

inline constexpr const char* kUnsealHelp = "change a sealed image, which clears its seal";

// `object` with {schema_version, command, image} in front of its other members.
[[nodiscard]] Json with_header(std::string_view command, const std::string& image,
                               const Json& object);

}  // namespace vde::cli
