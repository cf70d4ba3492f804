// Bytes and numbers as people and scripts write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vde/bytes.h"
#include "vde/error.h"

namespace vde {

// Lower-case hexadecimal, two digits a byte.
[[nodiscard]] std::string to_hex(Bytes bytes);
// The bytes that hexadecimal digits name; nothing unless they are all digits and even in number.
[[nodiscard]] std::optional<std::vector<uint8_t>> from_hex(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

// The bytes as UTF-8 on one line: \\, \n, \t and \0 for these, \xHH for other control characters
// and for bytes that are not UTF-8. unescape reads it back to the same bytes.
[[nodiscard]] std::string escape(std::string_view bytes);
[[nodiscard]] Result<std::string> unescape(std::string_view text);

// The same, put behind what is there. A `separator` other than '\0', an ASCII character that is
// neither a control character nor a backslash, stands for the byte 0; itself is \xHH then.
void append_escaped(std::string& text, std::string_view bytes, char separator = '\0');
[[nodiscard]] Result<void> append_unescaped(std::string& bytes, std::string_view text,
                                            char separator = '\0');

// Padded, of the standard alphabet; reading takes nothing else.
[[nodiscard]] std::string to_base64(Bytes bytes);
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

// A size in bytes: a bare number is bytes; K, M, G, T, P and KiB, MiB.. are powers of 1024, KB,
// MB.. of 1000. Fractions ("8.5M") are allowed where they come to whole bytes.
[[nodiscard]] Result<uint64_t> parse_size(std::string_view text);

// "5734400 bytes (5.47 MiB)"; below 1 KiB without the part in brackets.
[[nodiscard]] std::string describe_size(uint64_t bytes);

// `text` and `candidate` differ by at most a third of their letters: a likely misspelling.
[[nodiscard]] bool is_near(std::string_view text, std::string_view candidate);

// Whether `label` can label a volume or a snapshot: at most kMaxLabelBytes of UTF-8 without zero
// bytes. kUsage where it cannot.
inline constexpr size_t kMaxLabelBytes = 64;
[[nodiscard]] Result<void> check_label(std::string_view label);

}  // namespace vde
