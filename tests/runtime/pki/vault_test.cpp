#include "runtime/pki/vault.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "runtime/base/file.h"
#include "tests/support/temporary_directory.h"

namespace muster::pki {
namespace {

using testing::TemporaryDirectory;

const Time start = Time(std::chrono::hours(24 * 365 * 56));
constexpr Duration day = std::chrono::hours(24);

class VaultTest : public ::testing::Test {
 protected:
  Vault open(Time now, std::vector<std::string> names = {"localhost", "127.0.0.1"}) {
    auto vault = Vault::open(VaultOptions{directory / "pki", std::move(names), {}}, random, now);
    EXPECT_TRUE(vault.ok()) << (vault.ok() ? "" : vault.error().message);
    return std::move(vault).value();
  }
  static Certificate leaf(const Vault& vault) { return parse_certificates(vault.server().certificate)->front(); }
  std::string file(const std::string& name) { return *read_file(directory / "pki/" + name, 1U << 20U); }
  unsigned mode(const std::string& name) {
    struct stat info {};
    EXPECT_EQ(::stat((directory / "pki/" + name).c_str(), &info), 0);
    return info.st_mode & 0777U;
  }

  TemporaryDirectory directory;
  SeededRandom random{3};
};

TEST_F(VaultTest, makes_what_is_missing_and_keeps_it) {
  const Vault first = open(start);
  EXPECT_EQ(leaf(first).issuer, first.authority().subject.name);
  EXPECT_EQ(mode("authority.pem"), 0600U);
  EXPECT_EQ(mode("server.pem"), 0600U);
  EXPECT_EQ(mode("ca.crt"), 0644U);
  EXPECT_EQ(mode(""), 0700U);
  const Vault second = open(start + day);
  EXPECT_EQ(second.authority_hash(), first.authority_hash());
  EXPECT_EQ(second.server().certificate, first.server().certificate);
  EXPECT_EQ(second.server().key, first.server().key);
  EXPECT_EQ(second.bundle(), first.bundle());
  EXPECT_EQ(file("ca.crt"), first.bundle());
  EXPECT_EQ(file("ca.crt").find("PRIVATE KEY"), std::string::npos);
}

TEST_F(VaultTest, other_names_make_another_certificate) {
  const Vault first = open(start);
  const Vault second = open(start, {"localhost", "10.0.0.7", "muster.example"});
  EXPECT_NE(leaf(second).serial, leaf(first).serial);
  EXPECT_EQ(leaf(second).addresses, (std::vector<std::string>{"10.0.0.7"}));
  EXPECT_EQ(second.authority_hash(), first.authority_hash());
}

TEST_F(VaultTest, names_are_compared_as_certificates_have_them) {
  const std::vector<std::string> names{"Muster.Example", "0:0:0:0:0:0:0:1", "FE80::0001", "::ffff:10.0.0.7"};
  const Vault first = open(start, names);
  EXPECT_EQ(leaf(first).addresses, (std::vector<std::string>{"::1", "fe80::1", "::ffff:10.0.0.7"}));
  EXPECT_EQ(leaf(first).dns_names, (std::vector<std::string>{"muster.example"}));
  EXPECT_EQ(leaf(open(start, names)).serial, leaf(first).serial);
  EXPECT_EQ(leaf(open(start, {"::1", "fe80::1", "::ffff:a00:7", "muster.example"})).serial, leaf(first).serial);
}

TEST_F(VaultTest, keys_that_others_may_read_are_closed_again) {
  const Vault first = open(start);
  for (const char* name : {"authority.pem", "server.pem"}) {
    ASSERT_EQ(::chmod((directory / "pki/" + name).c_str(), 0644), 0);
  }
  const Vault second = open(start);
  EXPECT_EQ(mode("authority.pem"), 0600U);
  EXPECT_EQ(mode("server.pem"), 0600U);
  EXPECT_EQ(second.server().key, first.server().key);
}

TEST_F(VaultTest, a_rotation_that_is_not_on_the_disk_has_not_happened) {
  Vault vault = open(start);
  const std::string hash = vault.authority_hash(), bundle = vault.bundle(), server = vault.server().certificate;
  const std::string folder = directory / "pki", away = directory / "away";
  ASSERT_EQ(::rename(folder.c_str(), away.c_str()), 0);
  EXPECT_FALSE(vault.rotate(start + day).ok());
  EXPECT_EQ(vault.authority_hash(), hash);
  EXPECT_EQ(vault.bundle(), bundle);
  EXPECT_EQ(vault.server().certificate, server);
  ASSERT_EQ(::rename(away.c_str(), folder.c_str()), 0);
  EXPECT_TRUE(vault.rotate(start + day).ok());
  EXPECT_NE(vault.authority_hash(), hash);
  EXPECT_EQ(open(start + day).authority_hash(), vault.authority_hash());
}

TEST_F(VaultTest, renews_when_a_third_is_left) {
  Vault vault = open(start);
  const std::string serial = leaf(vault).serial;
  EXPECT_FALSE(*vault.renew(start + 240 * day));
  EXPECT_EQ(leaf(vault).serial, serial);
  EXPECT_TRUE(*vault.renew(start + 250 * day));
  EXPECT_NE(leaf(vault).serial, serial);
  EXPECT_GT(leaf(vault).not_after, start + 600 * day);
  EXPECT_FALSE(*vault.renew(start + 250 * day));
  EXPECT_EQ(leaf(open(start + 250 * day)).serial, leaf(vault).serial) << "the new one is the one that is kept";
}

TEST_F(VaultTest, an_authority_that_grows_old_gets_a_successor) {
  Vault vault = open(start);
  const std::string old = vault.authority_hash();
  EXPECT_TRUE(*vault.renew(start + 2500 * day));
  EXPECT_NE(vault.authority_hash(), old);
  EXPECT_EQ(parse_certificates(vault.bundle())->size(), 2U) << "the old one is still trusted";
  // The server's chain leads to the old one as well.
  const auto chain = *parse_certificates(vault.server().certificate);
  ASSERT_EQ(chain.size(), 2U);
  EXPECT_EQ(chain[0].issuer, chain[1].subject.name);
  EXPECT_EQ(chain[1].key_hash, vault.authority_hash());
  EXPECT_EQ(chain[1].issuer, parse_certificates(vault.bundle())->at(1).subject.name);
  const Vault again = open(start + 2501 * day);
  EXPECT_EQ(again.bundle(), vault.bundle());
  EXPECT_EQ(again.server().certificate, vault.server().certificate);
  const Vault later = open(start + 3700 * day);
  EXPECT_EQ(parse_certificates(later.bundle())->size(), 1U) << "what has expired is trusted no more";
  EXPECT_EQ(parse_certificates(later.server().certificate)->at(1).issuer, later.authority().subject.name);
}

TEST_F(VaultTest, nothing_outlives_the_authority) {
  Vault vault = open(start);
  const auto pair = vault.issue_client({"ann", {"dev"}}, 9999 * day, start);
  ASSERT_TRUE(pair.ok());
  const Certificate certificate = parse_certificates(pair->certificate)->front();
  EXPECT_EQ(certificate.not_after, vault.authority().not_after);
  EXPECT_LT(certificate.not_before, start) << "for clocks that are behind";
  EXPECT_TRUE(check_pair(*pair).ok());
}

TEST_F(VaultTest, a_client_may_serve_under_names_that_are_not_the_servers) {
  const Vault vault = open(start, {"localhost", "::1"});
  const std::string key = *make_key();
  const auto pem = vault.sign(*public_key_of(key), {"system:node:a", {}}, day, start,
                              {"a.example", "10.0.0.7", "LocalHost", "0:0:0:0:0:0:0:1", "::2"});
  ASSERT_TRUE(pem.ok());
  const Certificate certificate = parse_certificates(*pem)->front();
  EXPECT_EQ(certificate.dns_names, (std::vector<std::string>{"a.example"}));
  EXPECT_EQ(certificate.addresses, (std::vector<std::string>{"10.0.0.7", "::2"}));
}

TEST_F(VaultTest, broken_files_are_told_or_made_anew) {
  const std::string hash = open(start).authority_hash();
  ASSERT_TRUE(write_file(directory / "pki/server.pem", "rubbish", 0600).ok());
  EXPECT_EQ(open(start).authority_hash(), hash);
  ASSERT_TRUE(write_file(directory / "pki/ca.crt", "rubbish", 0600).ok());
  EXPECT_EQ(file("ca.crt"), "rubbish");
  const Vault mended = open(start);
  EXPECT_EQ(file("ca.crt"), mended.bundle());
  // The authority is what everybody trusts: a new one would lock all of them out without a word.
  ASSERT_TRUE(write_file(directory / "pki/authority.pem", "rubbish", 0600).ok());
  const auto broken = Vault::open(VaultOptions{directory / "pki", {"localhost"}, {}}, random, start);
  ASSERT_FALSE(broken.ok());
  EXPECT_NE(broken.error().message.find("authority.pem"), std::string::npos) << broken.error().message;
}

}  // namespace
}  // namespace muster::pki
