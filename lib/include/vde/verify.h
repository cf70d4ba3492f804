// Verification of an image. Its results are findings, with stable codes.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "vde/activity.h"
#include "vde/keys/secret_key.h"
#include "vde/storage.h"

namespace vde {

enum class Severity {
  kError,    // the image violates the format, or data is lost
  kWarning,  // legal but suspicious
  kNote,     // for information; does not change the exit status
};
[[nodiscard]] std::string_view severity_name(Severity severity);

// Whether a repair can fix a finding with the data in the image.
enum class Fixable {
  kNever,
  kSometimes,  // see Finding::fixable
  kAlways,
};
// "never", "sometimes" or "always".
[[nodiscard]] std::string_view fixable_name(Fixable fixable);

// One kind of finding, independent of the image. All texts are for people.
struct FindingKind {
  std::string_view code;  // "SUPB-001"; permanent
  Severity severity;
  Fixable fixable;
  std::string_view title;
  std::string_view meaning;
  std::string_view risk;
  std::string_view next;   // what to do
  std::string_view loses;  // what a repair of it loses: "nothing", or data; empty if kNever
};

// Every kind, ordered by code.
[[nodiscard]] std::span<const FindingKind> finding_kinds();
// The kind with this code (upper or lower case), or null.
[[nodiscard]] const FindingKind* find_finding_kind(std::string_view code);

// Whether findings of this kind name an operation of another program that left the image.
[[nodiscard]] bool names_an_operation(const FindingKind& kind);

// One finding in one image.
struct Finding {
  const FindingKind* kind;
  std::optional<uint64_t> block;        // the block, if it is about one block
  std::string region;                   // the region's type ("TAGI"), or empty
  std::string message;                  // the details; the kind's title comes before it
  std::vector<std::string> affects;     // affected content: "snapshot ID", "module HASH"
  bool fixable = false;                 // a repair can probably fix it
  std::optional<ByteRange> bytes = {};  // the block's bytes in the file
};

enum class VerifyScope {
  kMetadata,  // everything except data blocks
  kAll,
};

struct VerifyOptions {
  VerifyScope scope = VerifyScope::kAll;
  unsigned jobs = 0;  // threads that read and hash; 0: one per core
  // CPU time, about, for finding the originals of damaged blocks: wrong bits, bytes and sectors.
  // 0: do not search.
  double search_seconds = 10;
  // Keys for the header seal, the policy vault and the namespace. Each must fit one of them.
  SecretKeys keys = {};
};

struct VerifySummary {
  uint64_t errors = 0;
  uint64_t warnings = 0;
  uint64_t notes = 0;
  uint64_t blocks_checked = 0;  // blocks whose checksum was compared with their payload
  // Intact structures: "primary group", "mirror group", "region directory", and the types of the
  // regions without errors and warnings; and "header seal", "policy vault HMAC" and "namespace
  // signature" if they fit a key.
  std::vector<std::string> intact = {};
  // Checks that were skipped, because of the scope or because the image is a stream.
  std::vector<std::string> not_checked = {};
};

// Runs all passes over `file`, which the caller has locked. Calls `report` with every finding, in
// the order of passes and, within a pass, of blocks; calls never overlap. Never writes.
// kUnsupported if the image cannot be checked, kInterrupted if `activity` requests a stop. It may
// read through a mapping of the file (BlockFile::map_loaded): if the file shrinks in the meantime,
// the process gets SIGBUS; handling it is up to the program.
[[nodiscard]] Result<VerifySummary> verify_image(BlockFile& file, const VerifyOptions& options,
                                                 Activity& activity,
                                                 const std::function<void(const Finding&)>& report);

// Reads the next bytes of a stream to the start of a buffer and returns their number; 0 at the end.
using StreamReader = std::function<Result<size_t>(MutableBytes)>;

// Like verify_image(), for a stream, in a single pass and in bounded memory. Checks the superblock
// groups, the region tables, the trailers of all blocks of regions and of allocated data blocks,
// and the first blocks of regions and the bitmap by themselves. The journal is not replayed.
// `not_checked` lists the checks that need more than a stream. Always uses one thread.
[[nodiscard]] Result<VerifySummary> verify_stream(
    const StreamReader& read, const VerifyOptions& options, Activity& activity,
    const std::function<void(const Finding&)>& report);

}  // namespace vde
