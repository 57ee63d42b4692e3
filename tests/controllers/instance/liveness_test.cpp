// Facts in, verdict out: each row is one moment in the life of a connection.
#include "controllers/instance/liveness.h"

#include <gtest/gtest.h>

#include "tests/support/builders.h"

namespace muster::instance {
namespace {

using namespace std::chrono_literals;
using testing::t0;

struct Row {
  const char* name;
  AgentConnection agent;
  Duration now;  // after t0
  Connection expected;
  std::optional<Duration> until;  // after t0
};

AgentConnection facts(bool connected, bool synced, Duration since, Duration heard = -1h, Duration away = -1h) {
  AgentConnection agent;
  agent.connected = connected;
  agent.synced = synced;
  agent.since = t0 + since;
  if (heard > -1h) agent.last_heard = t0 + heard;
  if (away > -1h) agent.away_until = t0 + away;
  return agent;
}

class LivenessTest : public ::testing::TestWithParam<Row> {};

TEST_P(LivenessTest, judges) {
  const Row& row = GetParam();
  auto instance = testing::an_instance("n1").object();
  instance.metadata.creation_timestamp = t0;
  instance.status.agent = row.agent;
  const Judgement judgement = judge(instance, 5s, t0 + row.now);
  EXPECT_EQ(connection_name(judgement.connection), connection_name(row.expected));
  EXPECT_EQ(judgement.until.has_value(), row.until.has_value());
  if (judgement.until && row.until) {
    EXPECT_EQ(*judgement.until - t0, *row.until);
    // Exactly then, and not a nanosecond before, it is another.
    EXPECT_EQ(judge(instance, 5s, *judgement.until - 1ns).connection, row.expected);
    EXPECT_NE(judge(instance, 5s, *judgement.until).connection, row.expected);
  }
}

INSTANTIATE_TEST_SUITE_P(
    rows, LivenessTest,
    ::testing::Values(
        Row{"synced", facts(true, true, 0s), 100s, Connection::connected, {}},
        Row{"not_yet_synced", facts(true, false, 0s), 100s, Connection::returning, {}},
        Row{"just_closed", facts(false, true, 10s, 10s), 10s, Connection::suspect, 15s},
        Row{"closed_long_ago", facts(false, true, 10s, 10s), 15s, Connection::lost, {}},
        Row{"counts_from_the_last_frame_when_silent", facts(false, true, 10s, 9s), 13s, Connection::suspect, 14s},
        Row{"silent_for_too_long", facts(false, true, 10s, 9s), 14s, Connection::lost, {}},
        Row{"nothing_heard_counts_from_the_close", facts(false, true, 10s), 14s, Connection::suspect, 15s},
        // A restarted server: the last frame heard is from long before.
        Row{"after_a_restart_of_the_server", facts(false, true, 1000s, 3s), 1004s, Connection::suspect, 1005s},
        Row{"away", facts(false, true, 10s, 10s, 130s), 100s, Connection::away, 130s},
        Row{"away_is_over", facts(false, true, 10s, 10s, 130s), 130s, Connection::lost, {}},
        Row{"a_short_absence_leaves_time", facts(false, true, 10s, 10s, 12s), 12s, Connection::suspect, 15s},
        Row{"never_called", AgentConnection{}, 4s, Connection::suspect, 5s},
        Row{"never_called_for_long", AgentConnection{}, 5s, Connection::lost, {}}),
    [](const auto& row) { return row.param.name; });

TEST(Liveness, ready_says_so_in_words) {
  auto instance = testing::an_instance("n1").object();
  instance.status.agent = facts(false, true, 0s, 0s);
  const auto suspect = ready_condition(instance, judge(instance, 5s, t0 + 1s));
  EXPECT_EQ(suspect.status, "Unknown");
  EXPECT_EQ(suspect.reason, "Suspect");
  EXPECT_EQ(suspect.message, "not connected since 2026-01-01T00:00:00Z, lost at 2026-01-01T00:00:05Z");
  const auto lost = ready_condition(instance, judge(instance, 5s, t0 + 6s));
  EXPECT_EQ(lost.status, "False");
  EXPECT_EQ(lost.reason, "Lost");
}

}  // namespace
}  // namespace muster::instance
