#include "text_units.h"

#include <algorithm>
#include <cctype>

namespace vde::test {
namespace {

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

// Paragraphs are put together line by line.
class Units {
 public:
  void add(size_t line, std::string_view text) {
    text = trimmed(text);
    if (text.empty()) return;
    if (open_) {
      units_.back().text += " " + std::string(text);
    } else {
      units_.push_back({line, std::string(text)});
      open_ = true;
    }
  }
  void end() { open_ = false; }
  [[nodiscard]] std::vector<TextUnit> take() { return std::move(units_); }

 private:
  std::vector<TextUnit> units_;
  bool open_ = false;
};

// Walks a C++ source and hands out its literals and comments.
class SourceScanner {
 public:
  explicit SourceScanner(std::string_view source) : source_(source) {}

  void run() {
    while (at_ < source_.size()) {
      if (starts("//"))
        take_comment(at_ + 2, source_.find('\n', at_));
      else if (starts("R\"") && (at_ == 0 || !is_word(source_[at_ - 1])))
        take_raw_literal();
      else if (source_[at_] == '"')
        take_literal();
      else if (source_[at_] == '\'' && (at_ == 0 || !is_word(source_[at_ - 1])))
        skip_character();
      else if (source_[at_] == '#' && starts("#include"))
        at_ = std::min(source_.find('\n', at_), source_.size());
      else
        pass();
    }
  }

  [[nodiscard]] std::vector<TextUnit> literals() { return literals_.take(); }
  [[nodiscard]] std::vector<TextUnit> comments() { return comments_.take(); }

 private:
  static bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  }
  [[nodiscard]] bool starts(std::string_view token) const {
    return source_.substr(at_).starts_with(token);
  }

  void pass() {
    if (source_[at_] == '\n') {
      ++line_;
    } else if (std::isspace(static_cast<unsigned char>(source_[at_])) == 0) {
      literals_.end();
      comments_.end();
    }
    ++at_;
  }

  void take_comment(size_t begin, size_t end) {
    end = std::min(end, source_.size());
    const std::string_view text = source_.substr(begin, end - begin);
    if (trimmed(text).empty()) comments_.end();
    comments_.add(line_, text);
    at_ = end;
  }

  void take_literal() {
    comments_.end();
    size_t end = at_ + 1;
    std::string text;
    while (end < source_.size() && source_[end] != '"') {
      const bool escape = source_[end] == '\\' && end + 1 < source_.size();
      if (escape) ++end;
      text += escape && source_[end] == 'n' ? ' ' : source_[end];
      ++end;
    }
    append_literal(text);
    at_ = end + 1;
  }

  void take_raw_literal() {
    comments_.end();
    const size_t open = source_.find('(', at_);
    const std::string mark = ")" + std::string(source_.substr(at_ + 2, open - at_ - 2)) + "\"";
    const size_t end = std::min(source_.find(mark, open), source_.size());
    std::string text(source_.substr(open + 1, end - open - 1));
    const size_t begin_line = line_;
    line_ += static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
    std::replace(text.begin(), text.end(), '\n', ' ');
    literals_.add(begin_line, text);
    at_ = std::min(end + mark.size(), source_.size());
  }

  // A sentence may be continued in the next literal, without a blank of its own.
  void append_literal(const std::string& text) { literals_.add(line_, text); }

  void skip_character() {
    size_t end = at_ + 1;
    while (end < source_.size() && source_[end] != '\'')
      end += source_[end] == '\\' ? size_t{2} : 1;
    at_ = end + 1;
  }

  std::string_view source_;
  size_t at_ = 0;
  size_t line_ = 1;
  Units literals_;
  Units comments_;
};

// `text` without what stands between two of `mark`.
std::string without_marked(std::string_view text, char mark) {
  std::string kept;
  while (true) {
    const size_t begin = text.find(mark);
    const size_t end = begin == std::string_view::npos ? begin : text.find(mark, begin + 1);
    if (end == std::string_view::npos) return kept.append(text);
    kept.append(text.substr(0, begin)).append("...");
    text.remove_prefix(end + 1);
  }
}

// The row of a glossary without its second cell.
std::string without_second_cell(std::string_view row) {
  const size_t first = row.find('|', 1);
  const size_t second = first == std::string_view::npos ? first : row.find('|', first + 1);
  if (second == std::string_view::npos) return std::string(row);
  return std::string(row.substr(0, first)).append(row.substr(second));
}

bool starts_item(std::string_view line) {
  return line.starts_with("|") || line.starts_with("- ") || line.starts_with("#") ||
         (std::isdigit(static_cast<unsigned char>(line[0])) != 0 &&
          line.find(". ") < line.find(' '));
}

}  // namespace

std::vector<TextUnit> string_literals(std::string_view source) {
  SourceScanner scanner(source);
  scanner.run();
  return scanner.literals();
}

std::vector<TextUnit> comments(std::string_view source) {
  SourceScanner scanner(source);
  scanner.run();
  return scanner.comments();
}

std::vector<TextUnit> markdown_paragraphs(std::string_view document) {
  Units units;
  bool fenced = false;
  bool glossary = false;
  size_t number = 0;
  for (const std::string_view raw : split_lines(document)) {
    ++number;
    const std::string_view line = trimmed(raw);
    if (line.starts_with("```")) fenced = !fenced;
    if (fenced || line.empty() || line.starts_with("```")) {
      units.end();
      glossary = false;
      continue;
    }
    if (line.starts_with("| say | not |")) glossary = true;
    if (starts_item(line)) units.end();
    std::string text = glossary ? without_second_cell(line) : std::string(line);
    text = without_marked(without_marked(text, '`'), '*');
    units.add(number, text);
  }
  return units.take();
}

std::vector<TextUnit> mdoc_paragraphs(std::string_view page) {
  Units units;
  size_t number = 0;
  for (std::string_view line : split_lines(page)) {
    ++number;
    if (line.starts_with(".Pp") || line.starts_with(".It") || line.starts_with(".Sh") ||
        line.starts_with(".B") || line.starts_with(".E"))
      units.end();
    // A macro's arguments are part of the sentence.
    if (line.starts_with(".")) line.remove_prefix(std::min(line.find(' '), line.size()));
    units.add(number, line);
  }
  return units.take();
}

std::vector<TextUnit> lines(std::string_view text) {
  Units units;
  size_t number = 0;
  for (const std::string_view line : split_lines(text)) {
    units.add(++number, line);
    units.end();
  }
  return units.take();
}

}  // namespace vde::test
