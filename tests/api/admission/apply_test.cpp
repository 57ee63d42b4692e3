// Server-side apply through admission: what is stored, who owns it, and what the description's defaults do to both.
#include <gtest/gtest.h>

#include "api/admission/admission.h"
#include "api/base/text.h"
#include "api/schema/json.h"
#include "api/types/builtin.h"
#include "api/types/cluster.h"
#include "api/types/service.h"

namespace muster {
namespace {

class ApplyTest : public ::testing::Test {
 protected:
  ApplyTest() {
    context_.now = Time(std::chrono::seconds(1'800'000'000));
    context_.new_uid = [this] {
      std::string digits = std::to_string(++uids_);
      return std::string(32 - digits.size(), '0') + digits;
    };
    auto ns = make<Namespace>();
    ns.metadata.name = "default";
    auto cluster = make<Cluster>();
    cluster.metadata.name = "default";
    EXPECT_TRUE(admit(state_, {create(share(ns)), create(share(cluster))}, context_).ok());
  }

  Result<Admitted> run(Write write) {
    context_.now += std::chrono::seconds(1);
    TRY(Admission done, admit(state_, {std::move(write)}, context_));
    return std::move(done.results.front());
  }
  static Write apply(const std::string& manager, const std::string& spec,
                     apply::Conflicts conflicts = apply::Conflicts::refuse) {
    auto node = parse_json(str(R"({"apiVersion":"muster.dev/v1beta1","kind":"Service","metadata":{"name":"web",)"
                               R"("namespace":"default"},"spec":)",
                               spec, "}"));
    EXPECT_TRUE(node.ok());
    return apply_configuration(Key{&kind_of<Service>(), "default", "web"},
                               std::make_shared<const Node>(std::move(node).value()), manager, conflicts);
  }
  std::shared_ptr<const Service> web() const { return state_.get<Service>("default", "web"); }

  State state_;
  AdmissionContext context_;
  std::uint64_t uids_ = 0;
};

// Two ranges differ by their first ports, which their writer need not repeat.
TEST_F(ApplyTest, PortRangesAreToldApart) {
  const auto write = [](std::string_view ranges) {
    auto node = parse_json(str(R"({"apiVersion":"muster.dev/v1beta1","kind":"TaskDefinition","metadata":{"name":"web",)"
                               R"("namespace":"default"},"spec":{"containerDefinitions":[{"name":"app","image":"i",)"
                               R"("memory":8,"portMappings":[)",
                               ranges, "]}]}}"));
    EXPECT_TRUE(node.ok());
    return apply_configuration(Key{&kind_of<TaskDefinition>(), "default", "web"},
                               std::make_shared<const Node>(std::move(node).value()), "gitops",
                               apply::Conflicts::refuse);
  };
  const auto ports = [this] {
    std::vector<std::int32_t> out;
    const auto definition = state_.get<TaskDefinition>("default", "web");
    for (const PortMapping& each : definition->spec.container_definitions[0].port_mappings) {
      out.push_back(each.container_port);
    }
    return out;
  };
  auto done = run(write(R"({"containerPortRange":"80-81"},{"containerPortRange":"90-91"},{"containerPort":7})"));
  ASSERT_TRUE(done.ok()) << done.error().text();
  EXPECT_EQ(ports(), (std::vector<std::int32_t>{80, 90, 7}));
  const std::string& fields = state_.get<TaskDefinition>("default", "web")->metadata.managed_fields[0].fields_v1.json;
  EXPECT_NE(fields.find(R"(k:{\"containerPort\":90,\"protocol\":\"tcp\"})"), std::string::npos) << fields;
  done = run(write(R"({"containerPortRange":"90-91"})"));
  ASSERT_TRUE(done.ok()) << done.error().text();
  EXPECT_EQ(ports(), (std::vector<std::int32_t>{90}));
}

TEST_F(ApplyTest, CreatesWhatIsNotThere) {
  const auto done = run(apply("gitops", R"({"taskDefinition":"web","desiredCount":2})"));
  ASSERT_TRUE(done.ok()) << done.error().text();
  ASSERT_NE(web(), nullptr);
  EXPECT_EQ(web()->spec.desired_count, 2);
  EXPECT_EQ(web()->metadata.generation, 1);
  ASSERT_EQ(web()->metadata.managed_fields.size(), 1U);
  const ManagedFieldsEntry& entry = web()->metadata.managed_fields.front();
  EXPECT_EQ(entry.manager, "gitops");
  EXPECT_EQ(entry.operation, "Apply");
  EXPECT_EQ(entry.api_version, "muster.dev/v1beta1");
  // What defaults filled in belongs to nobody.
  EXPECT_EQ(entry.fields_v1.json, R"({"f:spec":{"f:desiredCount":{},"f:taskDefinition":{}}})");
}

TEST_F(ApplyTest, SayingTheSameAgainIsNoWrite) {
  ASSERT_TRUE(run(apply("gitops", R"({"taskDefinition":"web","desiredCount":2})")).ok());
  const std::int64_t revision = state_.revision();
  const auto again = run(apply("gitops", R"({"taskDefinition":"web","desiredCount":2})"));
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->changed);
  EXPECT_EQ(state_.revision(), revision);
}

TEST_F(ApplyTest, AFieldLeftOutGoesBackToItsDefault) {
  ASSERT_TRUE(
      run(apply("gitops", R"({"taskDefinition":"web","deploymentConfiguration":{"maximumPercent":150}})")).ok());
  ASSERT_TRUE(run(apply("gitops", R"({"taskDefinition":"web"})")).ok());
  EXPECT_EQ(web()->spec.deployment_configuration.maximum_percent,
            make<Service>().spec.deployment_configuration.maximum_percent);
  EXPECT_EQ(web()->metadata.generation, 2);
}

TEST_F(ApplyTest, ConflictChangesNothing) {
  ASSERT_TRUE(run(apply("one", R"({"taskDefinition":"web","desiredCount":2})")).ok());
  const std::int64_t revision = state_.revision();
  const auto refused = run(apply("other", R"({"taskDefinition":"web","desiredCount":3})"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::conflict);
  EXPECT_EQ(refused.error().causes.front().field, ".spec.desiredCount");
  EXPECT_EQ(state_.revision(), revision);
  ASSERT_TRUE(run(apply("other", R"({"taskDefinition":"web","desiredCount":3})", apply::Conflicts::force)).ok());
  EXPECT_EQ(web()->spec.desired_count, 3);
}

TEST_F(ApplyTest, CreateAndUpdateAreTrackedByManager) {
  auto service = make<Service>();
  service.metadata.name = "web";
  service.metadata.ns = "default";
  service.spec.task_definition = "web";
  service.spec.desired_count = 2;
  Write write = create(share(service));
  write.manager = "editor";
  ASSERT_TRUE(run(std::move(write)).ok());
  ASSERT_EQ(web()->metadata.managed_fields.size(), 1U);
  EXPECT_EQ(web()->metadata.managed_fields[0].operation, "Update");

  Service changed = *web();
  changed.spec.desired_count = 5;
  changed.metadata.managed_fields.clear();  // a client that does not know the field
  write = update(share(changed));
  write.manager = "scaler";
  ASSERT_TRUE(run(std::move(write)).ok());
  ASSERT_EQ(web()->metadata.managed_fields.size(), 2U);
  EXPECT_EQ(web()->metadata.managed_fields[1].manager, "scaler");
  EXPECT_EQ(web()->metadata.managed_fields[1].fields_v1.json, R"({"f:spec":{"f:desiredCount":{}}})");
  EXPECT_EQ(web()->metadata.managed_fields[0].fields_v1.json.find("desiredCount"), std::string::npos);
  const auto refused = run(apply("gitops", R"({"taskDefinition":"web","desiredCount":3})"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message,
            "Apply failed with 1 conflict: conflict with \"scaler\" using muster.dev/v1beta1 at "
            "2027-01-15T08:00:02Z: .spec.desiredCount");
}

TEST_F(ApplyTest, ClientsMayReplaceAndResetManagedFields) {
  ASSERT_TRUE(run(apply("gitops", R"({"taskDefinition":"web","desiredCount":2})")).ok());
  Service changed = *web();
  changed.metadata.managed_fields[0].manager = "renamed";
  Write write = update(share(changed));
  write.manager = "editor";
  ASSERT_TRUE(run(write).ok());
  ASSERT_EQ(web()->metadata.managed_fields.size(), 1U);
  EXPECT_EQ(web()->metadata.managed_fields[0].manager, "renamed");

  changed = *web();
  changed.metadata.managed_fields = {ManagedFieldsEntry{}};
  write = update(share(changed));
  write.manager = "editor";
  ASSERT_TRUE(run(write).ok());
  EXPECT_TRUE(web()->metadata.managed_fields.empty());
}

TEST_F(ApplyTest, WhatWasThereBeforeTheFirstApplyHasAnOwner) {
  auto service = make<Service>();
  service.metadata.name = "web";
  service.metadata.ns = "default";
  service.spec.task_definition = "web";
  service.spec.desired_count = 2;
  ASSERT_TRUE(run(create(share(service))).ok());
  ASSERT_TRUE(web()->metadata.managed_fields.empty());
  const auto refused = run(apply("gitops", R"({"desiredCount":3})"));
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("before-first-apply"), std::string::npos) << refused.error().message;
}

TEST_F(ApplyTest, KubectlsOldAnnotationFollowsAnApply) {
  auto service = make<Service>();
  service.metadata.name = "web";
  service.metadata.ns = "default";
  service.metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"] =
      R"({"spec":{"desiredCount":2,"taskDefinition":"web"}})";
  service.spec.task_definition = "web";
  service.spec.desired_count = 2;
  Write write = create(share(service));
  write.manager = "kubectl-client-side-apply";
  ASSERT_TRUE(run(std::move(write)).ok());
  const auto done = run(apply("kubectl", R"({"taskDefinition":"web","desiredCount":3})"));
  ASSERT_TRUE(done.ok()) << done.error().message;
  const std::string& annotation = web()->metadata.annotations.at("kubectl.kubernetes.io/last-applied-configuration");
  EXPECT_NE(annotation.find("\"desiredCount\":3"), std::string::npos) << annotation;
}

TEST_F(ApplyTest, AnOldResourceVersionInTheConfigurationIsALock) {
  ASSERT_TRUE(run(apply("gitops", R"({"taskDefinition":"web","desiredCount":2})")).ok());
  Write write = apply("gitops", R"({"taskDefinition":"web","desiredCount":3})");
  Node configuration = *write.configuration;
  configuration.at("metadata").at("resourceVersion") = Node::of(std::string("1"));
  write.configuration = std::make_shared<const Node>(configuration);
  const auto refused = run(std::move(write));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::conflict);
}

TEST_F(ApplyTest, ApplyingAUidToNothingIsAConflict) {
  Write write = apply("gitops", R"({"taskDefinition":"web"})");
  Node configuration = *write.configuration;
  configuration.at("metadata").at("uid") = Node::of(std::string("u"));
  write.configuration = std::make_shared<const Node>(configuration);
  const auto refused = run(std::move(write));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::conflict);
}

}  // namespace
}  // namespace muster
