// A sample as a file, and its listing.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "support/edit_image.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"

namespace vde::test {

struct SampleFile {
  explicit SampleFile(const std::string& name) : listing(vector_listing(name)) {
    write_file(path, vector_image(name));
  }
  TemporaryFolder folder;
  std::string path = folder / "image";
  nlohmann::json listing;
};

}  // namespace vde::test
