#include <algorithm>
#include <numeric>

#include "support/random.h"
#include "tag_store.h"

namespace {

// The same order on every machine.
void shuffle(std::vector<uint32_t>& numbers) {
  vde::test::Random random(1);
  for (uint64_t left = numbers.size(); left > 1; --left)
    std::swap(numbers[left - 1], numbers[random.below(left)]);
}

char* put_number(char* to, uint64_t number, int digits) {
  for (int i = digits - 1; i >= 0; --i, number /= 10) to[i] = static_cast<char>('0' + number % 10);
  return to + digits;
}

char* put_text(char* to, std::string_view text) {
  return std::copy(text.begin(), text.end(), to);
}

}  // namespace

TagText::TagText(uint64_t n) : bytes{}, number(static_cast<uint32_t>(n)) {
  char* end = put_number(put_text(bytes, {"category\0sub", 12}), n / kNamesASub, 5);
  *end++ = '\0';
  end = put_number(put_text(end, "name"), n, 8);
  *end++ = 'x';
  put_number(put_text(end, "valu"), n, 8);
}

std::vector<TagText> make_tags(uint64_t count, bool shuffled) {
  std::vector<uint32_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  if (shuffled) shuffle(numbers);
  return {numbers.begin(), numbers.end()};
}
