// Tables on a terminal: columns as wide as their content, cut where 80 columns are exceeded only on request.
#pragma once

#include <string>
#include <vector>

namespace muster::cmd {

// Prints rows under upper-case headers, two blanks between columns, the last column as long as it is.
class TablePrinter {
 public:
  explicit TablePrinter(std::vector<std::string> headers) : headers_(std::move(headers)) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  // The whole table; `indent` blanks before each line.
  std::string text(std::size_t indent = 0) const;

 private:
  std::vector<std::string> headers_;
  std::vector<std::vector<std::string>> rows_;
};

// Columns a terminal needs for the UTF-8 text (every character one).
std::size_t display_width(const std::string& text);
// "DesiredCount", "Desired" -> "DESIRED": blanks become dashes.
std::string header_of(std::string_view column);

}  // namespace muster::cmd
