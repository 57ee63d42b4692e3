// Tables on a terminal: columns as wide as their content, and cut where the table would exceed the terminal.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::cmd {

// The columns of the terminal that stdout is, at least 40; 80 when it is none.
std::size_t output_columns();

struct TableLayout {
  std::size_t indent = 0;            // blanks before each line
  std::optional<std::size_t> width;  // of a whole line; nothing: as wide as the content
  std::size_t names = 0;             // the column of the objects' names, which are cut after all others
};

// Rows under upper-case headers, two blanks between columns. In a table of limited width the widest columns yield
// first; their cells end in "...", those of names have it in the middle, because names differ at their ends. What is
// written in capitals is a state and stays whole.
class TablePrinter {
 public:
  // Without headers only the rows are printed.
  explicit TablePrinter(std::vector<std::string> headers, TableLayout layout = {})
      : headers_(std::move(headers)), layout_(layout) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  // The lines of the rows added since the last call, headers before the first of all. Columns stay as wide as what has
  // been printed made them.
  std::string text();

 private:
  void measure(const std::vector<std::string>& row);
  std::vector<std::size_t> fitted() const;

  std::vector<std::string> headers_;
  TableLayout layout_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> widths_;
  std::vector<bool> states_;  // columns of words in capitals
  bool begun_ = false;
};

// Columns a terminal needs for the UTF-8 text (every character one).
std::size_t display_width(std::string_view text);
// "DesiredCount", "Desired" -> "DESIRED": blanks become dashes.
std::string header_of(std::string_view column);

}  // namespace muster::cmd
