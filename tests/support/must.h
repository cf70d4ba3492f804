// Unwraps results that must be values, in doctest tests and in other programs.
#pragma once

#include <stdexcept>
#include <string>
#include <type_traits>

#include "vde/error.h"

namespace vde::test {

// Thrown if something that must succeed fails. It ends a test case as failed, or a program, whose
// main() prints the reason; the crash explorer counts it as a violation.
struct MustFailure : std::runtime_error {
  explicit MustFailure(const std::string& what, ErrorCode why = ErrorCode::kDamaged)
      : std::runtime_error(what), code(why) {}
  ErrorCode code;
};

// Returns the value. File and line are those of the caller.
template <class T>
T must(Result<T> result, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  if (!result)
    throw MustFailure(
        std::string(file) + ":" + std::to_string(line) + ": " + result.error().message,
        result.error().code);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace vde::test
