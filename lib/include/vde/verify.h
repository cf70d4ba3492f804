// Verifying an image: findings are data, with stable codes.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "vde/activity.h"
#include "vde/storage.h"

namespace vde {

enum class Severity {
  kError,    // contradicts the format or loses data
  kWarning,  // legal but suspect
  kNote,     // worth knowing, changes no status
};
[[nodiscard]] std::string_view severity_name(Severity severity);

// Whether the image holds what is needed to put a finding right.
enum class Fixable {
  kNever,
  kSometimes,  // each finding says for itself
  kAlways,
};
// "never", "sometimes" or "always".
[[nodiscard]] std::string_view fixable_name(Fixable fixable);

// What one kind of finding means, whatever image it is found in. All text is for people.
struct FindingKind {
  std::string_view code;  // "SUPB-001", for good
  Severity severity;
  Fixable fixable;
  std::string_view title;
  std::string_view meaning;
  std::string_view risk;
  std::string_view next;  // what to do
};

// Every kind, ordered by code.
[[nodiscard]] std::span<const FindingKind> finding_kinds();
// The kind with this code, in either case; null where there is none.
[[nodiscard]] const FindingKind* find_finding_kind(std::string_view code);

// One finding in one image.
struct Finding {
  const FindingKind* kind;
  std::optional<uint64_t> block;        // where, if it is about one block
  std::string region;                   // the region's tag, or empty
  std::string message;                  // what was found, with its numbers
  std::vector<std::string> affects;     // what of the image's content it touches
  bool fixable = false;                 // --repair can put it right, as far as is known here
  std::optional<ByteRange> bytes = {};  // the block's place in the image
};

enum class VerifyScope {
  kMetadata,  // everything but the blocks of the data area
  kAll,
};

struct VerifyOptions {
  VerifyScope scope = VerifyScope::kAll;
  unsigned jobs = 0;  // threads that read and hash; 0 = one a core
};

struct VerifySummary {
  uint64_t errors = 0;
  uint64_t warnings = 0;
  uint64_t notes = 0;
  uint64_t blocks_checked = 0;  // blocks whose trailer was held against their payload
  // What verified whole: "primary group", "mirror group", "region directory", and the tags of the
  // regions in which nothing was found but notes.
  std::vector<std::string> intact = {};
  // Checks that were not done, because of the scope or because the image was a stream.
  std::vector<std::string> not_checked = {};
};

// Runs all passes over `file`, which the caller has locked, and hands every finding to `report` as
// it is made, in the order of passes and, within one, of blocks; calls never overlap. Never writes.
// kUnsupported where nothing can be judged, kInterrupted when `activity` says stop.
[[nodiscard]] Result<VerifySummary> verify_image(BlockFile& file, const VerifyOptions& options,
                                                 Activity& activity,
                                                 const std::function<void(const Finding&)>& report);

// Fills the front of a buffer with the next bytes of a stream and says how many; 0 at its end.
using StreamReader = std::function<Result<size_t>(MutableBytes)>;

// As verify_image(), for an image that streams by once, in bounded memory: the superblock groups,
// the region tables, the trailer of every block of a region and of every allocated data block, and
// what the first blocks of regions and the bitmap tell by themselves. A journal is not replayed.
// `not_checked` names all that a stream cannot tell. Reads on one thread, whatever the options say.
[[nodiscard]] Result<VerifySummary> verify_stream(
    const StreamReader& read, const VerifyOptions& options, Activity& activity,
    const std::function<void(const Finding&)>& report);

}  // namespace vde
