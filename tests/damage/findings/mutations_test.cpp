// Mutation test of the checks: a recipe reaches every place in lib/check that reports a finding,
// and if any one of them is switched off, a recipe fails.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "check/mutation.h"
#include "damage/recipes/recipe_image.h"
#include "support/files/faulty_file.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

// A place that reports findings of one code.
struct Place {
  std::string file;  // without folder
  int line = 0;
  std::string code;
  auto operator<=>(const Place&) const = default;
};

std::set<Place>* g_reached = nullptr;  // the places that were reached
const Place* g_switched_off = nullptr;

std::vector<std::string> codes_of(const Recipe& recipe) {
  RecipeImage image(recipe);
  FaultyFile file = image.faulty();
  return verified(file, recipe.options()).codes;
}

// How often each file of lib/check names each code to report it.
std::map<std::pair<std::string, std::string>, size_t> named_in_sources() {
  std::map<std::pair<std::string, std::string>, size_t> named;
  const std::regex name("FindingCode::k([A-Za-z]+)");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           std::filesystem::path(VDE_SOURCE_DIR) / "lib/check")) {
    const std::string file = entry.path().filename();
    if (entry.path().extension() != ".cpp" || file == "finding_kinds.cpp") continue;
    // These only compare codes.
    const std::string folder = entry.path().parent_path().filename();
    if (folder == "repair" || folder == "exact" || folder == "entries") continue;
    std::ifstream in(entry.path());
    std::stringstream text;
    text << in.rdbuf();
    const std::string source = text.str();
    for (std::sregex_iterator at(source.begin(), source.end(), name), end; at != end; ++at)
      ++named[{file, (*at)[1]}];
  }
  return named;
}

// The names of codes are in the order of the table.
std::map<std::string, std::string> code_of_name() {
  std::ifstream in(std::filesystem::path(VDE_SOURCE_DIR) / "lib/check/finding_code.h");
  const std::regex name("  k([A-Za-z]+),");
  std::map<std::string, std::string> codes;
  size_t index = 0;
  for (std::string line; std::getline(in, line);) {
    std::smatch match;
    if (std::regex_match(line, match, name)) codes[match[1]] = finding_kinds()[index++].code;
  }
  CHECK(index == finding_kinds().size());
  return codes;
}

}  // namespace

bool vde::is_switched_off(FindingCode code, FindingSite site) {
  const Place place{std::filesystem::path(site.file).filename(), site.line,
                    std::string(kind_of(code).code)};
  if (g_reached != nullptr) g_reached->insert(place);
  return g_switched_off != nullptr && place == *g_switched_off;
}

TEST_CASE(
    "a recipe reaches each place that reports a finding, and fails if the place is switched off") {
  const std::vector<Recipe> recipes = all_recipes();
  std::map<Place, size_t> reached_by;  // a recipe that reaches it
  for (size_t i = 0; i < recipes.size(); ++i) {
    std::set<Place> reached;
    g_reached = &reached;
    CHECK(codes_of(recipes[i]) == recipes[i].expected);
    g_reached = nullptr;
    for (const Place& place : reached) reached_by.emplace(place, i);
  }
  for (const auto& reached : reached_by) {
    const Recipe& recipe = recipes[reached.second];
    INFO(reached.first.file, ":", reached.first.line, " ", reached.first.code);
    g_switched_off = &reached.first;
    CHECK(codes_of(recipe) != recipe.expected);
    g_switched_off = nullptr;
  }
  // No place in the sources may be unreached.
  const auto codes = code_of_name();
  size_t places = 0;
  for (const auto& named : named_in_sources()) {
    const std::string& file = named.first.first;
    const std::string& name = named.first.second;
    CAPTURE(file);
    CAPTURE(name);
    REQUIRE(codes.contains(name));
    size_t hit = 0;
    for (const auto& [place, recipe] : reached_by)
      if (place.file == file && place.code == codes.at(name)) ++hit;
    CHECK(hit >= named.second);
    places += named.second;
  }
  MESSAGE(places, " places that report findings, all reached by ", recipes.size(), " recipes");
  CHECK(places > finding_kinds().size() / 2);
}
