#include "fuzz/play_query.h"

#include <cstdio>

#include "fuzz/play_parts.h"
#include "query/query_program.h"

namespace vde::test {
namespace {

// Every step finds its sets, and one set is left.
void promise_program(const QueryProgram& program) {
  size_t sets = 0;
  for (const QueryStep& step : program.steps) {
    if (step.kind == QueryStep::Kind::kTest) {
      promise(step.count < program.tests.size(), "a step names a test that does not exist");
      ++sets;
      continue;
    }
    promise(step.count >= 1 && step.count <= sets, "a step needs more sets than there are");
    sets -= step.count - 1;
  }
  promise(sets == 1, "a query does not end with one set");
}

void promise_column(const Error& error, size_t text_size) {
  promise(error.code == ErrorCode::kUsage, "a wrong query is not a usage error");
  size_t column = 0;
  promise(std::sscanf(error.message.c_str(), "column %zu", &column) == 1,
          "the error of a query names no column");
  promise(column >= 1 && column <= text_size + 1, "the column is outside of the query");
}

}  // namespace

void play_query_input(Bytes input) {
  if (input.empty()) return;
  const auto* text = reinterpret_cast<const char*>(input.data() + 1);
  const size_t size = input.size() - 1;
  const auto parsed = TagExpression::parse({text, size}, (input[0] & 1) != 0 ? '/' : '\0');
  if (parsed)
    promise_program(parsed->state().program);
  else
    promise_column(parsed.error(), size);
}

}  // namespace vde::test
