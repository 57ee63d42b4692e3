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

}  // namespace
}  // namespace muster::server
