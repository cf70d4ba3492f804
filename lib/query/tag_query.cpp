#include "vde/query.h"

#include "image/tag_reader.h"
#include "query/tag_inodes.h"

namespace vde {
namespace {

// Runs one program. Each set on the stack is a stream and a flag: the set is what the stream has,
// or all inodes with tags except those. So only a result with the flag needs all inodes.
class QueryRun {
 public:
  QueryRun(TagSearch& index, const QueryProgram& program, const TagQueryOptions& options,
           Activity& activity)
      : index_(index),
        program_(program),
        folder_(options.temporary_folder),
        memory_(std::max(options.memory, kMinQueryMemory) / 2),
        activity_(activity),
        sets_(memory_, folder_, activity) {}

  // The inodes that match. This object must outlive the stream.
  [[nodiscard]] Result<InodeStreamPtr> open() {
    for (const QueryStep& step : program_.steps) VDE_TRY(take(step));
    Operand& result = stack_.back();
    if (!result.is_complement) return std::move(result.stream);
    VDE_TRY_ASSIGN(all, sorted(kAnyTag));
    return difference_of(std::move(all), std::move(result.stream));
  }

 private:
  struct Operand {
    InodeStreamPtr stream;
    bool is_complement = false;
  };
  // A set that had to be sorted, for all tests that need it.
  struct Sorted {
    const TagTest* test;
    InodeSet set;
  };

  [[nodiscard]] Result<void> take(const QueryStep& step) {
    switch (step.kind) {
      case QueryStep::Kind::kTest:
        return push(program_.tests[step.count]);
      case QueryStep::Kind::kNot:
        stack_.back().is_complement = !stack_.back().is_complement;
        return {};
      case QueryStep::Kind::kAnd:
        combine(step.count, false);
        return {};
      case QueryStep::Kind::kOr:
        combine(step.count, true);
        return {};
    }
    return {};
  }

  [[nodiscard]] Result<void> push(const TagTest& test) {
    if (test.kind == TagTest::Kind::kAny) {
      stack_.push_back({no_inodes(), true});
    } else if (test.kind != TagTest::Kind::kPrefix && index_.is_sorted()) {
      stack_.push_back({run_inodes(index_, test, activity_)});
    } else {
      VDE_TRY_ASSIGN(stream, sorted(test));
      stack_.push_back({std::move(stream)});
    }
    return {};
  }

  [[nodiscard]] Result<InodeStreamPtr> sorted(const TagTest& test) {
    for (const Sorted& known : sorted_)
      if (*known.test == test) return sets_.open(known.set);
    InodeSort sort(memory_, folder_, activity_);
    VDE_TRY(add_inodes(index_, test, activity_, sort));
    VDE_TRY_ASSIGN(stream, sort.sorted());
    VDE_TRY_ASSIGN(set, sets_.keep(*stream));
    sorted_.push_back({&test, set});
    return sets_.open(set);
  }

  // Replaces the last `count` sets by their intersection or union. With a complement among them, a
  // union is the complement of the intersection of the complements.
  void combine(size_t count, bool is_union) {
    std::vector<InodeStreamPtr> sets;
    std::vector<InodeStreamPtr> complements;
    for (size_t i = stack_.size() - count; i < stack_.size(); ++i) {
      Operand& operand = stack_[i];
      (operand.is_complement ? complements : sets).push_back(std::move(operand.stream));
    }
    stack_.resize(stack_.size() - count);
    stack_.push_back(is_union ? united(std::move(sets), std::move(complements))
                              : intersected(std::move(sets), std::move(complements)));
  }

  static Operand intersected(std::vector<InodeStreamPtr> sets,
                             std::vector<InodeStreamPtr> complements) {
    if (complements.empty()) return {intersection_of(std::move(sets))};
    if (sets.empty()) return {union_of(std::move(complements)), true};
    return {difference_of(intersection_of(std::move(sets)), union_of(std::move(complements)))};
  }
  static Operand united(std::vector<InodeStreamPtr> sets, std::vector<InodeStreamPtr> complements) {
    if (complements.empty()) return {union_of(std::move(sets))};
    if (sets.empty()) return {intersection_of(std::move(complements)), true};
    return {difference_of(intersection_of(std::move(complements)), union_of(std::move(sets))),
            true};
  }

  inline static const TagTest kAnyTag{};

  TagSearch& index_;
  const QueryProgram& program_;
  std::string folder_;
  uint64_t memory_;  // for sorting; the sorted sets may have as much
  Activity& activity_;
  InodeSets sets_;
  std::vector<Sorted> sorted_;
  std::vector<Operand> stack_;
};

}  // namespace

Result<uint64_t> query_tags(TagReader& tags, const TagExpression& expression,
                            const TagQueryOptions& options, Activity& activity,
                            const InodeVisitor& visit) {
  const TagReader::State& state = tags.state();
  return state.shown.read([&]() -> Result<uint64_t> {
    QueryRun run(*state.search, expression.state().program, options, activity);
    VDE_TRY_ASSIGN(inodes, run.open());
    uint64_t count = 0;
    VDE_TRY(inodes->start());
    while (inodes->has_inode()) {
      const std::span<const int64_t> ready = inodes->ready();
      for (const int64_t inode : ready) {
        ++count;
        if (!visit(inode)) return count;
      }
      VDE_TRY(inodes->pass(ready.size()));
    }
    return count;
  });
}

}  // namespace vde
