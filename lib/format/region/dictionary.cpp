#include "format/region/dictionary.h"

namespace vde {

std::vector<Dictionary> decode_dictionaries(Bytes payload, bool first, uint32_t max) {
  std::vector<Dictionary> dictionaries;
  const uint32_t count = std::min(max, dictionaries_in(payload.size(), first));
  dictionaries.reserve(count);
  for (uint32_t i = 0; i < count; ++i)
    dictionaries.push_back(kDictionaryLayout.decode(payload.subspan(dictionary_offset(i, first))));
  return dictionaries;
}

}  // namespace vde
