#include "runtime/cmd/table_printer.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <numeric>

namespace muster::cmd {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t columns_default = 80, columns_least = 40;
constexpr std::string_view cut_mark = "...";
// How far columns yield, in turns: other columns, names, then both as far as it goes.
constexpr std::size_t cell_readable = 14, name_readable = 30, cell_least = 6, name_least = 8;

bool is_state(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
}

// Bytes of the first `characters` of the UTF-8 text.
std::size_t bytes_of(std::string_view text, std::size_t characters) {
  std::size_t at = 0;
  while (at < text.size() && characters > 0) {
    do ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U);
    --characters;
  }
  return at;
}

std::string cut(std::string_view text, std::size_t width, std::size_t kept_of_end) {
  const std::size_t all = display_width(text);
  if (all <= width) return std::string(text);
  const std::size_t end = std::min(kept_of_end, width - cut_mark.size());
  const std::size_t begin = width - cut_mark.size() - end;
  return std::string(text.substr(0, bytes_of(text, begin))) + std::string(cut_mark) +
         std::string(text.substr(bytes_of(text, all - end)));
}

}  // namespace

std::size_t output_columns() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) == 0 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return columns_default;
  return std::max<std::size_t>(size.ws_col, columns_least);
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string header_of(std::string_view column) {
  std::string out;
  for (const char c : column) out += c == ' ' ? '-' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

void TablePrinter::measure(const std::vector<std::string>& row) {
  widths_.resize(std::max(widths_.size(), row.size()));
  states_.resize(widths_.size(), true);
  for (std::size_t i = 0; i < row.size(); ++i) {
    widths_[i] = std::max(widths_[i], display_width(row[i]));
    if (i >= headers_.size() || &row != &headers_) states_[i] = states_[i] && is_state(row[i]);
  }
}

std::vector<std::size_t> TablePrinter::fitted() const {
  std::vector<std::size_t> widths = widths_;
  if (!layout_.width || widths.empty()) return widths;
  std::size_t total =
      std::accumulate(widths.begin(), widths.end(), layout_.indent) + gap * (widths.size() - std::size_t{1});
  const auto is_name = [this](std::size_t i) { return i == layout_.names; };
  // Takes from the widest, and of equal ones from the rightmost, one character at a time.
  const auto yield_to = [&](std::size_t least, bool names) {
    while (total > *layout_.width) {
      std::size_t widest = widths.size();
      for (std::size_t i = 0; i < widths.size(); ++i) {
        const std::size_t header = i < headers_.size() ? display_width(headers_[i]) : 0;
        if (is_name(i) != names || states_[i] || widths[i] <= std::max(least, header)) continue;
        if (widest == widths.size() || widths[i] >= widths[widest]) widest = i;
      }
      if (widest == widths.size()) return;
      --widths[widest];
      --total;
    }
  };
  yield_to(cell_readable, false);
  yield_to(name_readable, true);
  yield_to(cell_least, false);
  yield_to(name_least, true);
  return widths;
}

std::string TablePrinter::text() {
  if (!begun_) measure(headers_);
  for (const auto& row : rows_) measure(row);
  const std::vector<std::size_t> widths = fitted();
  std::string out;
  const auto line = [&](const std::vector<std::string>& row) {
    out.append(layout_.indent, ' ');
    for (std::size_t i = 0; i < row.size(); ++i) {
      // As much of a name's end as the part that tells tasks of one service apart.
      const std::string cell = !layout_.width ? row[i] : cut(row[i], widths[i], i == layout_.names ? widths[i] / 2 : 0);
      out += cell;
      if (i + 1 < row.size()) out.append(widths[i] - display_width(cell) + gap, ' ');
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    out += '\n';
  };
  if (!begun_ && !headers_.empty()) line(headers_);
  begun_ = true;
  for (const auto& row : rows_) line(row);
  rows_.clear();
  return out;
}

}  // namespace muster::cmd
