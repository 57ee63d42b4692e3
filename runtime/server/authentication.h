// Who asks. Without TLS only this machine can: whoever may connect to a loopback address or the unix socket is trusted,
// as before there were users. With TLS a client shows a certificate of the server's own authority: common name is the
// user, organizations are the groups.
#pragma once

#include <string_view>

#include "api/base/error.h"
#include "api/base/time.h"
#include "runtime/http/server.h"
#include "runtime/server/gate.h"

namespace muster::server {

// Code::unauthorized says what is wrong with the credentials. `now` is compared with the certificate's end: a
// connection may outlive it.
Result<UserPtr> identify(const http::Exchange& exchange, Time now);
// Whether the path is answered whoever asks: health and version.
bool open_to_everybody(std::string_view path);
// 401 as a Status, with WWW-Authenticate.
http::Response unauthorized(const Error& error);

}  // namespace muster::server
