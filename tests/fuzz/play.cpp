#include "fuzz/play.h"

#include <cstdio>
#include <cstdlib>

#include "fuzz/play_parts.h"

namespace vde::test {
void give_up(std::string_view message) {
  std::fprintf(stderr, "broken promise: %.*s\n", static_cast<int>(message.size()), message.data());
  std::abort();
}

void promise_refusal(const Error& error) {
  const bool allowed = error.code == ErrorCode::kNoSpace || error.code == ErrorCode::kUsage ||
                       error.code == ErrorCode::kUnsupported ||
                       error.code == ErrorCode::kNotFound || error.code == ErrorCode::kUnchanged ||
                       error.code == ErrorCode::kExists;
  promise(allowed, "a clean image is refused: " + error.message);
}

void promise_clean(ImageBuilder& image) {
  const Verified after = verified(image.file());
  if (!after.complains()) return;
  if (after.error) give_up("a changed image cannot be verified: " + after.error->message);
  for (const Finding& finding : after.findings)
    if (finding.kind->severity != Severity::kNote)
      give_up("a change made an image worse: " + std::string(finding.kind->code) + " " +
              finding.message);
}

void play_fuzz_input(Bytes input) {
  FuzzImage fuzz = image_of_input(input);
  const Verified before = verified(fuzz.image->file());
  if (fuzz.play.metadata)
    static_cast<void>(verified(fuzz.image->file(), {VerifyScope::kMetadata, 1, 0}));
  if (fuzz.play.streamed) static_cast<void>(streamed(reader_of(fuzz.image->bytes())));
  const IsClean clean = !before.complains();
  if (fuzzed_region(fuzz.base) == "SNAP") return play_snapshots(fuzz, clean);
  if (fuzzed_region(fuzz.base) == "CODE") return play_modules(fuzz, clean);
  play_tags(fuzz, clean);
}

}  // namespace vde::test
