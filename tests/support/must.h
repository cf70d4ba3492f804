// Results that have to be values, in doctest's tests and in programs without it alike.
#pragma once

#include <stdexcept>
#include <string>
#include <type_traits>

#include "vde/error.h"

namespace vde::test {

// What had to work did not. It ends a test case, which then has failed, or a program, whose main()
// says why; what explores crashes takes it for a violation.
struct MustFailure : std::runtime_error {
  explicit MustFailure(const std::string& what, ErrorCode why = ErrorCode::kDamaged)
      : std::runtime_error(what), code(why) {}
  ErrorCode code;
};

// The value. As default arguments, file and line are the caller's.
template <class T>
T must(Result<T> result, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  if (!result)
    throw MustFailure(
        std::string(file) + ":" + std::to_string(line) + ": " + result.error().message,
        result.error().code);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace vde::test
