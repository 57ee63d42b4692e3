// Certificates for tests of TLS, made when they are asked for.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "runtime/base/loop.h"
#include "runtime/http/tls.h"
#include "runtime/pki/authority.h"

namespace muster::http {

// An authority and what it signs, valid for an hour around now unless said otherwise.
class TestAuthority {
 public:
  explicit TestAuthority(const std::string& name = "test-ca")
      : pair_(must(pki::Authority::make(name, random_, around(std::chrono::hours(48))))),
        authority_(must(pki::Authority::open(pair_))) {}

  const std::string& certificate() const { return pair_.certificate; }
  const std::string& hash() const { return authority_.certificate().key_hash; }

  // With the authority's own certificate in the chain.
  pki::Pair server(const std::vector<std::string>& names = {"localhost", "127.0.0.1"},
                   pki::Validity validity = around(std::chrono::hours(1))) {
    std::string key = must(pki::make_key());
    std::string leaf = must(authority_.issue_server(names, must(pki::public_key_of(key)), random_, validity));
    return {leaf + pair_.certificate, key};
  }
  pki::Pair client(const std::string& name, const std::vector<std::string>& groups = {},
                   pki::Validity validity = around(std::chrono::hours(1))) {
    std::string key = must(pki::make_key());
    return {must(authority_.issue_client({name, groups}, must(pki::public_key_of(key)), random_, validity)), key};
  }

  static pki::Validity around(Duration length) {
    const Time now = system_now();
    return {now - length, now + length};
  }
  static pki::Validity past() {
    const Time now = system_now();
    return {now - std::chrono::hours(2), now - std::chrono::hours(1)};
  }
  static pki::Validity future() {
    const Time now = system_now();
    return {now + std::chrono::hours(1), now + std::chrono::hours(2)};
  }

 private:
  template <class T>
  static T must(Result<T> result) {
    if (!result.ok()) ADD_FAILURE() << result.error().message;
    return std::move(result).value();
  }

  SystemRandom random_;
  pki::Pair pair_;
  pki::Authority authority_;
};

}  // namespace muster::http
