// Volumes that the SDK's self-describing exporter writes (docs/FORMAT.md, section 41). They
// contradict the format always in the same ways, so verify says once what they are.
#pragma once

#include "probe/probe.h"

namespace vde {

// Whether the probe shows such a volume, exactly as the exporter writes it: four slots, the counts,
// the label, and both tables. Anything else about it is judged as in any other image.
[[nodiscard]] bool is_exported(const Probe& probe);

// The bytes after the volume's end that an exported volume of this size has: the exporter inserts a
// block after every 256 data blocks and does not count it.
[[nodiscard]] uint64_t exported_surplus(const Probe& probe);

}  // namespace vde
