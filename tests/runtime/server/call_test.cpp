#include "runtime/server/call.h"

#include <gtest/gtest.h>

namespace muster::server {
namespace {

Call::Form form(const std::string& accept) {
  http::Request request;
  request.target = "/apis/muster.dev/v1beta1/services";
  request.headers.emplace_back("Accept", accept);
  const auto call = parse_call(request);
  EXPECT_TRUE(call.ok());
  return call->form;
}

TEST(CallForm, is_the_first_of_the_client_s_that_there_is) {
  const std::string table = "application/json;as=Table;v=v1;g=meta.k8s.io";
  EXPECT_EQ(form(table + ",application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"), Call::Form::table);
  EXPECT_EQ(form("application/json, " + table), Call::Form::object);
  EXPECT_EQ(form("application/json;q=0.9, " + table), Call::Form::table);
  EXPECT_EQ(form("application/json;as=Table;v=v9;g=meta.k8s.io,application/json"), Call::Form::object);
  EXPECT_EQ(form("application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"),
            Call::Form::metadata);
  EXPECT_EQ(form("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"), Call::Form::metadata);
  EXPECT_EQ(form("application/vnd.kubernetes.protobuf,application/json"), Call::Form::object);
  EXPECT_EQ(form(""), Call::Form::object);
  EXPECT_EQ(form("*/*"), Call::Form::object);
}

TEST(CallForm, says_when_the_client_takes_none) {
  const auto acceptable = [](const std::string& accept) {
    http::Request request;
    request.method = "GET";
    request.target = "/api/v1/namespaces";
    request.headers = {{"Accept", accept}};
    return parse_call(request).value().acceptable;
  };
  for (const char* each : {"", "*/*", "application/*", "text/html, */*;q=0.1", "application/json;stream=watch",
                           "application/json; charset=utf-8", "application/yaml", "nonsense, application/json"})
    EXPECT_TRUE(acceptable(each)) << each;
  for (const char* each : {"text/html", "application/xml", "application/json;q=0", "nonsense", ";;,,/", "*/json",
                           "application/json;as=Table;v=v9;g=meta.k8s.io", "application/json;q=7"})
    EXPECT_FALSE(acceptable(each)) << each;
}

}  // namespace
}  // namespace muster::server
