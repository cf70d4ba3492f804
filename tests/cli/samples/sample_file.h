// A sample as a file, and its listing.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "support/edit_image.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"

namespace vde::test {

struct SampleFile {
  explicit SampleFile(const std::string& sample) : name(sample), listing(vector_listing(sample)) {
    write_file(path, vector_image(sample));
  }
  std::string name;
  TemporaryFolder folder;
  std::string path = folder / "image";
  nlohmann::json listing;
};

}  // namespace vde::test
