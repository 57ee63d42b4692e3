#include <gtest/gtest.h>

#include "api/projection/projection.h"
#include "api/types/endpoint_slice.h"
#include "api/types/node_view.h"
#include "api/types/pod.h"

namespace muster::projection {
namespace {

TEST(ViewUids, are_their_own_and_lead_back) {
  const std::string task = "0123456789abcdef0123456789abcdef";
  EXPECT_EQ(uid_of(kind_of<view::Pod>(), task), "81234567-89ab-cdef-0123-456789abcdef");
  EXPECT_EQ(source_uid(kind_of<view::Pod>(), "81234567-89ab-cdef-0123-456789abcdef"), task);
  EXPECT_EQ(uid_of(kind_of<view::EndpointSlice>(), task), "41234567-89ab-cdef-0123-456789abcdef");
  EXPECT_EQ(source_uid(kind_of<view::EndpointSlice>(), "41234567-89ab-cdef-0123-456789abcdef"), task);
  const std::string instance = "f1234567-89ab-cdef-0123-456789abcdef";
  EXPECT_EQ(uid_of(kind_of<view::Node>(), instance), "71234567-89ab-cdef-0123-456789abcdef");
  EXPECT_EQ(source_uid(kind_of<view::Node>(), "71234567-89ab-cdef-0123-456789abcdef"), instance);
}

TEST(ViewUids, leave_other_texts_alone) {
  EXPECT_EQ(uid_of(kind_of<view::Pod>(), ""), "");
  EXPECT_EQ(source_uid(kind_of<view::Pod>(), ""), "");
  // What `kubectl describe node` asks for.
  EXPECT_EQ(source_uid(kind_of<view::Node>(), "host-1"), "host-1");
}

}  // namespace
}  // namespace muster::projection
