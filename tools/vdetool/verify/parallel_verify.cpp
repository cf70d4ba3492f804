#include "verify/parallel_verify.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <numeric>
#include <system_error>
#include <thread>
#include <utility>

#include "progress.h"
#include "vde/input.h"

namespace vde::cli {
namespace {

// The image, or four connections with two each, and what the system opens for a moment.
constexpr rlim_t kFilesPerImage = 10;
// Standard streams, the baselines, and some room.
constexpr rlim_t kOtherFiles = 16;

// How many images can be open at once.
unsigned max_open_images() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return UINT_MAX;
  const rlim_t files = limit.rlim_cur > kOtherFiles ? limit.rlim_cur - kOtherFiles : 0;
  return static_cast<unsigned>(std::clamp<rlim_t>(files / kFilesPerImage, 1, UINT_MAX));
}

uint64_t size_of_file(const std::string& path) {
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

// About how much memory a copy of the finding needs.
size_t bytes_of(const Finding& finding) {
  size_t bytes = sizeof(Finding) + finding.message.size() + finding.region.size();
  for (const std::string& name : finding.affects) bytes += sizeof(std::string) + name.size();
  return bytes;
}

}  // namespace

ParallelVerify::ParallelVerify(Context& context, const std::vector<std::string>& images,
                               const VerifyOptions& options, VerifyReport& report)
    : context_(context), images_(images), options_(options), report_(report) {}

bool ParallelVerify::run() {
  if (images_.size() < 2 || options_.jobs == 1) return false;
  if (options_.jobs == 0) options_.jobs = std::max(1u, std::thread::hardware_concurrency());
  const unsigned at_once = std::min(options_.jobs, max_open_images());
  if (at_once < 2) return false;
  for (const std::string& image : images_) sizes_.push_back(size_of_file(image));
  context_.activity.total = std::accumulate(sizes_.begin(), sizes_.end(), uint64_t{0});
  const ProgressLine progress(context_.activity, context_.wants_progress());
  InOrder work(images_.size(), {.items_at_once = at_once, .jobs = options_.jobs},
               [this](size_t item, unsigned jobs, const InOrder::HandOver& hand_over) {
                 verify(item, jobs, hand_over);
               });
  const bool is_done = work.run([this] { return pass_on_activity(); });
  name_images(0, 0);
  return is_done;
}

void ParallelVerify::verify(size_t item, unsigned jobs, const InOrder::HandOver& hand_over) {
  const std::string& image = images_[item];
  Activity* activity = nullptr;
  {
    const std::lock_guard lock(mutex_);
    activity = &running_[item];
  }
  hand_over([this, &image] { report_.start(image); }, sizeof(void*));
  auto summary = verify_one(image, jobs, *activity, [&](const Finding& finding) {
    hand_over([this, finding] { report_.add(finding); }, bytes_of(finding));
  });
  {
    const std::lock_guard lock(mutex_);
    running_.erase(item);
    bytes_done_ += sizes_[item];
    ++images_done_;
  }
  hand_over([this, summary = std::move(summary)] { report_.conclude(summary); },
            sizeof(VerifySummary) + 1024);
}

Result<VerifySummary> ParallelVerify::verify_one(const std::string& image, unsigned jobs,
                                                 Activity& activity,
                                                 const std::function<void(const Finding&)>& add) {
  VerifyOptions options = options_;
  options.jobs = jobs;
  if (image == "-") {
    const StreamReader read = [&](MutableBytes out) {
      return read_input(STDIN_FILENO, out, activity);
    };
    return verify_stream(read, options, activity, add);
  }
  VDE_TRY_ASSIGN(file, context_.open_on_thread(image, activity));
  return verify_image(*file, options, activity, add);
}

// Passes a signal on to the images, and their progress to the line about it: bytes and numbers of
// all of them, the rest of the one that is running longest. False to stop.
bool ParallelVerify::pass_on_activity() {
  Activity& all = context_.activity;
  const bool stop = all.stop;
  const std::lock_guard lock(mutex_);
  uint64_t done = bytes_done_;
  for (auto& [item, activity] : running_) {
    if (stop) activity.stop = true;
    done += std::min(activity.done.load(), sizes_[item]);
  }
  all.done = done;
  name_images(images_done_, images_.size());
  if (running_.empty()) return !stop;
  const Activity& longest = running_.begin()->second;
  all.phase = longest.phase.load();
  all.searched_block = longest.searched_block.load();
  all.search_used = longest.search_used.load();
  all.search_limit = longest.search_limit.load();
  return !stop;
}

}  // namespace vde::cli
