// Work on several items at once. What it hands over comes in the order of the items.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace vde::cli {

// Threads work on the items, taken in order. They hand over steps, e.g. "print this finding", which
// the thread that called run() takes one after the other: all steps of the first item, then all of
// the second. An item whose turn has not come may have steps waiting, but not without bound: its
// work then waits for its turn.
class InOrder {
 public:
  using Step = std::function<void()>;
  // Hands over a step that holds about `bytes` of memory.
  using HandOver = std::function<void(Step step, size_t bytes)>;
  // Works on an item with at most `jobs` threads of its own.
  using Work = std::function<void(size_t item, unsigned jobs, const HandOver& hand_over)>;

  struct Limits {
    unsigned items_at_once = 1;
    unsigned jobs = 1;                // threads of all items together; at least items_at_once
    size_t bytes = size_t{16} << 20;  // waiting for items whose turn has not come
  };

  InOrder(size_t items, const Limits& limits, Work work);

  // Returns when the steps of all items were taken. `tick` is called now and then on this thread,
  // 20 times per second or more often; once it returns false, no further item is begun. False if
  // the system has no thread to give: nothing was done then. An exception of the work or of a step
  // is thrown here.
  [[nodiscard]] bool run(const std::function<bool()>& tick);

 private:
  struct Item {
    std::vector<Step> steps;
    size_t bytes = 0;  // that the steps hold
    bool is_done = false;
  };

  void start_threads();
  void work_on_items();
  void work_on(size_t item, unsigned jobs);
  void hand_over(size_t item, Step step, size_t bytes);
  [[nodiscard]] unsigned take_jobs();
  void take_steps(const std::function<bool()>& tick);
  [[nodiscard]] bool has_ended() const;
  void abandon();

  const Limits limits_;
  const Work work_;
  std::vector<std::thread> threads_;

  std::mutex mutex_;
  std::condition_variable ready_;  // the item whose turn it is has something to take
  std::condition_variable room_;   // more steps may be handed over
  // All below belong to the mutex.
  std::vector<Item> items_;
  size_t turn_ = 0;    // the item whose steps are taken
  size_t next_ = 0;    // the first item that was not begun
  size_t ahead_ = 0;   // bytes of the steps of items after it
  unsigned idle_ = 0;  // threads without an item
  unsigned free_jobs_ = 0;
  bool is_stopped_ = false;    // no further item is begun
  bool is_abandoned_ = false;  // steps are dropped
  std::exception_ptr failure_;
};

}  // namespace vde::cli
