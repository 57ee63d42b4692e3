// What is wrong in a manifest is told with file, line and field, and nothing is made of it.
#include <gtest/gtest.h>

#include "tests/support/muster_process.h"

namespace muster::testing {
namespace {

class BadInput : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    process_ = new MusterProcess;
    process_->start_dev({"--driver", "simulated"});
  }
  static void TearDownTestSuite() {
    process_->stop();
    delete process_;
  }
  // Applies the text as a file, which must be refused with all of these words in the message.
  static void refused(const std::string& text, const std::vector<std::string>& words) {
    const std::string file = process_->home() + "/bad.yaml";
    write_text(file, text);
    const Ran ran = process_->muster({"apply", "-f", file});
    EXPECT_EQ(ran.code, 1) << ran.out;
    EXPECT_NE(ran.err.find("bad.yaml"), std::string::npos) << ran.err;
    for (const std::string& word : words)
      EXPECT_NE(ran.err.find(word), std::string::npos) << word << " in:\n" << ran.err;
    EXPECT_LT(ran.err.size(), 4096U) << "a message is to be read";
    EXPECT_EQ(process_->muster({"get", "service", "bad"}).code, 1) << "it must not exist";
    EXPECT_EQ(http_status(), 0) << "the server still answers";
  }
  static int http_status() { return process_->muster({"get", "--raw", "/readyz"}).code; }
  static std::string service_with(const std::string& line) {
    return "apiVersion: muster.dev/v1beta1\nkind: Service\nmetadata:\n  name: bad\nspec:\n  taskDefinition: web\n" +
           line + "\n";
  }
  static MusterProcess* process_;
};

MusterProcess* BadInput::process_ = nullptr;

TEST_F(BadInput, UnknownField) {
  refused(service_with("  desiredCuont: 3"), {"bad.yaml:7", "spec.desiredCuont", "unknown", "desiredCount"});
}

TEST_F(BadInput, WrongType) {
  refused(service_with("  desiredCount: many"), {"bad.yaml:7", "spec.desiredCount", "integer"});
}

TEST_F(BadInput, DuplicateKey) {
  refused(service_with("  desiredCount: 1\n  desiredCount: 2"), {"bad.yaml: line 8", "desiredCount", "twice"});
}

TEST_F(BadInput, MissingRequiredField) {
  refused("apiVersion: muster.dev/v1beta1\nkind: Service\nmetadata:\n  name: bad\nspec:\n  desiredCount: 1\n",
          {"bad.yaml:", "spec.taskDefinition", "required"});
}

TEST_F(BadInput, NumberOutOfRange) {
  refused(service_with("  desiredCount: -1"), {"bad.yaml:7", "spec.desiredCount", "0"});
  refused(service_with("  desiredCount: 99999999999999999999"), {"bad.yaml:7", "spec.desiredCount"});
}

TEST_F(BadInput, UnknownKindAndVersion) {
  refused("apiVersion: muster.dev/v1beta1\nkind: Servise\nmetadata: {name: bad}\n", {"bad.yaml:2", "Servise"});
  refused("apiVersion: apps/v1\nkind: Service\nmetadata: {name: bad}\n", {"bad.yaml:2", "apps/v1"});
}

TEST_F(BadInput, DuplicateContainerName) {
  refused(
      "apiVersion: muster.dev/v1beta1\nkind: TaskDefinition\nmetadata: {name: bad}\nspec:\n  containerDefinitions:\n"
      "    - {name: app, image: a, memory: 16}\n    - {name: app, image: b, memory: 16}\n",
      {"bad.yaml:7", "spec.containerDefinitions[1].name", "app"});
}

TEST_F(BadInput, SameObjectTwiceInOneApply) {
  const std::string one = service_with("  desiredCount: 1");
  refused(one + "---\n" + one, {"bad.yaml", "bad", "twice"});
}

TEST_F(BadInput, MegabyteOfBrackets) {
  refused(std::string(1U << 20U, '['), {"64"});
}

TEST_F(BadInput, AliasBomb) {
  std::string text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char name = 'b'; name < 'l'; ++name) {
    text += std::string(1, name) + ": &" + name + " [";
    for (int i = 0; i < 10; ++i) text += std::string(i == 0 ? "" : ",") + "*" + static_cast<char>(name - 1);
    text += "]\n";
  }
  refused(text, {"alias"});
}

TEST_F(BadInput, InvalidUtf8) {
  refused(service_with("  desiredCount: 1 # \xff\xfe"), {"bad.yaml: line 7", "UTF-8"});
}

TEST_F(BadInput, EmptyFile) {
  refused("", {"holds no object"});
  refused("# only a comment\n---\n", {"holds no object"});
}

TEST_F(BadInput, NoSuchFile) {
  const Ran ran = process_->muster({"apply", "-f", process_->home() + "/missing.yaml"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.err.find("missing.yaml"), std::string::npos) << ran.err;
}

TEST_F(BadInput, OneBadDocumentAmongGoodOnesChangesNothing) {
  const std::string good = definition("good", "sleep 1");
  refused(good + service_with("  desiredCuont: 3"), {"desiredCuont"});
  EXPECT_EQ(process_->muster({"get", "taskdefinition", "good"}).code, 1);
}

}  // namespace
}  // namespace muster::testing
