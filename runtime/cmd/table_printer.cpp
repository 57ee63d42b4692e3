#include "runtime/cmd/table_printer.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace muster::cmd {

std::size_t display_width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string header_of(std::string_view column) {
  std::string out;
  for (const char c : column) out += c == ' ' ? '-' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::string TablePrinter::text(std::size_t indent) const {
  std::vector<std::size_t> widths;
  widths.reserve(headers_.size());
  for (const std::string& header : headers_) widths.push_back(display_width(header));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string out;
  const auto line = [&](const std::vector<std::string>& row) {
    out.append(indent, ' ');
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size() && i < widths.size()) out.append(widths[i] - display_width(row[i]) + 2, ' ');
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    out += '\n';
  };
  line(headers_);
  for (const auto& row : rows_) line(row);
  return out;
}

}  // namespace muster::cmd
