// Conversion of bytes and numbers to and from text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vde/bytes.h"
#include "vde/error.h"

namespace vde {

// Lower-case hexadecimal, two digits per byte.
[[nodiscard]] std::string to_hex(Bytes bytes);
// Parses hexadecimal digits; nothing unless all characters are digits and their number is even.
[[nodiscard]] std::optional<std::vector<uint8_t>> from_hex(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

// Converts bytes to one line of UTF-8: \\, \n, \t and \0 for these, \xHH for other control
// characters, for characters that break lines or change the direction of text, and for invalid
// UTF-8. unescape() is the inverse; kUsage for an invalid escape.
[[nodiscard]] std::string escape(std::string_view bytes);
[[nodiscard]] Result<std::string> unescape(std::string_view text);

// Same, appended to the first argument. `separator`, a printable ASCII character other than the
// backslash, represents the byte 0; the separator itself is written as \xHH. The default '\0' means
// no separator.
void append_escaped(std::string& text, std::string_view bytes, char separator = '\0');
[[nodiscard]] Result<void> append_unescaped(std::string& bytes, std::string_view text,
                                            char separator = '\0');

// `json`, a JSON text, with \uXXXX for the characters that JSON allows in strings but escape()
// escapes.
[[nodiscard]] std::string escape_json(std::string json);

// Standard alphabet, with padding; from_base64() accepts nothing else.
[[nodiscard]] std::string to_base64(Bytes bytes);
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

// Parses a size in bytes. K, M, G, T, P and KiB, MiB, ... in either case are powers of 1024; KB,
// MB, ... are powers of 1000. Fractions ("8.5M") are allowed if the result is a whole number.
// kUsage.
[[nodiscard]] Result<uint64_t> parse_size(std::string_view text);

// "5734400 bytes (5.47 MiB)"; only "1000 bytes" below 1 KiB.
[[nodiscard]] std::string describe_size(uint64_t bytes);

// True if `text` and `candidate` differ in at most a third of their letters: a likely misspelling.
[[nodiscard]] bool is_near(std::string_view text, std::string_view candidate);

// Checks a label of a volume or snapshot: at most kMaxLabelBytes bytes of UTF-8 without zero bytes.
// kUsage if it is not valid.
inline constexpr size_t kMaxLabelBytes = 64;
[[nodiscard]] Result<void> check_label(std::string_view label);
// The label that `text`, as escape() writes it, stands for. kUsage.
[[nodiscard]] Result<std::string> parse_label(std::string_view text);

}  // namespace vde
