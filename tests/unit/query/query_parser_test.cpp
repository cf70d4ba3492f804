// The text of queries: what it means, and where it is wrong.
#include <doctest/doctest.h>

#include "query/query_program.h"
#include "support/effort.h"
#include "support/must.h"
#include "support/random.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;
using namespace std::string_literals;

namespace {

std::string words_of(const TagTest& test) {
  switch (test.kind) {
    case TagTest::Kind::kAny:
      return "any";
    case TagTest::Kind::kKey:
      return "[" + escape(test.key) + "]";
    case TagTest::Kind::kValue:
      return "[" + escape(test.key) + "]=[" + escape(test.value) + "]";
    case TagTest::Kind::kPrefix:
      return "[" + escape(test.key) + "]..";
  }
  return {};
}

// The program as a term: "and([a], not([b]))".
std::string term_of(const TagExpression& expression) {
  const QueryProgram& program = expression.state().program;
  std::vector<std::string> stack;
  for (const QueryStep& step : program.steps) {
    if (step.kind == QueryStep::Kind::kTest) {
      stack.push_back(words_of(program.tests.at(step.count)));
      continue;
    }
    REQUIRE(stack.size() >= step.count);
    std::string term = step.kind == QueryStep::Kind::kNot   ? "not("
                       : step.kind == QueryStep::Kind::kAnd ? "and("
                                                            : "or(";
    for (size_t i = stack.size() - step.count; i < stack.size(); ++i)
      term += stack[i] + (i + 1 < stack.size() ? ", " : ")");
    stack.resize(stack.size() - step.count);
    stack.push_back(term);
  }
  REQUIRE(stack.size() == 1);
  return stack.front();
}

std::string term(std::string_view text, char separator = '\0') {
  return term_of(must(TagExpression::parse(text, separator)));
}

std::string repeated(std::string_view text, size_t count) {
  std::string result;
  for (size_t i = 0; i < count; ++i) result += text;
  return result;
}

}  // namespace

TEST_CASE("a test is a key, a key with a value, a prefix, or a star") {
  CHECK(term("a") == "[a]");
  CHECK(term("a=1") == "[a]=[1]");
  CHECK(term("a=") == "[a]=[]");
  CHECK(term("a==b=") == "[a]=[=b=]");
  CHECK(term("a*") == "[a]..");
  CHECK(term("*") == "any");
  CHECK(term("  a\t\r\n") == "[a]");
}

TEST_CASE("not binds tightest, then and, then or") {
  CHECK(term("a or b and not c") == "or([a], and([b], not([c])))");
  CHECK(term("not a and b") == "and(not([a]), [b])");
  CHECK(term("a and b or c and d or e") == "or(and([a], [b]), and([c], [d]), [e])");
  CHECK(term("(a or b) and c") == "and(or([a], [b]), [c])");
  CHECK(term("not (a or b)") == "not(or([a], [b]))");
  CHECK(term("not not a") == "[a]");
  CHECK(term("not not not a") == "not([a])");
  CHECK(term("not (not (a)) and b") == "and(not(not([a])), [b])");
}

TEST_CASE("parentheses need no white space around them") {
  CHECK(term("(a)and(b)") == "and([a], [b])");
  CHECK(term("not(a)or(((b)))") == "or(not([a]), [b])");
  CHECK(term("( \n a )") == "[a]");
}

TEST_CASE("and, or, not are keys with a quote or an escape, and as a part of a key") {
  CHECK(term("\"and\"") == "[and]");
  CHECK(term("\"not\" and n\\x6ft and \"o\"r") == "and([not], [not], [or])");
  CHECK(term("android or nota or order") == "or([android], [nota], [order])");
  CHECK(term("And or NOT") == "or([And], [NOT])");
  CHECK(term("and*") == "[and]..");
  CHECK(term("\"or\"=not") == "[or]=[not]");
}

TEST_CASE("quotes and escapes put any byte into keys and values") {
  CHECK(term(R"("my key"="a b")") == "[my key]=[a b]");
  CHECK(term(R"(category\0photo)") == "[category\\0photo]");
  CHECK(term(R"-(a" "b"()"c)-") == "[a b()c]");
  CHECK(term(R"(\x2a=\x2a)") == "[*]=[*]");
  CHECK(term(R"("a*=b")") == "[a*=b]");
  CHECK(term(R"("\x22\\\t\n")") == R"(["\\\t\n])");
  CHECK(term(R"("")") == "[]");
  CHECK(term(R"(""=)") == "[]=[]");
  CHECK(term(R"(""*)") == "[]..");
  CHECK(term("\xff\xfe*") == "[\\xff\\xfe]..");
  CHECK(term("a\0b"s) == "[a\\0b]");
  // Only ASCII blanks, tabs and line ends are white space.
  CHECK(term("a\u00a0and\u2003b\vc\fd") == "[a\u00a0and\u2003b\\x0bc\\x0cd]");
}

TEST_CASE("a separator stands for the byte 0 in keys and prefixes, not in values") {
  CHECK(term("a/b=c/d", '/') == "[a\\0b]=[c/d]");
  CHECK(term("a/* and \"x/y\" and x\\x2fy", '/') == "and([a\\0].., [x\\0y], [x/y])");
}

TEST_CASE("a wrong expression is refused with the column of what is wrong") {
  struct Wrong {
    std::string text;
    size_t column;
    std::string words;
  };
  const std::vector<Wrong> all = {
      {"", 1, "there is no key"},
      {"  \t", 4, "there is no key"},
      {"a and", 6, "the expression ends before its last key"},
      {"not", 4, "the expression ends before its last key"},
      {"(", 2, "the expression ends before its last key"},
      {"a or (b", 6, "this '(' has no ')'"},
      {"a)", 2, "this ')' has no '('"},
      {"()", 2, "there is no key before ')'"},
      {"(a or )", 7, "there is no key before ')'"},
      {"and a", 1, "there is no key before 'and'"},
      {"a and or b", 7, "there is no key before 'or'"},
      {"not and", 5, "there is no key before 'and'"},
      {"a b", 3, "there is no 'and' or 'or' before this"},
      {"a not b", 3, "there is no 'and' or 'or' before this"},
      {"a (b)", 3, "there is no 'and' or 'or' before this"},
      {"(a)b", 4, "there is no 'and' or 'or' before this"},
      {"a =b", 3, "there is no key before '='"},
      {"=", 1, "there is no key before '='"},
      {"a= b", 4, "there is no 'and' or 'or' before this"},
      {"a*b", 2, "'*' stands only at the end of a prefix"},
      {"**", 1, "'*' stands only at the end of a prefix"},
      {"a**", 2, "'*' stands only at the end of a prefix"},
      {"*a", 1, "'*' stands only at the end of a prefix"},
      {"*\"\"", 1, "'*' stands only at the end of a prefix"},
      {"a*=b", 2, "a prefix has no value"},
      {"*=b", 1, "a prefix has no value"},
      {"a=b*", 4, "values have no prefixes"},
      {"a=*", 3, "values have no prefixes"},
      {"a=\"b\"*", 6, "values have no prefixes"},
      {"a=b\"", 4, "this double quote has no end"},
      {"x or \"a\\x22", 6, "this double quote has no end"},
      {"a\\q", 2, "invalid escape sequence"},
      {"\"a\\\"", 3, "invalid escape sequence"},
      {"a\\", 2, "invalid escape sequence"},
      {"a=\\x2", 3, "\\x must be followed by two hexadecimal digits"},
      {"a=\\xg0", 3, "\\x must be followed by two hexadecimal digits"},
      {"and=1", 1, "keys only in double quotes"},
      {"a or not=", 6, "keys only in double quotes"},
      // Columns are bytes.
      {"ä b", 4, "there is no 'and' or 'or' before this"},
  };
  for (const Wrong& wrong : all) {
    CAPTURE(wrong.text);
    const auto parsed = TagExpression::parse(wrong.text);
    REQUIRE_FALSE(parsed.has_value());
    CAPTURE(parsed.error().message);
    CHECK(parsed.error().code == ErrorCode::kUsage);
    const std::string begin = "column " + std::to_string(wrong.column) + " of the expression: ";
    CHECK(parsed.error().message.starts_with(begin));
    CHECK(parsed.error().message.find(wrong.words) != std::string::npos);
  }
}

TEST_CASE("64 levels are taken, 65 are refused where they begin") {
  for (const std::string open : {"(", "not ", "not("}) {
    CAPTURE(open);
    const size_t step = open == "not(" ? 2 : 1;
    const size_t most = kMaxQueryLevels / step;
    const auto nested = [&](size_t count) {
      return repeated(open, count) + "a" + repeated(open == "not " ? "" : ")", count);
    };
    CHECK(TagExpression::parse(nested(most)).has_value());
    const auto deeper = TagExpression::parse(nested(most + 1));
    REQUIRE_FALSE(deeper.has_value());
    CHECK(deeper.error().message.find("more than 64 levels") != std::string::npos);
    const size_t column = most * open.size() + 1;
    CHECK(deeper.error().message.starts_with("column " + std::to_string(column) + " "));
    // Levels that have ended do not count.
    CHECK(TagExpression::parse(nested(most) + " and " + nested(most)).has_value());
  }
}

TEST_CASE("a long expression is parsed in proportion to its length") {
  const size_t size = size_t{1} << 20;
  CHECK_FALSE(TagExpression::parse(std::string(size, '(')).has_value());
  CHECK_FALSE(TagExpression::parse(repeated("not ", size / 4)).has_value());
  CHECK(TagExpression::parse(std::string(size, '"')).has_value());
  CHECK_FALSE(TagExpression::parse(std::string(size + 1, '"')).has_value());
  CHECK(must(TagExpression::parse(std::string(size, 'k'))).state().program.tests.at(0).key.size() ==
        size);
  const auto flat = must(TagExpression::parse("a" + repeated(" or a", size / 5)));
  CHECK(flat.state().program.steps.size() == size / 5 + 2);
}

TEST_CASE("random texts are parsed or refused with a column within them") {
  static constexpr std::string_view kParts[] = {"a",   "b=1", "(", ")",  " ",  "and", "or",
                                                "not", "*",   "=", "\"", "\\", "\\0", "\\x41"};
  Random random(1);
  size_t parsed = 0;
  for (uint64_t run = scaled(20'000); run > 0; --run) {
    std::string text;
    for (uint64_t parts = random.below(12); parts > 0; --parts) {
      text += kParts[random.below(std::size(kParts))];
      if (random.below(2) == 0) text += ' ';
    }
    CAPTURE(text);
    const auto result = TagExpression::parse(text);
    if (result) {
      ++parsed;
      CHECK_FALSE(term_of(*result).empty());
      continue;
    }
    size_t column = 0;
    REQUIRE(std::sscanf(result.error().message.c_str(), "column %zu", &column) == 1);
    CHECK(column >= 1);
    CHECK(column <= text.size() + 1);
  }
  CHECK(parsed > scaled(500));
}
