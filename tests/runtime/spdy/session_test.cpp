// The server's end of a SPDY connection against frames made here, as a client makes them.
#include "runtime/spdy/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "runtime/spdy/dictionary.h"

namespace muster::spdy {
namespace {

std::string number(std::uint32_t value, std::size_t size) {
  std::string out;
  for (std::size_t i = size; i-- > 0;) out += static_cast<char>((std::uint64_t{value} >> (8 * i)) & 0xffU);
  return out;
}

Bytef* bytes_of(std::string_view text) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // NOLINT
}

// A client's end: compresses over the whole connection.
class SpdySession : public ::testing::Test {
 protected:
  SpdySession() {
    deflateInit(&deflate_, 6);
    deflateSetDictionary(&deflate_, bytes_of(dictionary()), static_cast<uInt>(dictionary().size()));
    inflateInit(&inflate_);
    make({});
  }
  ~SpdySession() override {
    deflateEnd(&deflate_);
    inflateEnd(&inflate_);
  }
  SpdySession(const SpdySession&) = delete;
  SpdySession& operator=(const SpdySession&) = delete;

  void make(Limits limits) {
    Callbacks callbacks;
    callbacks.on_stream = [this](StreamId id, const Headers& headers, More) {
      opened_.emplace_back(id, std::string(header(headers, "streamtype")));
    };
    callbacks.on_data = [this](StreamId id, std::string_view bytes, More more) {
      got_[id] += bytes;
      if (more == More::ends) got_[id] += '.';
    };
    callbacks.on_reset = [this](StreamId id) { reset_.push_back(id); };
    callbacks.on_output = [this](const std::string& bytes) { out_ += bytes; };
    session_ = std::make_unique<Session>(std::move(callbacks), limits);
  }

  std::string block(const Headers& headers) {
    std::string plain = number(static_cast<std::uint32_t>(headers.size()), 4);
    for (const auto& [name, value] : headers) {
      plain += number(static_cast<std::uint32_t>(name.size()), 4) + name;
      plain += number(static_cast<std::uint32_t>(value.size()), 4) + value;
    }
    std::string out(plain.size() + 2000, '\0');
    deflate_.next_in = bytes_of(plain);
    deflate_.avail_in = static_cast<uInt>(plain.size());
    deflate_.next_out = bytes_of(out);
    deflate_.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&deflate_, Z_SYNC_FLUSH), Z_OK);
    out.resize(out.size() - deflate_.avail_out);
    return out;
  }
  static std::string control(std::uint32_t type, const std::string& payload, std::uint32_t flags = 0) {
    return number(0x8003, 2) + number(type, 2) + number(flags, 1) +
           number(static_cast<std::uint32_t>(payload.size()), 3) + payload;
  }
  std::string syn(StreamId id, const Headers& headers) {
    return control(1, number(id, 4) + number(0, 6) + block(headers));
  }
  static std::string data(StreamId id, const std::string& bytes, std::uint32_t flags = 0) {
    return number(id, 4) + number(flags, 1) + number(static_cast<std::uint32_t>(bytes.size()), 3) + bytes;
  }
  std::string taken() { return std::exchange(out_, {}); }

  z_stream deflate_{};
  z_stream inflate_{};
  std::unique_ptr<Session> session_;
  std::vector<std::pair<StreamId, std::string>> opened_;
  std::map<StreamId, std::string> got_;
  std::vector<StreamId> reset_;
  std::string out_;
};

using ::testing::ElementsAre;
using ::testing::Pair;

TEST_F(SpdySession, TellsStreamsAndTheirBytesHoweverTheyAreCut) {
  std::string all = syn(1, {{"StreamType", "error"}});
  all += syn(3, {{"streamtype", "stdin"}});
  all += data(3, "hello ") + data(3, "world") + data(3, "", 1);
  for (const char byte : all) ASSERT_TRUE(session_->feed({&byte, 1}).ok());
  EXPECT_THAT(opened_, ElementsAre(Pair(1, "error"), Pair(3, "stdin")));
  EXPECT_EQ(got_[3], "hello world.");
}

TEST_F(SpdySession, AnEndWithoutBytesIsToldAtOnce) {
  ASSERT_TRUE(session_->feed(syn(1, {}) + data(1, "", 1)).ok());
  EXPECT_EQ(got_[1], ".");
}

TEST_F(SpdySession, RepliesAreDecompressedByTheClient) {
  ASSERT_TRUE(session_->feed(syn(1, {})).ok());
  session_->reply(1);
  const std::string reply = taken();
  ASSERT_GT(reply.size(), 12U);
  EXPECT_EQ(reply.substr(0, 4), number(0x80030002, 4));
  EXPECT_EQ(reply.substr(8, 4), number(1, 4));
  const std::string compressed = reply.substr(12);
  std::string plain(100, '\0');
  inflate_.next_in = bytes_of(compressed);
  inflate_.avail_in = static_cast<uInt>(compressed.size());
  inflate_.next_out = bytes_of(plain);
  inflate_.avail_out = 100;
  ASSERT_EQ(inflate(&inflate_, Z_SYNC_FLUSH), Z_NEED_DICT);
  ASSERT_EQ(inflateSetDictionary(&inflate_, bytes_of(dictionary()), static_cast<uInt>(dictionary().size())), Z_OK);
  ASSERT_EQ(inflate(&inflate_, Z_SYNC_FLUSH), Z_OK);
  EXPECT_EQ(plain.substr(0, 100 - inflate_.avail_out), number(0, 4));
}

TEST_F(SpdySession, SendsDataInFramesAndTheEndOnce) {
  ASSERT_TRUE(session_->feed(syn(1, {})).ok());
  session_->data(1, "hi", More::follows);
  EXPECT_EQ(taken(), data(1, "hi"));
  session_->data(1, "", More::ends);
  EXPECT_EQ(taken(), data(1, "", 1));
  session_->data(1, "late", More::follows);
  EXPECT_EQ(taken(), "");
  session_->data(7, "to nobody", More::follows);
  EXPECT_EQ(taken(), "");
}

TEST_F(SpdySession, AStreamIsForgottenWhenBothDirectionsHaveEnded) {
  ASSERT_TRUE(session_->feed(syn(1, {}) + data(1, "", 1)).ok());
  EXPECT_EQ(session_->streams(), 1U);
  session_->data(1, "", More::ends);
  EXPECT_EQ(session_->streams(), 0U);
}

TEST_F(SpdySession, EchoesPingsOfTheClientOnly) {
  const std::string odd = control(6, number(5, 4));
  ASSERT_TRUE(session_->feed(odd + control(6, number(2, 4))).ok());
  EXPECT_EQ(taken(), odd);
}

TEST_F(SpdySession, TellsResets) {
  ASSERT_TRUE(session_->feed(syn(1, {}) + control(3, number(1, 4) + number(5, 4))).ok());
  EXPECT_THAT(reset_, ElementsAre(1));
  EXPECT_EQ(session_->streams(), 0U);
}

TEST_F(SpdySession, RefusesStreamsAboveTheLimitAndGoesOn) {
  Limits limits;
  limits.streams = 1;
  make(limits);
  std::string all = syn(1, {{"streamtype", "a"}});
  all += syn(3, {{"streamtype", "b"}});
  ASSERT_TRUE(session_->feed(all + data(3, "x") + data(1, "y")).ok());
  EXPECT_THAT(opened_, ElementsAre(Pair(1, "a")));
  EXPECT_EQ(taken(), control(3, number(3, 4) + number(3, 4)));
  EXPECT_EQ(got_[1], "y");
  EXPECT_EQ(got_.count(3), 0U);
}

TEST_F(SpdySession, HeadersThatSwellAreRefused) {
  const Status fed = session_->feed(syn(1, {{"a", std::string(200'000, 'x')}}));
  ASSERT_FALSE(fed.ok());
  EXPECT_EQ(fed.error().code, Code::too_large);
}

TEST_F(SpdySession, TooManyFieldsAreRefused) {
  EXPECT_FALSE(session_->feed(syn(1, Headers(65, {"a", "b"}))).ok());
}

TEST_F(SpdySession, ALargeControlFrameIsRefusedByItsHead) {
  const Status fed = session_->feed(number(0x80030001, 4) + number(0xffffff, 4));
  ASSERT_FALSE(fed.ok());
  EXPECT_EQ(fed.error().code, Code::too_large);
}

TEST_F(SpdySession, EvenAndFallingIdsAreRefused) {
  EXPECT_FALSE(session_->feed(syn(2, {})).ok());
}

TEST_F(SpdySession, AnIdIsUsedOnce) {
  ASSERT_TRUE(session_->feed(syn(3, {})).ok());
  EXPECT_FALSE(session_->feed(syn(3, {})).ok());
}

TEST_F(SpdySession, AnotherVersionIsRefused) {
  EXPECT_FALSE(session_->feed(number(0x80020006, 4) + number(4, 4) + number(1, 4)).ok());
}

TEST_F(SpdySession, WhatIsNotCompressedIsRefused) {
  EXPECT_FALSE(session_->feed(control(1, number(1, 4) + number(0, 6) + "plain text")).ok());
}

}  // namespace
}  // namespace muster::spdy
