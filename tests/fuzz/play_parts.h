// The parts of play_fuzz_input().
#pragma once

#include "fuzz/input.h"
#include "support/one_change.h"
#include "support/verify_list.h"

namespace vde::test {

inline const EditOptions kFuzzEdit{Ticks{638'000'000'100'000'000}, false, {}};

// Verify finds no error and no warning in the image.
using IsClean = bool;

[[noreturn]] void give_up(std::string_view message);
inline void promise(bool holds, std::string_view message) {
  if (!holds) give_up(message);
}
// A valid image may refuse a change only for these reasons.
void promise_refusal(const Error& error);
// A clean image must be clean after a change.
void promise_clean(ImageBuilder& image);

void play_tags(FuzzImage& fuzz, IsClean clean);
void play_snapshots(FuzzImage& fuzz, IsClean clean);
void play_modules(FuzzImage& fuzz, IsClean clean);

}  // namespace vde::test
