// What one run of a seed adds to what is known of the seed.
#pragma once

#include "damage/campaign/repair_judge.h"

namespace vde::test {

class SeedReport {
 public:
  // `consent` as in Wrong. Seed and options must outlive it.
  SeedReport(RepairSeed& seed, const RepairSeedOptions& options, bool consent)
      : seed_(seed), explain_(options.explain), consent_(consent) {}

  void wrong(WrongKind kind, std::string what);
  // Dropped unless the options ask for details.
  void note(std::string what);

 private:
  RepairSeed& seed_;
  bool explain_;
  bool consent_;
};

}  // namespace vde::test
