// Images that an NBD server exports.
//
//   VDE_TRY_ASSIGN(file, vde::open_nbd("nbd://host/photos", vde::OpenMode::kRead, activity));
//   VDE_TRY_ASSIGN(image, vde::Image::open(std::move(file)));
#pragma once

#include <string>
#include <string_view>

#include "vde/storage.h"

namespace vde {

// True for a text that begins with nbd:, nbds:, nbd+unix: or nbds+unix:. A file with such a name is
// "./nbd:...".
[[nodiscard]] bool is_nbd_uri(std::string_view path);

// The URI without the user and password that may stand before the server's name, for messages.
[[nodiscard]] std::string without_user(std::string_view uri);

// Who else may write to an export. It has no locks.
enum class Writers { kUnknown, kSole };

// Connects to the server of the URI. The file is like a device: its size is fixed. Opening for
// writing needs Writers::kSole (kUnsupported). Waiting for the server ends with kInterrupted soon
// after `activity.stop` is set, until the first write, which is then refused in the same way. From
// that on nothing is interrupted: whether a write was made would be unknown. `activity` must
// outlive the file. kIo, kUnsupported (no libnbd, or an export that cannot be written safely).
[[nodiscard]] Result<std::unique_ptr<BlockFile>> open_nbd(const std::string& uri, OpenMode mode,
                                                          const Activity& activity,
                                                          Writers writers = Writers::kUnknown);

}  // namespace vde
