#include "query/query_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "vde/text.h"

namespace vde {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kEndOfPlain = " \t\r\n()\"\\=*";
constexpr std::string_view kEndOfPlainValue = " \t\r\n()\"\\*";

QueryWord::Kind keyword(std::string_view word) {
  if (word == "and") return QueryWord::Kind::kAnd;
  if (word == "or") return QueryWord::Kind::kOr;
  if (word == "not") return QueryWord::Kind::kNot;
  return QueryWord::Kind::kTest;
}

}  // namespace

tl::unexpected<Error> wrong_expression(size_t at, std::string_view what, std::string hint) {
  return fail(ErrorCode::kUsage, fmt::format("column {} of the expression: {}", at + 1, what),
              std::move(hint));
}

Result<QueryWord> QueryWords::next() {
  at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size());
  QueryWord word;
  word.at = at_;
  if (ends()) return word;
  if (!is_at('(') && !is_at(')')) return read_word();
  word.kind = is_at('(') ? QueryWord::Kind::kOpen : QueryWord::Kind::kClose;
  ++at_;
  return word;
}

bool QueryWords::is_at_piece(bool in_value) const {
  constexpr std::string_view kNoPiece = " \t\r\n()=*";
  if (ends()) return false;
  return kNoPiece.find(text_[at_]) == std::string_view::npos || (in_value && text_[at_] == '=');
}

// A key's separator stands for the byte 0; a value has none.
Result<void> QueryWords::read_piece(std::string& bytes, bool in_value) {
  const char separator = in_value ? '\0' : separator_;
  if (is_at('"')) return read_quote(bytes, separator);
  if (is_at('\\')) return read_escape(bytes);
  const size_t end =
      std::min(text_.find_first_of(in_value ? kEndOfPlainValue : kEndOfPlain, at_), text_.size());
  VDE_TRY(append_unescaped(bytes, text_.substr(at_, end - at_), separator));
  at_ = end;
  return {};
}

Result<void> QueryWords::read_quote(std::string& bytes, char separator) {
  const size_t start = at_++;
  while (!is_at('"')) {
    if (ends()) return wrong_expression(start, "this double quote has no end");
    if (is_at('\\')) {
      VDE_TRY(read_escape(bytes));
      continue;
    }
    const size_t end = std::min(text_.find_first_of("\"\\", at_), text_.size());
    VDE_TRY(append_unescaped(bytes, text_.substr(at_, end - at_), separator));
    at_ = end;
  }
  ++at_;
  return {};
}

Result<void> QueryWords::read_escape(std::string& bytes) {
  const size_t size = at_ + 1 < text_.size() && text_[at_ + 1] == 'x' ? 4 : 2;
  const std::string_view escape = text_.substr(at_, size);
  if (Result<void> read = append_unescaped(bytes, escape); !read)
    return wrong_expression(at_, read.error().message, std::move(read.error().hint));
  at_ += size;
  return {};
}

Result<QueryWord> QueryWords::read_word() {
  QueryWord word;
  word.at = at_;
  if (is_at('*')) {
    VDE_TRY(read_prefix(word));
    if (word.test.key.empty()) word.test.kind = TagTest::Kind::kAny;
    return word;
  }
  if (is_at('='))
    return wrong_expression(at_, "there is no key before '='",
                            "write KEY=VALUE without white space, or \"\"= for the empty key");
  word.test.kind = TagTest::Kind::kKey;
  while (is_at_piece(false)) VDE_TRY(read_piece(word.test.key, false));
  word.kind = keyword(text_.substr(word.at, at_ - word.at));
  if (is_at('*')) {
    VDE_TRY(read_prefix(word));
  } else if (is_at('=')) {
    if (word.kind != QueryWord::Kind::kTest)
      return wrong_expression(word.at, "'and', 'or' and 'not' are keys only in double quotes");
    VDE_TRY(read_value(word));
  }
  return word;
}

// At the star after a prefix.
Result<void> QueryWords::read_prefix(QueryWord& word) {
  word.kind = QueryWord::Kind::kTest;
  word.test.kind = TagTest::Kind::kPrefix;
  const size_t star = at_++;
  if (is_at('=')) return wrong_expression(star, "a prefix has no value");
  if (is_at('*') || is_at_piece(false))
    return wrong_expression(star, "'*' stands only at the end of a prefix",
                            "write \\x2a for a star in a key");
  return {};
}

// At the `=` after a key.
Result<void> QueryWords::read_value(QueryWord& word) {
  ++at_;
  word.test.kind = TagTest::Kind::kValue;
  while (is_at_piece(true)) VDE_TRY(read_piece(word.test.value, true));
  if (is_at('*'))
    return wrong_expression(at_, "values have no prefixes", "write \\x2a for a star in a value");
  return {};
}

}  // namespace vde
