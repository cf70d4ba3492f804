#include "damage/recipes/recipes.h"

namespace vde::test {

Recipe lost(Recipe recipe) {
  recipe.left = recipe.expected.empty() ? std::vector{recipe.code} : recipe.expected;
  return recipe;
}

Recipe fully_repaired(Recipe recipe) {
  recipe.left.clear();
  return recipe;
}

std::vector<Recipe> all_recipes() {
  std::vector<Recipe> all;
  for (auto family : {block_recipes, module_recipes, dictionary_recipes, keyed_recipes,
                      origin_recipes, region_recipes, record_recipes, state_recipes,
                      snapshot_recipes, superblock_recipes, table_recipes, tag_recipes})
    for (Recipe& recipe : family()) all.push_back(std::move(recipe));
  return all;
}

}  // namespace vde::test
