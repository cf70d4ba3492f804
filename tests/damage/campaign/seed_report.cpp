#include "damage/campaign/seed_report.h"

#include <fmt/format.h>

namespace vde::test {

std::string_view wrong_name(WrongKind kind) {
  constexpr std::array<std::string_view, kWrongKinds> kNames = {
      "lost entries", "invented", "not clean after", "not idempotent", "undo not exact", "crashed"};
  return kNames.at(static_cast<size_t>(kind));
}

void SeedReport::wrong(WrongKind kind, std::string what) {
  note(fmt::format("WRONG {}: {}", wrong_name(kind), what));
  seed_.wrong.push_back({kind, consent_, std::move(what)});
}

void SeedReport::note(std::string what) {
  if (explain_) seed_.details.push_back(std::move(what));
}

}  // namespace vde::test
