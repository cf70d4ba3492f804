#include "query/inode_stream.h"

namespace vde {
namespace {

class NoInodes : public InodeStream {
 private:
  [[nodiscard]] Result<void> fill(int64_t /*least*/, std::vector<int64_t>& /*batch*/) override {
    return {};
  }
};

class VectorInodes : public InodeStream {
 public:
  explicit VectorInodes(std::shared_ptr<const std::vector<int64_t>> sorted)
      : sorted_(std::move(sorted)) {}

 private:
  [[nodiscard]] Result<void> fill(int64_t least, std::vector<int64_t>& batch) override {
    const auto begin = std::lower_bound(sorted_->begin() + next_, sorted_->end(), least);
    const auto end = begin + std::min<ptrdiff_t>(kInodeBatch, sorted_->end() - begin);
    batch.assign(begin, end);
    next_ = end - sorted_->begin();
    return {};
  }

  std::shared_ptr<const std::vector<int64_t>> sorted_;
  ptrdiff_t next_ = 0;
};

// Of two sets. Their batches are merged in one loop: most expressions spend their time there.
class Intersection : public InodeStream {
 public:
  Intersection(InodeStreamPtr a, InodeStreamPtr b) : a_(std::move(a)), b_(std::move(b)) {}

 private:
  [[nodiscard]] Result<void> fill(int64_t least, std::vector<int64_t>& batch) override {
    if (!started_) {
      VDE_TRY(a_->start());
      VDE_TRY(b_->start());
      started_ = true;
    }
    VDE_TRY(a_->move_to(least));
    while (a_->has_inode() && b_->has_inode() && batch.size() < kInodeBatch) {
      VDE_TRY(b_->move_to(a_->inode()));
      if (b_->has_inode()) VDE_TRY(a_->move_to(b_->inode()));
      VDE_TRY(merge_ready(batch));
    }
    return {};
  }

  [[nodiscard]] Result<void> merge_ready(std::vector<int64_t>& batch) {
    const std::span<const int64_t> a = a_->ready();
    const std::span<const int64_t> b = b_->ready();
    size_t i = 0;
    size_t j = 0;
    while (i < a.size() && j < b.size()) {
      const int64_t in_a = a[i];
      const int64_t in_b = b[j];
      if (in_a == in_b) batch.push_back(in_a);
      // Without a branch that cannot be predicted.
      i += static_cast<size_t>(in_a <= in_b);
      j += static_cast<size_t>(in_b <= in_a);
    }
    VDE_TRY(a_->pass(i));
    return b_->pass(j);
  }

  InodeStreamPtr a_;
  InodeStreamPtr b_;
  bool started_ = false;
};

class Union : public InodeStream {
 public:
  explicit Union(std::vector<InodeStreamPtr> sets) : sets_(std::move(sets)) {}

 private:
  [[nodiscard]] Result<void> fill(int64_t least, std::vector<int64_t>& batch) override {
    if (!started_) VDE_TRY(start_all());
    while (!heap_.empty() && heap_.front()->inode() < least)
      VDE_TRY(change_first([&](InodeStream& set) { return set.move_to(least); }));
    while (!heap_.empty() && batch.size() < kInodeBatch) {
      const int64_t inode = heap_.front()->inode();
      batch.push_back(inode);
      while (!heap_.empty() && heap_.front()->inode() == inode)
        VDE_TRY(change_first([](InodeStream& set) { return set.step(); }));
    }
    return {};
  }

  [[nodiscard]] Result<void> start_all() {
    started_ = true;
    for (const InodeStreamPtr& set : sets_) {
      VDE_TRY(set->start());
      if (set->has_inode()) heap_.push_back(set.get());
    }
    std::make_heap(heap_.begin(), heap_.end(), is_after);
    return {};
  }

  // Moves the set with the least inode by `change`, and puts it where it belongs.
  template <class Change>
  [[nodiscard]] Result<void> change_first(const Change& change) {
    std::pop_heap(heap_.begin(), heap_.end(), is_after);
    VDE_TRY(change(*heap_.back()));
    if (heap_.back()->has_inode())
      std::push_heap(heap_.begin(), heap_.end(), is_after);
    else
      heap_.pop_back();
    return {};
  }

  static bool is_after(const InodeStream* a, const InodeStream* b) {
    return a->inode() > b->inode();
  }

  std::vector<InodeStreamPtr> sets_;
  std::vector<InodeStream*> heap_;  // those with an inode, the least first
  bool started_ = false;
};

class Difference : public InodeStream {
 public:
  Difference(InodeStreamPtr set, InodeStreamPtr other)
      : set_(std::move(set)), other_(std::move(other)) {}

 private:
  [[nodiscard]] Result<void> fill(int64_t least, std::vector<int64_t>& batch) override {
    if (!started_) {
      VDE_TRY(set_->start());
      VDE_TRY(other_->start());
      started_ = true;
    }
    VDE_TRY(set_->move_to(least));
    while (set_->has_inode() && batch.size() < kInodeBatch) {
      const int64_t inode = set_->inode();
      VDE_TRY(other_->move_to(inode));
      if (!other_->has_inode() || other_->inode() != inode) batch.push_back(inode);
      VDE_TRY(set_->step());
    }
    return {};
  }

  InodeStreamPtr set_;
  InodeStreamPtr other_;
  bool started_ = false;
};

}  // namespace

InodeStreamPtr no_inodes() {
  return std::make_unique<NoInodes>();
}

InodeStreamPtr inodes_of(std::shared_ptr<const std::vector<int64_t>> sorted) {
  return std::make_unique<VectorInodes>(std::move(sorted));
}

InodeStreamPtr intersection_of(std::vector<InodeStreamPtr> sets) {
  // In pairs, so that a long list becomes a low tree.
  while (sets.size() > 1) {
    std::vector<InodeStreamPtr> pairs;
    for (size_t i = 0; i + 1 < sets.size(); i += 2)
      pairs.push_back(std::make_unique<Intersection>(std::move(sets[i]), std::move(sets[i + 1])));
    if (sets.size() % 2 == 1) pairs.push_back(std::move(sets.back()));
    sets = std::move(pairs);
  }
  return std::move(sets.front());
}

InodeStreamPtr union_of(std::vector<InodeStreamPtr> sets) {
  if (sets.size() == 1) return std::move(sets.front());
  return std::make_unique<Union>(std::move(sets));
}

InodeStreamPtr difference_of(InodeStreamPtr set, InodeStreamPtr other) {
  return std::make_unique<Difference>(std::move(set), std::move(other));
}

}  // namespace vde
