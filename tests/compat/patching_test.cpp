// Server-side apply and JSON patch with kubectl.
#include "api/base/text.h"
#include "tests/compat/kubectl.h"

namespace muster::testing {
namespace {

bool has(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

class KubectlPatching : public KubectlTest {
 protected:
  std::string value(const std::string& object, const std::string& path) {
    return must({"get", object, "-o", "jsonpath={" + path + "}"});
  }
};
FOR_EVERY_KUBECTL(KubectlPatching);

TEST_P(KubectlPatching, apply_server_side) {
  must({"create", "-f", "-"}, definition("web"));
  const std::string one = file("one.yaml", service("web", 0, "{a: b, c: d}"));
  EXPECT_EQ(must({"apply", "--server-side", "-f", one}), "service.muster.dev/web serverside-applied\n");
  EXPECT_EQ(value("service/web", ".spec.desiredCount"), "0");
  EXPECT_EQ(must({"apply", "--server-side", "-f", one}), "service.muster.dev/web serverside-applied\n");
  EXPECT_TRUE(has(must({"get", "service", "web", "-o", "json", "--show-managed-fields"}), "\"operation\": \"Apply\""));

  const std::string two = file("two.yaml", service("web", 3, "{a: b}"));
  EXPECT_EQ(must({"apply", "--server-side", "--dry-run=server", "-f", two}),
            "service.muster.dev/web serverside-applied (server dry run)\n");
  EXPECT_EQ(value("service/web", ".spec.desiredCount"), "0");
  refused({"apply", "--server-side", "--field-manager=other", "-f", two},
          "Apply failed with 1 conflict: conflict with \"kubectl\": .spec.desiredCount");
  EXPECT_EQ(must({"apply", "--server-side", "--field-manager=other", "--force-conflicts", "-f", two}),
            "service.muster.dev/web serverside-applied\n");
  EXPECT_EQ(value("service/web", ".spec.desiredCount"), "3");
  EXPECT_EQ(value("service/web", ".metadata.labels.c"), "d") << "the other manager's label stays";

  const Ran difference = run({"diff", "--server-side", "-f", file("three.yaml", service("web", 3, "{c: z}"))});
  EXPECT_EQ(difference.code, 1) << difference.err;
}

TEST_P(KubectlPatching, what_the_last_owner_drops_goes) {
  must({"create", "-f", "-"}, definition("web"));
  must({"apply", "--server-side", "-f", "-"}, service("web", 0, "{a: b, c: d}"));
  must({"apply", "--server-side", "-f", "-"}, service("web", 0, "{a: b}"));
  EXPECT_EQ(value("service/web", ".metadata.labels.c"), "");
}

TEST_P(KubectlPatching, client_side_apply_migrates) {
  must({"create", "-f", "-"}, definition("web"));
  must({"apply", "-f", "-"}, service("web", 0, "{a: b, c: d}"));
  EXPECT_EQ(must({"apply", "--server-side", "-f", "-"}, service("web", 2, "{a: b, c: d}")),
            "service.muster.dev/web serverside-applied\n");
  EXPECT_EQ(value("service/web", ".spec.desiredCount"), "2");
  must({"apply", "--server-side", "-f", "-"}, service("web", 2, "{a: b}"));
  EXPECT_EQ(value("service/web", ".metadata.labels.c"), "") << "what was applied on the client's side is owned now";
}

TEST_P(KubectlPatching, json_patch) {
  create_service("web", 0);
  EXPECT_EQ(must({"patch", "service", "web", "--type=json", "-p",
                  R"([{"op":"replace","path":"/spec/desiredCount","value":2}])"}),
            "service.muster.dev/web patched\n");
  EXPECT_EQ(value("service/web", ".spec.desiredCount"), "2");
  refused(
      {"patch", "service", "web", "--type=json", "-p", R"([{"op":"test","path":"/spec/taskDefinition","value":"x"}])"},
      "testing path");
  refused({"patch", "service", "web", "-p", "{}"}, "is not supported by services.muster.dev");
  EXPECT_EQ(value("service/web", ".spec.desiredCount"), "2");
}

TEST_P(KubectlPatching, unknown_fields_of_an_applied_configuration) {
  std::string text = service("web", 0);
  text.replace(text.find("desiredCount"), 12, "desiredCnt");
  refused({"apply", "--server-side", "-f", file("bad.yaml", text)}, "desiredCnt");
}

}  // namespace
}  // namespace muster::testing
