// Lines of two texts side by side: Myers' algorithm ("An O(ND) Difference Algorithm", 1986), bounded.
#include <algorithm>
#include <string_view>

#include "api/base/text.h"
#include "api/schema/difference.h"
#include "api/schema/yaml.h"

namespace muster {

namespace {

using Lines = std::vector<std::string_view>;

constexpr std::ptrdiff_t most_changes = 1'000;  // memory grows with its square: 4 MB
constexpr std::size_t context = 3;

struct Edit {
  char sign;  // ' ', '-' or '+'
  std::string_view line;
};

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, length));
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return lines;
}

void replace_all(const Lines& before, const Lines& after, std::vector<Edit>& edits) {
  for (const std::string_view line : before) edits.push_back(Edit{'-', line});
  for (const std::string_view line : after) edits.push_back(Edit{'+', line});
}

// The shortest way from `before` to `after`, where x counts lines of the one and y of the other, and a diagonal is x -
// y. `reached[d]` holds for each diagonal from -d to d how far down d changes lead.
class Search {
 public:
  Search(const Lines& before, const Lines& after)
      : before_(before), after_(after), width_(std::ssize(before)), height_(std::ssize(after)) {}

  bool run() {
    for (std::ptrdiff_t d = 0; d <= std::min(most_changes, width_ + height_); ++d) {
      reached_.emplace_back(static_cast<std::size_t>(2 * d + 1), 0);
      for (std::ptrdiff_t diagonal = -d; diagonal <= d; diagonal += 2) {
        std::ptrdiff_t x = d == 0 ? 0 : first(d, diagonal);
        while (x < width_ && x - diagonal < height_ && same(x, x - diagonal)) ++x;
        at(d, diagonal) = x;
        if (x >= width_ && x - diagonal >= height_) return true;
      }
    }
    return false;
  }

  void append_edits(std::vector<Edit>& edits) const {
    const std::size_t start = edits.size();
    std::ptrdiff_t x = width_;
    std::ptrdiff_t y = height_;
    for (std::ptrdiff_t d = std::ssize(reached_) - 1; d >= 0; --d) {
      const std::ptrdiff_t diagonal = x - y;
      const std::ptrdiff_t snake = d == 0 ? 0 : first(d, diagonal);
      while (x > snake) {
        edits.push_back(Edit{' ', before_[static_cast<std::size_t>(--x)]});
        --y;
      }
      if (d == 0) break;
      if (goes_down(d, diagonal)) {
        edits.push_back(Edit{'+', after_[static_cast<std::size_t>(--y)]});
      } else {
        edits.push_back(Edit{'-', before_[static_cast<std::size_t>(--x)]});
      }
    }
    std::reverse(edits.begin() + static_cast<std::ptrdiff_t>(start), edits.end());
  }

 private:
  bool same(std::ptrdiff_t x, std::ptrdiff_t y) const {
    return before_[static_cast<std::size_t>(x)] == after_[static_cast<std::size_t>(y)];
  }
  std::ptrdiff_t& at(std::ptrdiff_t d, std::ptrdiff_t diagonal) {
    return reached_[static_cast<std::size_t>(d)][static_cast<std::size_t>(diagonal + d)];
  }
  std::ptrdiff_t at(std::ptrdiff_t d, std::ptrdiff_t diagonal) const {
    return reached_[static_cast<std::size_t>(d)][static_cast<std::size_t>(diagonal + d)];
  }
  // Whether the d-th change on the way to the diagonal adds a line (else it removes one).
  bool goes_down(std::ptrdiff_t d, std::ptrdiff_t diagonal) const {
    if (diagonal == -d) return true;
    if (diagonal == d) return false;
    return at(d - 1, diagonal - 1) < at(d - 1, diagonal + 1);
  }
  // Where the d-th change leads to, before the equal lines after it.
  std::ptrdiff_t first(std::ptrdiff_t d, std::ptrdiff_t diagonal) const {
    return goes_down(d, diagonal) ? at(d - 1, diagonal + 1) : at(d - 1, diagonal - 1) + 1;
  }

  const Lines& before_;
  const Lines& after_;
  std::ptrdiff_t width_, height_;
  std::vector<std::vector<std::ptrdiff_t>> reached_;
};

std::vector<Edit> edits_of(Lines before, Lines after) {
  std::vector<Edit> edits;
  const auto [one, other] = std::ranges::mismatch(before, after);
  for (auto line = before.begin(); line != one; ++line) edits.push_back(Edit{' ', *line});
  before.erase(before.begin(), one);
  after.erase(after.begin(), other);
  std::vector<Edit> tail;
  while (!before.empty() && !after.empty() && before.back() == after.back()) {
    tail.push_back(Edit{' ', before.back()});
    before.pop_back();
    after.pop_back();
  }
  Search search(before, after);
  if (search.run()) {
    search.append_edits(edits);
  } else {
    replace_all(before, after, edits);
  }
  edits.insert(edits.end(), tail.rbegin(), tail.rend());
  return edits;
}

// "12,3": where a hunk begins and how many lines it has; a hunk without lines stands after the line before it.
std::string range_text(std::size_t start, std::size_t count) {
  return str(count == 0 ? start : start + 1, ',', count);
}

void append_hunk(const std::vector<Edit>& edits, std::size_t begin, std::size_t end, std::string& out) {
  const auto count = [&](std::size_t from, std::size_t to, char without) {
    std::size_t lines = 0;
    for (std::size_t i = from; i < to; ++i) lines += edits[i].sign != without ? 1 : 0;
    return lines;
  };
  out += str("@@ -", range_text(count(0, begin, '+'), count(begin, end, '+')), " +",
             range_text(count(0, begin, '-'), count(begin, end, '-')), " @@\n");
  for (std::size_t i = begin; i < end; ++i) {
    out += edits[i].sign;
    out += edits[i].line;
    out += '\n';
  }
}

}  // namespace

std::string unified_diff(const Node& before, const Node& after, const std::string& before_name,
                         const std::string& after_name) {
  const std::string before_text = before.is_null() ? std::string() : write_yaml(before);
  const std::string after_text = after.is_null() ? std::string() : write_yaml(after);
  if (before_text == after_text) return {};
  const std::vector<Edit> edits = edits_of(lines_of(before_text), lines_of(after_text));

  std::string out = str("--- ", before_name, "\n+++ ", after_name, "\n");
  std::size_t at = 0;
  while (at < edits.size()) {
    if (edits[at].sign == ' ') {
      ++at;
      continue;
    }
    // A hunk goes on while the next change is near enough for their contexts to meet.
    std::size_t last = at;
    for (std::size_t i = at; i < edits.size() && i <= last + 2 * context + 1; ++i) {
      if (edits[i].sign != ' ') last = i;
    }
    const std::size_t end = std::min(last + 1 + context, edits.size());
    append_hunk(edits, at - std::min(at, context), end, out);
    at = end;
  }
  return out;
}

}  // namespace muster
