// Each subject with each kind of operator, the quirks that users of ECS know, and errors that name their position.
#include "api/query/query.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

namespace muster::query {
namespace {

class Instance final : public Subject {
 public:
  std::map<std::string, std::string, std::less<>> attributes{{"ecs.availability-zone", "us-east-1a"},
                                                             {"ecs.instance-type", "t2.small"},
                                                             {"stack", "prod"},
                                                             {"gpu", ""},
                                                             {"muster.instance", "i-1"}};
  std::set<std::string, std::less<>> groups{"service:web", "family:batch"};

  const std::string* attribute(std::string_view name) const override {
    const auto found = attributes.find(name);
    return found == attributes.end() ? nullptr : &found->second;
  }
  bool agent_connected() const override { return true; }
  std::string_view agent_version() const override { return "1.10.2"; }
  Time registered_at() const override { return *parse_time("2018-06-18T22:28:28Z"); }
  std::int64_t running_tasks_count() const override { return 3; }
  std::string_view ec2_instance_id() const override { return "i-1"; }
  bool has_group(std::string_view group) const override { return groups.count(group) != 0; }
  bool any_group(const std::function<bool(std::string_view)>& test) const override {
    for (const auto& group : groups) {
      if (test(group)) return true;
    }
    return false;
  }
};

struct Row {
  const char* expression;
  bool matches;
};
class QueryTest : public ::testing::TestWithParam<Row> {};

TEST_P(QueryTest, matches) {
  auto query = Query::parse(GetParam().expression);
  ASSERT_TRUE(query.ok()) << GetParam().expression << ": " << query.error().message;
  EXPECT_EQ(query->matches(Instance()), GetParam().matches) << GetParam().expression;
}

INSTANTIATE_TEST_SUITE_P(
    attributes, QueryTest,
    ::testing::Values(Row{"attribute:stack == prod", true}, Row{"attribute:stack==prod", true},
                      Row{"attribute:stack equals 'prod'", true}, Row{"attribute:stack == \"prod\"", true},
                      Row{"attribute:stack == test", false}, Row{"attribute:stack != test", true},
                      Row{"attribute:stack not_equals prod", false}, Row{"attribute:absent != prod", false},
                      Row{"attribute:absent == prod", false}, Row{"attribute:absent not_in [a]", false},
                      Row{"attribute:absent !~ a.*", false}, Row{"attribute:absent exists", false},
                      Row{"attribute:absent !exists", true}, Row{"attribute:absent not_exists", true},
                      Row{"attribute:gpu exists", true}, Row{"attribute:gpu not_exists", false},
                      Row{"attribute:absent != prod or attribute:absent not_exists", true},
                      Row{"attribute:stack in [test, prod]", true}, Row{"attribute:stack in ['test','prod']", true},
                      Row{"attribute:stack in prod", true}, Row{"attribute:stack in [test]", false},
                      Row{"attribute:stack !in [test]", true}, Row{"attribute:stack !in [prod]", false},
                      Row{"attribute:stack not_in [prod]", false}, Row{"attribute:stack > pro", true},
                      Row{"attribute:stack greater_than z", false}, Row{"attribute:stack <= prod", true},
                      Row{"attribute:stack less_than_equal prod", true}, Row{"attribute:stack < prod", false},
                      Row{"attribute:ecs.instance-type =~ t2.*", true}, Row{"attribute:ecs.instance-type =~ t2", false},
                      Row{"attribute:ecs.instance-type matches 't2\\.(small|large)'", true},
                      Row{"attribute:ecs.instance-type =~ t2\\.(small|large)", true},
                      Row{"(attribute:ecs.instance-type =~ t2\\.(small|large))", true},
                      Row{"attribute:ecs.instance-type =~ [a-z0-9]+\\.small && attribute:stack == prod", true},
                      Row{"attribute:ecs.instance-type !~ t2.*", false},
                      Row{"attribute:ecs.instance-type not_matches m5.*", true}));

INSTANTIATE_TEST_SUITE_P(
    subjects, QueryTest,
    ::testing::Values(Row{"agentConnected == true", true}, Row{"agentConnected != true", false},
                      Row{"agentConnected in [false]", false}, Row{"agentConnected =~ t.*", true},
                      Row{"agentVersion >= 1.9", true}, Row{"agentVersion < 1.9.9", false},
                      Row{"agentVersion == 1.10.2", true}, Row{"agentVersion greater_than 1.10.2", false},
                      Row{"agentVersion in [1.10.1, 1.10.2]", true}, Row{"ec2InstanceId == i-1", true},
                      Row{"ec2InstanceId in ['i-1', 'i-2']", true}, Row{"ec2InstanceId =~ i-[0-9]+", true},
                      Row{"registeredAt > 2018-06-18", true}, Row{"registeredAt <= 2018-06-18T22:28:28+00:00", true},
                      Row{"registeredAt < 2018-06-18T22:28:28", false},
                      Row{"registeredAt >= 2018-06-18T22:28:28Z", true}, Row{"runningTasksCount == 3", true},
                      Row{"runningTasksCount > 3", false}, Row{"runningTasksCount less_than_equal 3", true},
                      Row{"runningTasksCount in [1, 3]", true}, Row{"task:group == service:web", true},
                      Row{"task:group == service:api", false}, Row{"not(task:group == service:web)", false},
                      Row{"not(task:group == service:api)", true}, Row{"task:group != service:web", false},
                      Row{"task:group in [service:api, family:batch]", true}, Row{"task:group !in [service:api]", true},
                      Row{"task:group =~ service:.*", true}, Row{"task:group !~ service:.*", false}));

INSTANTIATE_TEST_SUITE_P(
    combinations, QueryTest,
    ::testing::Values(Row{"attribute:stack == prod and attribute:gpu exists", true},
                      Row{"attribute:stack == prod && attribute:absent exists", false},
                      Row{"attribute:absent exists || attribute:gpu exists", true},
                      Row{"attribute:absent exists or attribute:gpu exists and attribute:stack == test", false},
                      Row{"(attribute:absent exists or attribute:gpu exists) and attribute:stack == prod", true},
                      Row{"!(attribute:absent exists)", true}, Row{"! attribute:gpu exists", false},
                      Row{"not not attribute:gpu exists", true},
                      Row{"not attribute:absent exists and attribute:gpu exists", true},
                      Row{"  attribute:gpu exists  ", true}, Row{"((((attribute:gpu exists))))", true},
                      Row{"attribute:gpu exists&&attribute:stack==prod", true}));

TEST(Query, names_the_position_of_what_is_wrong) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "an empty expression at position 1"},
      {"   ", "an empty expression at position 4"},
      {"stack == prod", "runningTasksCount or task:group at position 1"},
      {"attribute: == prod", "expected a name after attribute:"},
      {"attribute:stack", "expected an operator at position 16"},
      {"attribute:stack = prod", "a single = (equality is ==) at position 17"},
      {"attribute:stack ==", "expected a value at position 19"},
      {"attribute:stack == 'prod", "a quote that is not closed at position 20"},
      {"attribute:stack == prod attribute:gpu exists", "unexpected \"attribute:gpu exists\" at position 25"},
      {"(attribute:gpu exists", "expected ) for the ( of position 1 at position 22"},
      {"attribute:gpu exists)", "unexpected \")\" at position 21"},
      {"attribute:stack in [a, b", "expected , or ] at position 25"},
      {"attribute:stack in []", "expected a value at position 21"},
      {"attribute:stack =~ a(b", "expected ) at position 4, in the value at position 20"},
      {"runningTasksCount > many", "expected a whole number at position 21"},
      {"runningTasksCount exists", "an operator that runningTasksCount does not have at position 19"},
      {"agentConnected > true", "an operator that agentConnected does not have at position 16"},
      {"agentConnected == yes", "expected true or false at position 19"},
      {"registeredAt > yesterday", "expected a time such as 2026-11-22T20:00:00Z, or a date at position 16"},
      {"task:group > a", "an operator that task:group does not have at position 12"},
      {"attribute:a == b and", "at position 21"},
  };
  for (const auto& [expression, message] : rows) {
    auto query = Query::parse(expression);
    ASSERT_FALSE(query.ok()) << expression;
    EXPECT_EQ(query.error().code, Code::invalid);
    EXPECT_NE(query.error().message.find(message), std::string::npos) << expression << ": " << query.error().message;
  }
}

TEST(Query, has_limits) {
  EXPECT_FALSE(Query::parse("attribute:a == " + std::string(expression_bytes, 'b')).ok());
  EXPECT_FALSE(Query::parse(std::string(500, '(') + "attribute:a exists" + std::string(500, ')')).ok());
  EXPECT_FALSE(Query::parse(std::string(1000, '!') + "attribute:a exists").ok());
  std::string wide = "attribute:a exists";
  while (wide.size() < 1900) wide += " or attribute:a exists";
  EXPECT_TRUE(Query::parse(wide).ok());
}

TEST(Query, says_what_it_depends_on) {
  EXPECT_TRUE(Query::parse("attribute:a exists and not(task:group == service:web)")->reads_tasks());
  EXPECT_TRUE(Query::parse("runningTasksCount < 5")->reads_tasks());
  EXPECT_FALSE(Query::parse("attribute:a exists and agentConnected == true")->reads_tasks());
}

TEST(Query, finds_the_one_instance_an_expression_names) {
  EXPECT_EQ(Query::parse("attribute:muster.instance == n1")->only_instance(), "n1");
  EXPECT_EQ(Query::parse("attribute:a exists and (ec2InstanceId in [n1])")->only_instance(), "n1");
  EXPECT_EQ(Query::parse("ec2InstanceId in [n1, n2]")->only_instance(), std::nullopt);
  EXPECT_EQ(Query::parse("ec2InstanceId == n1 or attribute:a exists")->only_instance(), std::nullopt);
  EXPECT_EQ(Query::parse("not ec2InstanceId == n1")->only_instance(), std::nullopt);
  EXPECT_EQ(Query::parse("attribute:muster.instance != n1")->only_instance(), std::nullopt);
}

TEST(Query, names_the_attribute_that_is_missing) {
  const Instance instance;
  EXPECT_EQ(Query::parse("attribute:stack == test")->missing_attribute(instance), "");
  EXPECT_EQ(Query::parse("attribute:stack == prod and attribute:zone == a")->missing_attribute(instance), "zone");
  EXPECT_EQ(Query::parse("not attribute:zone exists")->missing_attribute(instance), "");
  EXPECT_EQ(Query::parse("attribute:zone not_exists and attribute:stack == x")->missing_attribute(instance), "");
}

// Whatever the bytes are, parsing ends with a value or an error, and a value can be asked.
TEST(Query, survives_any_text) {
  std::mt19937 random(11);
  const char* pieces[] = {"attribute:a", "(", ")", "and", "||",  "!",      "not", "==",         "=~",   "in",
                          "[",           "]", ",", "'",   "a.*", "exists", " ",   "task:group", "\xff", "{1,3}"};
  int parsed = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (unsigned n = static_cast<unsigned>(random() % 9); n > 0; --n) text += std::string(pieces[random() % 20]) + " ";
    auto query = Query::parse(text);
    if (!query.ok()) continue;
    ++parsed;
    const bool once = query->matches(Instance());
    EXPECT_EQ(once, query->matches(Instance())) << text;
  }
  EXPECT_GT(parsed, 10);
}

}  // namespace
}  // namespace muster::query
