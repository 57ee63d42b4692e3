// What does not fit is cut where it hurts least: long cells first, names in their middle, states never.
#include "runtime/cmd/table_printer.h"

#include <gtest/gtest.h>

#include <sstream>

namespace muster::cmd {
namespace {

std::size_t widest_line(const std::string& text) {
  std::istringstream lines(text);
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, display_width(line));
  return widest;
}

std::string table(std::vector<std::string> headers, std::vector<std::vector<std::string>> rows, TableLayout layout) {
  TablePrinter printer(std::move(headers), layout);
  for (auto& row : rows) printer.add(std::move(row));
  return printer.text();
}

const std::vector<std::string> task_headers{"NAME", "STATUS", "INSTANCE", "DEFINITION", "REASON", "AGE"};

TEST(TablePrinter, PadsColumnsToTheirContent) {
  EXPECT_EQ(table({"NAME", "N"}, {{"a", "1"}, {"long", ""}}, {}), "NAME  N\na     1\nlong\n");
  EXPECT_EQ(table({"A", "B"}, {{"\xc3\xa4\xc3\xb6", "x"}}, {1, {}, 0}), " A   B\n \xc3\xa4\xc3\xb6  x\n");
}

TEST(TablePrinter, WhatFitsIsNotCut) {
  const std::vector<std::string> row{"web-0-0-1a2b3c4d", "PROVISIONING", "", "web:12", "Unplaceable", "5s"};
  EXPECT_EQ(table(task_headers, {row}, {0, 80, 0}), table(task_headers, {row}, {}));
}

TEST(TablePrinter, TaskThatWaitsFits) {
  const std::string text = table(
      task_headers, {{"web-frontend-0-0-1a2b3c4d", "PROVISIONING", "<none>", "web-frontend:12", "Unplaceable", "10d"}},
      {0, 80, 0});
  EXPECT_LE(widest_line(text), 80U) << text;
  for (const char* whole : {"web-frontend-0-0-1a2b3c4d", "PROVISIONING", "Unplaceable", "10d"})
    EXPECT_NE(text.find(whole), std::string::npos) << text;
}

TEST(TablePrinter, LongNamesKeepTheirEnds) {
  const std::string name = "a-service-with-a-name-of-forty-characters-12-3-1a2b3c4d";
  const std::string text =
      table(task_headers,
            {{name, "DEPROVISIONING", "ip-10-0-31-188.eu-west-1.compute", name + ":117", "CannotPullContainer", "10d"}},
            {0, 80, 0});
  EXPECT_LE(widest_line(text), 80U) << text;
  EXPECT_NE(text.find("DEPROVISIONING"), std::string::npos) << text;
  EXPECT_NE(text.find("3-1a2b3c4d"), std::string::npos) << "what tells tasks apart is at the end:\n" << text;
  EXPECT_NE(text.find("a-servi"), std::string::npos) << text;
}

TEST(TablePrinter, NamesInASecondColumnAreNamesToo) {
  const std::string text =
      table({"NAMESPACE", "NAME", "MESSAGE"},
            {{"a-namespace-of-some-length", "web-0-0-1a2b3c4d", std::string(100, 'x')}}, {0, 60, 1});
  EXPECT_LE(widest_line(text), 60U) << text;
  EXPECT_NE(text.find("web-0-0-1a2b3c4d"), std::string::npos) << text;
}

TEST(TablePrinter, CutsBetweenCharacters) {
  const std::string text = table({"A"},
                                 {{"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
                                   "\xe2\x82\xac\xe2\x82\xac"}},
                                 {0, 7, 9});
  EXPECT_EQ(text, "A\n\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac...\n");
}

TEST(TablePrinter, RowsThatComeLaterStandUnderTheFirst) {
  TablePrinter printer({"NAME", "STATUS"});
  printer.add({"a-long-name", "RUNNING"});
  EXPECT_EQ(printer.text(), "NAME         STATUS\na-long-name  RUNNING\n");
  printer.add({"b", "STOPPED"});
  EXPECT_EQ(printer.text(), "b            STOPPED\n");
}

TEST(TablePrinter, WithoutHeadersOnlyRows) {
  EXPECT_EQ(table({}, {{"a", "b"}}, {0, 80, 0}), "a  b\n");
}

}  // namespace
}  // namespace muster::cmd
