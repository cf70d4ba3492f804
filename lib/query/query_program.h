// An expression over tags as a program for a stack of sets.
#pragma once

#include <string>
#include <vector>

#include "vde/query.h"

namespace vde {

// What a single tag must be like.
struct TagTest {
  enum class Kind {
    kAny,     // every tag
    kKey,     // exactly this key
    kValue,   // exactly this key and value
    kPrefix,  // a key that starts with `key`
  };
  Kind kind = Kind::kAny;
  std::string key = {};
  std::string value = {};

  bool operator==(const TagTest&) const = default;
};

// kTest pushes the set of test `count`. The others replace sets at the end of the stack by one:
// kNot the last set, kAnd and kOr the last `count` sets.
struct QueryStep {
  enum class Kind { kTest, kNot, kAnd, kOr };
  Kind kind = Kind::kTest;
  size_t count = 1;

  bool operator==(const QueryStep&) const = default;
};

// The steps leave exactly one set.
struct QueryProgram {
  std::vector<TagTest> tests;
  std::vector<QueryStep> steps;
};

struct TagExpression::State {
  QueryProgram program;
};

}  // namespace vde
