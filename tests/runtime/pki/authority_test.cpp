#include "runtime/pki/authority.h"

#include <gtest/gtest.h>

#include "api/base/text.h"

namespace muster::pki {
namespace {

const Time start = Time(std::chrono::hours(24 * 365 * 56));  // in 2025
const Validity year{start, start + std::chrono::hours(24 * 365)};

Authority authority(Random& random) {
  auto pair = Authority::make("test-ca", random, year);
  EXPECT_TRUE(pair.ok());
  auto out = Authority::open(*pair);
  EXPECT_TRUE(out.ok());
  return std::move(out).value();
}

std::string public_key() {
  return *public_key_of(*make_key());
}

TEST(Authority, is_one_and_says_so) {
  SeededRandom random(1);
  const Authority ca = authority(random);
  EXPECT_TRUE(ca.certificate().authority);
  EXPECT_EQ(ca.certificate().subject.name, "test-ca");
  EXPECT_EQ(ca.certificate().issuer, "test-ca");
  EXPECT_EQ(ca.certificate().not_before, year.from);
  EXPECT_EQ(ca.certificate().not_after, year.until);
  EXPECT_EQ(ca.certificate().key_hash.substr(0, 7), "sha256:");
  EXPECT_EQ(ca.certificate().key_hash.size(), 7U + 64U);
  EXPECT_EQ(ca.certificate().serial.size(), 32U);
}

TEST(Authority, serials_come_from_the_given_chance) {
  SeededRandom one(7);
  SeededRandom two(7);
  EXPECT_EQ(authority(one).certificate().serial, authority(two).certificate().serial);
  EXPECT_NE(authority(one).certificate().serial, authority(one).certificate().serial);
}

TEST(Authority, a_server_has_names_and_addresses) {
  SeededRandom random(1);
  const Authority ca = authority(random);
  const auto pem = ca.issue_server({"localhost", "127.0.0.1", "::1", "a.example"}, public_key(), random, year);
  ASSERT_TRUE(pem.ok()) << pem.error().message;
  const Certificate certificate = parse_certificates(*pem)->front();
  EXPECT_EQ(certificate.dns_names, (std::vector<std::string>{"localhost", "a.example"}));
  EXPECT_EQ(certificate.addresses, (std::vector<std::string>{"127.0.0.1", "::1"}));
  EXPECT_EQ(certificate.issuer, "test-ca");
  EXPECT_FALSE(certificate.authority);
  EXPECT_EQ(names_of(certificate), "localhost, a.example, 127.0.0.1, ::1");
}

TEST(Authority, a_name_cannot_smuggle_another) {
  SeededRandom random(1);
  const Authority ca = authority(random);
  for (const char* name : {"", "a,DNS:b", "a b", "a\nb", "DNS:x", "email:a@b", "a/b"}) {
    EXPECT_EQ(ca.issue_server({name}, public_key(), random, year).error().code, Code::invalid) << name;
  }
  EXPECT_FALSE(ca.issue_server({}, public_key(), random, year).ok());
}

TEST(Authority, a_client_has_a_name_and_groups_of_any_length) {
  SeededRandom random(1);
  const Authority ca = authority(random);
  const Subject subject{"system:node:" + std::string(255, 'n'), {"system:nodes", "two"}};
  const auto pem = ca.issue_client(subject, public_key(), random, year);
  ASSERT_TRUE(pem.ok()) << pem.error().message;
  EXPECT_EQ(parse_certificates(*pem)->front().subject, subject);
  EXPECT_FALSE(ca.issue_client(Subject{}, public_key(), random, year).ok());
  EXPECT_FALSE(ca.issue_client(subject, "no key", random, year).ok());
}

TEST(Authority, is_not_opened_with_another_key_nor_with_a_leaf) {
  SeededRandom random(1);
  const auto pair = Authority::make("one", random, year);
  const auto other = Authority::make("two", random, year);
  EXPECT_EQ(Authority::open({pair->certificate, other->key}).error().code, Code::invalid);
  EXPECT_EQ(Authority::open({pair->certificate, ""}).error().code, Code::malformed);
  EXPECT_EQ(Authority::open({"", pair->key}).error().code, Code::malformed);
  const Authority ca = std::move(Authority::open(*pair)).value();
  const std::string key = *make_key();
  const std::string leaf = *ca.issue_client({"ann", {}}, *public_key_of(key), random, year);
  EXPECT_EQ(Authority::open({leaf, key}).error().code, Code::invalid);
}

TEST(Authority, signs_its_successor) {
  SeededRandom random(1);
  const Authority old = authority(random);
  const auto next = Authority::make("next", random, {start, start + std::chrono::hours(24 * 3650)});
  const auto pem = old.cross_sign(next->certificate, random);
  ASSERT_TRUE(pem.ok()) << pem.error().message;
  const Certificate cross = parse_certificates(*pem)->front();
  EXPECT_EQ(cross.subject.name, "next");
  EXPECT_EQ(cross.issuer, "test-ca");
  EXPECT_EQ(cross.key_hash, parse_certificates(next->certificate)->front().key_hash);
  EXPECT_EQ(cross.not_after, year.until) << "it must not outlive who signed it";
  EXPECT_TRUE(cross.authority);
}

TEST(SigningRequest, comes_back_as_it_was_made) {
  const std::string key = *make_key();
  const Subject subject{"system:node:a", {"system:nodes"}};
  const auto request = make_signing_request(key, subject);
  ASSERT_TRUE(request.ok());
  const auto parsed = parse_signing_request(*request);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ(parsed->subject, subject);
  EXPECT_EQ(parsed->public_key, *public_key_of(key));
}

TEST(Key, has_the_hash_that_its_certificates_name) {
  SeededRandom random{1};
  const Time now{std::chrono::hours(24 * 365 * 56)};
  const auto pair = Authority::make("ca", random, {now, now + std::chrono::hours(1)});
  ASSERT_TRUE(pair.ok());
  EXPECT_EQ(*key_hash_of(*public_key_of(pair->key)), parse_certificates(pair->certificate)->front().key_hash);
  EXPECT_EQ(key_hash_of("no key").error().code, Code::malformed);
}

TEST(SigningRequest, anything_else_is_malformed) {
  const std::string request = *make_signing_request(*make_key(), {"a", {}});
  EXPECT_EQ(parse_signing_request("").error().code, Code::malformed);
  EXPECT_EQ(parse_signing_request("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n")
                .error()
                .code,
            Code::malformed);
  int accepted = 0;
  // Any change of a byte breaks the encoding or the signature.
  for (std::size_t i = 40; i + 40 < request.size(); i += 3) {
    std::string changed = request;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    const auto parsed = parse_signing_request(changed);
    if (parsed.ok()) ++accepted;
  }
  EXPECT_EQ(accepted, 0);
}

TEST(Certificates, what_is_no_certificate_is_malformed) {
  SeededRandom random(1);
  const std::string good = Authority::make("one", random, year)->certificate;
  EXPECT_EQ(parse_certificates("").error().code, Code::malformed);
  EXPECT_EQ(parse_certificates("hello").error().code, Code::malformed);
  EXPECT_EQ(parse_certificates(good.substr(0, good.size() / 2)).error().code, Code::malformed);
  EXPECT_EQ(parse_certificates(good + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").error().code,
            Code::malformed);
  EXPECT_EQ(parse_certificates("words before\n" + good + good)->size(), 2U);
}

}  // namespace
}  // namespace muster::pki
