// Divides the text of an expression into words.
#pragma once

#include <string_view>

#include "query/query_program.h"

namespace vde {

struct QueryWord {
  enum class Kind { kEnd, kOpen, kClose, kAnd, kOr, kNot, kTest };
  Kind kind = Kind::kEnd;
  size_t at = 0;  // where it begins, in bytes
  TagTest test;   // of a kTest
};

// kUsage: something at this byte of the text is wrong.
[[nodiscard]] tl::unexpected<Error> wrong_expression(size_t at, std::string_view what,
                                                     std::string hint = {});

class QueryWords {
 public:
  // `text` must outlive this object.
  QueryWords(std::string_view text, char separator) : text_(text), separator_(separator) {}

  // The next word; kEnd after the last.
  [[nodiscard]] Result<QueryWord> next();

 private:
  [[nodiscard]] bool ends() const { return at_ == text_.size(); }
  [[nodiscard]] bool is_at(char c) const { return !ends() && text_[at_] == c; }
  [[nodiscard]] bool is_at_piece(bool in_value) const;
  [[nodiscard]] Result<void> read_piece(std::string& bytes, bool in_value);
  [[nodiscard]] Result<void> read_quote(std::string& bytes, char separator);
  [[nodiscard]] Result<void> read_escape(std::string& bytes);
  [[nodiscard]] Result<QueryWord> read_word();
  [[nodiscard]] Result<void> read_prefix(QueryWord& word);
  [[nodiscard]] Result<void> read_value(QueryWord& word);

  std::string_view text_;
  char separator_;
  size_t at_ = 0;
};

}  // namespace vde
