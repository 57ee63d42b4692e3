// What is done to have an image: every behaviour against every state, and what failures are taken for.
#include "controllers/image/pull.h"

#include <gtest/gtest.h>

namespace muster::image {
namespace {

using B = PullBehavior;

struct Row {
  const char* what;
  Question question;
  Step step;
};

Question asked(B behavior, bool present, bool pulled_before = false) {
  Question out;
  out.behavior = behavior;
  if (present) out.present_id = "sha256:1";
  out.pulled_before = pulled_before;
  return out;
}
Question exact(Question question) {
  question.exact = true;
  return question;
}
Question pinned(Question question, const char* id) {
  question.pinned_id = id;
  return question;
}
Question local(Question question) {
  question.registries = false;
  return question;
}

TEST(Pull, FirstStep) {
  const Row rows[] = {
      {"default asks also for what is present", asked(B::standard, true), Step::resolve},
      {"default, absent", asked(B::standard, false), Step::resolve},
      {"always", asked(B::always, true), Step::resolve},
      {"once, never pulled", asked(B::once, true), Step::resolve},
      {"once, pulled before", asked(B::once, true, true), Step::use},
      {"once, removed since", asked(B::once, false, true), Step::resolve},
      {"prefer-cached, present", asked(B::prefer_cached, true), Step::use},
      {"prefer-cached, absent", asked(B::prefer_cached, false), Step::resolve},
      {"a digest that is present", exact(asked(B::standard, true)), Step::use},
      {"a digest that is absent", exact(asked(B::prefer_cached, false)), Step::pull},
      {"always pulls a digest too", exact(asked(B::always, true)), Step::pull},
      {"the pinned build", pinned(asked(B::always, true), "sha256:1"), Step::use},
      {"another build", pinned(asked(B::prefer_cached, true), "sha256:2"), Step::find_pinned},
      {"no build", pinned(asked(B::standard, false), "sha256:2"), Step::find_pinned},
      {"no registries, present", local(asked(B::always, true)), Step::use},
      {"no registries, absent", local(asked(B::standard, false)), Step::pull},
      {"no registries, a digest that is present", local(exact(asked(B::always, true))), Step::use},
  };
  for (const Row& row : rows) EXPECT_EQ(first_step(row.question), row.step) << row.what;
  EXPECT_EQ(step_after_resolve(B::standard, true), Step::use);
  EXPECT_EQ(step_after_resolve(B::always, true), Step::pull);
  EXPECT_EQ(step_after_resolve(B::standard, false), Step::pull);
}

TEST(Pull, WhatIsPresentServesOnlyWhereAllowed) {
  EXPECT_TRUE(may_fall_back(asked(B::standard, true)));
  EXPECT_TRUE(may_fall_back(asked(B::prefer_cached, true)));
  EXPECT_FALSE(may_fall_back(asked(B::always, true)));
  EXPECT_FALSE(may_fall_back(asked(B::once, true)));
  EXPECT_FALSE(may_fall_back(asked(B::standard, false)));
  EXPECT_FALSE(may_fall_back(pinned(asked(B::standard, true), "sha256:2")));
}

TEST(Pull, WordsOfEnginesAndRegistries) {
  const std::pair<Error, Failure> rows[] = {
      {{Code::not_found, "manifest for r/a:1 not found: manifest unknown", {}}, Failure::unknown_image},
      {{Code::not_found, "pull access denied for a, repository does not exist or may require 'docker login'", {}},
       Failure::unknown_image},
      {{Code::internal, "manifest unknown: manifest unknown", {}}, Failure::unknown_image},
      {{Code::internal, "Get \"http://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused", {}},
       Failure::unreachable},
      {{Code::internal, "dial tcp: lookup r.example on 127.0.0.53:53: no such host", {}}, Failure::unreachable},
      {{Code::unauthorized, "unauthorized: authentication required", {}}, Failure::denied},
      {{Code::internal, "Head \"http://r/v2/a/manifests/1\": no basic auth credentials", {}}, Failure::denied},
      {{Code::forbidden, "denied", {}}, Failure::denied},
      {{Code::timeout, "stalled", {}}, Failure::stalled},
      {{Code::internal, "write /var/lib/docker/x: no space left on device", {}}, Failure::no_space},
      {{Code::internal, "toomanyrequests: You have reached your pull rate limit", {}}, Failure::other},
      {{Code::internal, "received unexpected HTTP status: 500 Internal Server Error", {}}, Failure::other},
      {{Code::unavailable, "connection refused", {}}, Failure::engine_away},
      {{Code::invalid, "invalid reference format", {}}, Failure::invalid},
  };
  for (const auto& [error, failure] : rows) EXPECT_EQ(failure_of(error), failure) << error.message;
}

TEST(Pull, TriesAgainWhereThatCanHelp) {
  for (const Failure each : {Failure::unknown_image, Failure::denied, Failure::invalid, Failure::engine_away}) {
    EXPECT_FALSE(retry_delay(each, 1, false, 0));
  }
  Duration before{};
  for (int tries = 1; tries < most_tries; ++tries) {
    const auto delay = retry_delay(Failure::unreachable, tries, false, 0);
    ASSERT_TRUE(delay);
    EXPECT_GT(*delay, before);
    EXPECT_LT(*delay, *retry_delay(Failure::unreachable, tries, false, 0.9));
    EXPECT_LE(*retry_delay(Failure::unreachable, tries, false, 1), std::chrono::seconds(6));
    before = *delay;
  }
  EXPECT_FALSE(retry_delay(Failure::unreachable, most_tries, false, 0));
  EXPECT_FALSE(retry_delay(Failure::unreachable, 1, true, 0)) << "what is present serves at once";
  EXPECT_TRUE(retry_delay(Failure::other, 1, true, 0));
  EXPECT_FALSE(retry_delay(Failure::other, 2, true, 0));
  EXPECT_TRUE(retry_delay(Failure::stalled, 1, false, 0));
  EXPECT_FALSE(retry_delay(Failure::stalled, 2, false, 0));
}

TEST(Pull, ReasonsHaveOneNameAndSayWhatToDo) {
  EXPECT_EQ(reason_of(Failure::unknown_image, "r/a:1", {Code::not_found, "CannotPullContainerError: no", {}}, 1),
            "CannotPullContainerError: r/a:1: no; check the image's name and tag, and whether its registry wants "
            "credentials (repositoryCredentials, or --docker-config of the agent)");
  EXPECT_EQ(reason_of(Failure::other, "r/a:1", {Code::internal, "r/a:1 is broken", {}}, 5),
            "CannotPullContainerError: r/a:1 is broken (tried 5 times)");
}

TEST(Pull, BehaviorsHaveTheWordsOfEcs) {
  EXPECT_EQ(*parse_behavior("default"), B::standard);
  EXPECT_EQ(*parse_behavior("always"), B::always);
  EXPECT_EQ(*parse_behavior("once"), B::once);
  EXPECT_EQ(*parse_behavior("prefer-cached"), B::prefer_cached);
  EXPECT_FALSE(parse_behavior("never").ok());
}

TEST(Pull, DigestOfTheNameGoesBeforeThePin) {
  EXPECT_EQ(exact_digest(parse("a@sha256:1"), {"sha256:2", ""}), "sha256:1");
  EXPECT_EQ(wanted_name("a:1", parse("a:1"), {"sha256:2", ""}), "a@sha256:2");
  EXPECT_EQ(wanted_name("a:1", parse("a:1"), {"", "sha256:3"}), "a:1");
}

}  // namespace
}  // namespace muster::image
