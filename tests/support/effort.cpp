#include "support/effort.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace vde::test {

double test_effort(double otherwise) {
  const char* text = std::getenv("VDE_TEST_EFFORT");
  if (text == nullptr || *text == '\0') return otherwise;
  char* end = nullptr;
  const double effort = std::strtod(text, &end);
  if (*end != '\0' || !std::isfinite(effort) || effort <= 0)
    throw std::runtime_error(std::string("VDE_TEST_EFFORT is not a number above 0: ") + text);
  return effort;
}

uint64_t scaled(uint64_t amount, double effort) {
  return static_cast<uint64_t>(std::max(1.0, std::round(static_cast<double>(amount) * effort)));
}

uint64_t stretched(uint64_t step, double effort) {
  return scaled(step, 1 / effort);
}

bool Share::takes_next() {
  constexpr uint64_t kWhole = 1'000'000;
  return static_cast<double>(random_.below(kWhole)) < effort_ * kWhole;
}

}  // namespace vde::test
