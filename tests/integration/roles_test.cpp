// ClusterRoles that are made of others, in the whole program: what is labelled so comes into `view`, `edit` and
// `admin`.
#include <gtest/gtest.h>

#include "api/schema/json.h"
#include "tests/support/http_call.h"
#include "tests/support/muster_process.h"

namespace muster::testing {
namespace {

TEST(Roles, TakeInWhatIsLabelled) {
  MusterProcess process;
  process.start_server();
  process.apply(
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: ann}\n"
      "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}\n"
      "subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann}]\n");
  const auto asked = [&] {
    return http_call(process.url(), "GET", "/apis/coordination.k8s.io/v1/namespaces/default/leases", "",
                     "Impersonate-User: ann\r\n")
        .status;
  };
  EXPECT_EQ(asked(), 403);
  process.apply(
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n"
      "metadata: {name: leases, labels: {rbac.authorization.k8s.io/aggregate-to-view: 'true'}}\n"
      "rules: [{apiGroups: [coordination.k8s.io], resources: [leases], verbs: [list]}]\n");
  EXPECT_TRUE(eventually([&] { return asked() == 200; })) << "by view, which edit is made of";
  process.must({"delete", "clusterrole", "leases"});
  EXPECT_TRUE(eventually([&] { return asked() == 403; }));
  EXPECT_TRUE(eventually([&] {
    return write_json(process.get("clusterrole", "admin")).find("coordination.k8s.io") == std::string::npos;
  })) << "admin is made of edit, so it comes last";
  // Nothing else has been written: a second start finds all as it should be.
  const std::string before = text_at(process.get("clusterrole", "admin"), "metadata.resourceVersion");
  process.stop();
  process.start_server();
  EXPECT_EQ(text_at(process.get("clusterrole", "admin"), "metadata.resourceVersion"), before);
  process.stop();
}

}  // namespace
}  // namespace muster::testing
