// Who asks. A bearer token decides where there is one, on every listener: a wrong one lets nobody in. Otherwise the
// connection does: without TLS only this machine can ask, and whoever may connect to a loopback address or the unix
// socket is trusted; with TLS a client shows a certificate of the server's own authority: common name is the user,
// organizations are the groups.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/access/account_token.h"
#include "api/base/error.h"
#include "api/base/time.h"
#include "runtime/http/server.h"
#include "runtime/pki/signed_token.h"
#include "runtime/server/gate.h"

namespace muster::server {

// The keys by which tokens of service accounts are signed, newest last; all of them are accepted.
using SigningKeys = std::vector<pki::SigningKey>;

// By the connection alone. Code::unauthorized says what is wrong with the credentials. `now` is compared with the
// certificate's end: a connection may outlive it.
Result<UserPtr> identify(const http::Exchange& exchange, Time now);
// The token of `Authorization: Bearer`, or, of a request for a WebSocket, the one that its subprotocols carry as
// browsers must send it; nothing where there is neither. Code::unauthorized for other ways to log in and for several at
// once.
Result<std::optional<std::string>> bearer_token(const http::Headers& headers);
// Whom a token proves in this state: a user's token (api/access/kept_token.h) or one of a service account
// (api/access/account_token.h). The error tells nobody but its holder more than that it is not valid.
Result<access::Proven> prove_token(std::string_view token, const std::vector<std::string>& audiences,
                                   const State& state, const SigningKeys& keys, Time now);
// Both ways, as the server uses them. All must outlive it.
Authentication authenticate_by(store::Objects& objects, const SigningKeys& keys, Loop& loop);

// Whether the path is answered whoever asks: health and version.
bool open_to_everybody(std::string_view path);
// 401 as a Status, with WWW-Authenticate.
http::Response unauthorized(const Error& error);

}  // namespace muster::server
