#include "support/vectors.h"

#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace vde::test {
namespace {

const std::string kFirstSet = VDE_VECTORS;
const std::string kSecondSet = VDE_VECTORS "2";

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<uint8_t> unpack(const std::string& path) {
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

nlohmann::json parse_listing(const std::string& folder, const std::string& name) {
  std::ifstream file(folder + "/" + name + ".json");
  if (!file) throw std::runtime_error("no listing of " + name);
  return nlohmann::json::parse(file);
}

}  // namespace

std::vector<std::string> vector_names() {
  return names_in(kFirstSet);
}

std::vector<uint8_t> vector_image(const std::string& name) {
  return unpack(kFirstSet + "/" + name + ".dwvd.gz");
}

nlohmann::json vector_listing(const std::string& name) {
  return parse_listing(kFirstSet, name);
}

std::vector<std::string> second_vector_names() {
  return names_in(kSecondSet);
}

std::vector<uint8_t> second_vector_image(const std::string& name) {
  return unpack(kSecondSet + "/" + name + ".dwvd.gz");
}

nlohmann::json second_vector_listing(const std::string& name) {
  return parse_listing(kSecondSet, name);
}

}  // namespace vde::test
