#include <fmt/format.h>

#include <numeric>

#include "query/query_words.h"

namespace vde {
namespace {

using Word = QueryWord::Kind;
using Step = QueryStep::Kind;

// Turns an expression into a program. What is open is on a stack of its own instead of the
// processor's: a text of any depth ends with an answer.
class QueryParser {
 public:
  QueryParser(std::string_view text, char separator) : words_(text, separator) {}

  [[nodiscard]] Result<QueryProgram> parse() {
    while (true) {
      VDE_TRY_ASSIGN(word, words_.next());
      if (word.kind == Word::kEnd) {
        VDE_TRY(finish(word));
        return std::move(program_);
      }
      VDE_TRY(wants_operand_ ? take_operand(word) : take_operator(word));
    }
  }

 private:
  // An expression that has begun: the whole one, or one in parentheses.
  struct Open {
    size_t at = 0;            // of the parenthesis
    size_t nots = 0;          // before the operand that comes next, or has just ended
    size_t factors = 0;       // complete operands of the current conjunction
    size_t alternatives = 0;  // complete conjunctions
  };

  [[nodiscard]] Result<void> take_operand(QueryWord& word) {
    switch (word.kind) {
      case Word::kTest:
        program_.steps.push_back({Step::kTest, program_.tests.size()});
        program_.tests.push_back(std::move(word.test));
        end_operand();
        return {};
      case Word::kNot:
        ++open_.back().nots;
        return enter_level(word.at);
      case Word::kOpen:
        open_.push_back({.at = word.at});
        return enter_level(word.at);
      case Word::kClose:
        return wrong_expression(word.at, "there is no key before ')'");
      default:
        return wrong_expression(
            word.at,
            fmt::format("there is no key before '{}'", word.kind == Word::kAnd ? "and" : "or"),
            "a key of this name needs double quotes");
    }
  }

  [[nodiscard]] Result<void> take_operator(const QueryWord& word) {
    switch (word.kind) {
      case Word::kAnd:
        wants_operand_ = true;
        return {};
      case Word::kOr:
        end_conjunction();
        wants_operand_ = true;
        return {};
      case Word::kClose:
        if (open_.size() == 1) return wrong_expression(word.at, "this ')' has no '('");
        end_conjunction();
        end_alternatives();
        open_.pop_back();
        --levels_;
        end_operand();
        return {};
      default:
        return wrong_expression(word.at, "there is no 'and' or 'or' before this",
                                "a key with white space needs double quotes");
    }
  }

  [[nodiscard]] Result<void> finish(const QueryWord& end) {
    const bool is_empty = program_.tests.empty() && levels_ == 0;
    if (wants_operand_)
      return wrong_expression(
          end.at, is_empty ? "there is no key" : "the expression ends before its last key");
    if (open_.size() > 1) return wrong_expression(open_.back().at, "this '(' has no ')'");
    end_conjunction();
    end_alternatives();
    return {};
  }

  [[nodiscard]] Result<void> enter_level(size_t at) {
    if (++levels_ <= kMaxQueryLevels) return {};
    return wrong_expression(
        at, fmt::format("more than {} levels of parentheses and 'not'", kMaxQueryLevels));
  }

  void end_operand() {
    Open& open = open_.back();
    if (open.nots % 2 != 0) program_.steps.push_back({Step::kNot, 1});
    levels_ -= open.nots;
    open.nots = 0;
    ++open.factors;
    wants_operand_ = false;
  }
  void end_conjunction() {
    Open& open = open_.back();
    if (open.factors > 1) program_.steps.push_back({Step::kAnd, open.factors});
    open.factors = 0;
    ++open.alternatives;
  }
  void end_alternatives() {
    const size_t count = open_.back().alternatives;
    if (count > 1) program_.steps.push_back({Step::kOr, count});
  }

  QueryWords words_;
  QueryProgram program_;
  std::vector<Open> open_ = {Open{}};
  size_t levels_ = 0;
  bool wants_operand_ = true;
};

}  // namespace

TagExpression::TagExpression(std::unique_ptr<State> state) : state_(std::move(state)) {}
TagExpression::TagExpression(TagExpression&&) noexcept = default;
TagExpression& TagExpression::operator=(TagExpression&&) noexcept = default;
TagExpression::~TagExpression() = default;

Result<TagExpression> TagExpression::parse(std::string_view text, char separator) {
  VDE_TRY_ASSIGN(program, QueryParser(text, separator).parse());
  return TagExpression(std::make_unique<State>(State{std::move(program)}));
}

}  // namespace vde
