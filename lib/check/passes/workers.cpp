#include "check/passes/workers.h"

#include <algorithm>
#include <thread>
#include <vector>

namespace vde {

void run_on_threads(const VerifyOptions& options, const std::function<void()>& work) {
  // Counting the cores opens files, so it is done only if needed.
  unsigned jobs = options.jobs;
  if (jobs == 0) jobs = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < jobs; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace vde
