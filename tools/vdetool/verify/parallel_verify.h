// Verifies several images at once. What is printed comes in the order of the images.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "verify/in_order.h"
#include "verify/verify_report.h"

namespace vde::cli {

class ParallelVerify {
 public:
  // `options.jobs` is the number of threads of all images together.
  ParallelVerify(Context& context, const std::vector<std::string>& images,
                 const VerifyOptions& options, VerifyReport& report);

  // False if nothing was done: there is one image only, one thread is wanted, or the system has no
  // thread to give.
  [[nodiscard]] bool run();

 private:
  void verify(size_t item, unsigned jobs, const InOrder::HandOver& hand_over);
  [[nodiscard]] Result<VerifySummary> verify_one(const std::string& image, unsigned jobs,
                                                 Activity& activity,
                                                 const std::function<void(const Finding&)>& add);
  [[nodiscard]] bool pass_on_activity();

  Context& context_;
  const std::vector<std::string>& images_;
  VerifyOptions options_;
  VerifyReport& report_;
  std::vector<uint64_t> sizes_;  // of the images in bytes, 0 if unknown

  std::mutex mutex_;
  // Both below belong to the mutex.
  std::map<size_t, Activity> running_;  // by the number of the image
  uint64_t bytes_done_ = 0;             // sizes of the images that are done
  size_t images_done_ = 0;
};

}  // namespace vde::cli
