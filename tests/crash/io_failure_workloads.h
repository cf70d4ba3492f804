// Changes to images while calls of their files fail.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "vde/storage.h"

namespace vde::test {

// Called after each durable change.
using Acknowledge = std::function<void()>;

struct Workload {
  std::string name;
  std::vector<uint8_t> start;  // the image
  std::function<Result<void>(BlockFile& file, const Acknowledge& acknowledge)> run;
};

[[nodiscard]] std::vector<Workload> make_workloads();

}  // namespace vde::test
