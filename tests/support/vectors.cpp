#include "support/vectors.h"

#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace vde::test {

namespace {

// The path of a sample without its extension, in either folder.
std::string path_of(const std::string& name) {
  const std::string first = std::string(VDE_VECTORS) + "/" + name;
  return std::filesystem::exists(first + ".json") ? first : VDE_VECTORS "2/" + name;
}

std::vector<std::string> names_in(const char* folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::vector<std::string> vector_names() {
  return names_in(VDE_VECTORS);
}

std::vector<std::string> second_vector_names() {
  return names_in(VDE_VECTORS "2");
}

std::vector<std::string> all_vector_names() {
  std::vector<std::string> names = vector_names();
  for (std::string& name : second_vector_names()) names.push_back(std::move(name));
  return names;
}

std::vector<uint8_t> vector_image(const std::string& name) {
  const std::string path = path_of(name) + ".dwvd.gz";
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error("cannot open " + path);
  std::vector<uint8_t> bytes;
  std::vector<uint8_t> chunk(size_t{1} << 20);
  int count = 0;
  while ((count = gzread(file, chunk.data(), static_cast<unsigned>(chunk.size()))) > 0)
    bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + count);
  const bool whole = count == 0 && gzclose(file) == Z_OK;
  if (!whole) throw std::runtime_error("cannot unpack " + path);
  return bytes;
}

nlohmann::json vector_listing(const std::string& name) {
  std::ifstream file(path_of(name) + ".json");
  if (!file) throw std::runtime_error("no listing of " + name);
  return nlohmann::json::parse(file);
}

}  // namespace vde::test
