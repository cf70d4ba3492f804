// The result type of every operation that can fail. The library throws no exceptions but
// std::bad_alloc, which ends the operation; the image is then as after a crash.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <type_traits>
#include <utility>

namespace vde {

enum class ErrorCode {
  kUsage,         // an invalid argument or an impossible request
  kNotFound,      // nothing matched
  kUnchanged,     // the requested state already exists
  kIo,            // a read, write or other system call failed
  kNoSpace,       // the file system, the volume or a table is full
  kInUse,         // another process holds the lock
  kChangeOpen,    // the image already has an open change
  kChangedSince,  // the image was changed after the reader was opened
  kExists,        // a file, an entry or an id already exists
  kNotAnImage,    // the file is not an image of this format
  kUnsupported,   // a version or feature of the format that this program does not support
  kMalformed,     // invalid input, e.g. not WebAssembly or not an undo file
  kDamaged,       // the bytes violate the format
  kInterrupted,   // stopped by Activity::stop
};

// The name of `code` in JSON errors, e.g. "in_use".
[[nodiscard]] std::string_view error_code_name(ErrorCode code);

// Why an operation failed, in words for the user.
struct Error {
  ErrorCode code = ErrorCode::kIo;
  std::string message;            // what is wrong: one sentence, no full stop
  std::string hint = {};          // what to do about it, or empty
  std::optional<uint64_t> block;  // the block concerned, if there is one
};

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  // Not defaulted: `return {}` would first clear the space for an error, in every successful call.
  Result() noexcept(std::is_void_v<T>) requires(std::is_void_v<T> ||
                                                std::is_default_constructible_v<T>) {
  }  // NOLINT(modernize-use-equals-default)
};

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message,
                                                std::string hint = {}) {
  return tl::make_unexpected(Error{code, std::move(message), std::move(hint), std::nullopt});
}

[[nodiscard]] inline tl::unexpected<Error> fail_at(uint64_t block, ErrorCode code,
                                                   std::string message, std::string hint = {}) {
  return tl::make_unexpected(Error{code, std::move(message), std::move(hint), block});
}

// Hints for images whose bytes violate the format: how to examine the damage and, before anything
// else is written, how to repair it.
inline constexpr const char* kRunVerify = "run 'vdetool verify IMAGE'";
inline constexpr const char* kRunRepair = "run 'vdetool verify IMAGE --repair'";

// Passes an error on to the caller: `return propagate(result);`.
template <class T>
[[nodiscard]] tl::unexpected<Error> propagate(Result<T>& result) {
  return tl::make_unexpected(std::move(result.error()));
}

}  // namespace vde

// Returns from the enclosing function with the error of `expression`, if it is one.
#define VDE_TRY(expression)                                            \
  do {                                                                 \
    if (auto vde_try_result = (expression); !vde_try_result)           \
      return ::tl::make_unexpected(std::move(vde_try_result.error())); \
  } while (false)

// Declares `name` with the value of `expression`, or returns with its error.
#define VDE_TRY_ASSIGN(name, expression)                                              \
  auto name##_result = (expression);                                                  \
  if (!name##_result) return ::tl::make_unexpected(std::move(name##_result.error())); \
  auto& name = *name##_result
