// The image of a recipe, with its damage.
#pragma once

#include "damage/recipes/recipes.h"
#include "support/files/faulty_file.h"

namespace vde::test {

// The recipe must outlive it.
class RecipeImage : public ImageBuilder {
 public:
  explicit RecipeImage(const Recipe& recipe) : ImageBuilder(recipe.shape), recipe_(recipe) {
    recipe.damage(*this);
    damaged_ = bytes();
  }

  // The bytes right after the damage.
  [[nodiscard]] const std::vector<uint8_t>& damaged() const { return damaged_; }
  // The image with the recipe's unreadable blocks.
  [[nodiscard]] FaultyFile faulty() { return {file(), block_size(), recipe_.unreadable}; }

 private:
  const Recipe& recipe_;
  std::vector<uint8_t> damaged_;
};

}  // namespace vde::test
