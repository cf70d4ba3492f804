// What every operation of the library returns when it can fail. No exception leaves the library;
// running out of memory ends the program.
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
  kUsage,         // the caller asked for something that makes no sense
  kNotFound,      // nothing matched
  kUnchanged,     // everything is as the caller wants it already
  kIo,            // the system refused or failed a read, write or sync
  kNoSpace,       // the file system, the volume or a table is full
  kInUse,         // somebody else holds the lock
  kChangeOpen,    // the image has an open change, and takes one at a time
  kChangedSince,  // the image is no longer what the caller looked at
  kExists,        // a file, an entry or an id is there already
  kNotAnImage,    // the file is no image of this format
  kUnsupported,   // a version or feature of the format that this program does not know
  kMalformed,     // input that is not what it should be: no WebAssembly, no undo file
  kDamaged,       // the bytes contradict the format
  kInterrupted,   // a signal asked to stop
};

// The word for `code` that JSON errors carry, "in_use" for one.
[[nodiscard]] std::string_view error_code_name(ErrorCode code);

// Why something failed, in a form a person can act on.
struct Error {
  ErrorCode code = ErrorCode::kIo;
  std::string message;            // what is wrong: one sentence, no full stop
  std::string hint = {};          // what to do about it, or empty
  std::optional<uint64_t> block;  // the block concerned, where there is one
};

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  // Not defaulted: `return {}` would zero the room for an error first, in every call that is well.
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

// What to do about an image whose bytes contradict the format: to look at them, or, before
// anything is written to it again, to repair them.
inline constexpr const char* kRunVerify = "run 'vdetool verify'";
inline constexpr const char* kRunRepair = "run 'vdetool verify --repair'";

// Hands an error on to the caller: `return propagate(result);`.
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
