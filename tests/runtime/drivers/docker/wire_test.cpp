// The Docker Engine API's JSON: what is sent is exact, what comes in is tolerated or refused, never trusted.
#include "runtime/drivers/docker/wire.h"

#include <gtest/gtest.h>

#include "api/base/text.h"

namespace muster::drivers::docker {
namespace {

using std::chrono::seconds;

const LogPolicy log_policy{"10m", 3};
const std::string log_config =
    R"("RestartPolicy":{"Name":"no"},"LogConfig":{"Type":"json-file","Config":{"max-size":"10m","max-file":"3"}})";

TEST(EncodeCreate, Least) {
  ContainerConfig config;
  config.image = "busybox";
  const Result<std::string> body = encode_create(config, log_policy);
  ASSERT_TRUE(body.ok());
  EXPECT_EQ(*body, R"({"Image":"busybox","Healthcheck":{"Test":["NONE"]},"HostConfig":{"NetworkMode":"bridge",)" +
                       log_config + "}}");
}

TEST(EncodeCreate, Everything) {
  ContainerConfig config;
  config.image = "web:1";
  config.entry_point = std::vector<std::string>{"/entry"};
  config.command = std::vector<std::string>{"a", "b c"};
  config.environment = {{"A", "1"}, {"B", "x=y"}};
  config.working_directory = "/srv";
  config.user = "1:2";
  config.hostname = "host1";
  config.labels = {{"k", "v"}};
  config.ports = {PortMapping{80, 8080, "tcp", ""}, PortMapping{53, 0, "udp", "127.0.0.1"}};
  config.cpu_shares = 512;
  config.memory_bytes = 64 << 20;
  config.memory_reservation_bytes = 32 << 20;
  config.privileged = true;
  config.read_only_root = true;
  config.init = true;
  config.interactive = true;
  config.pseudo_terminal = true;
  config.links = {"other:alias"};
  config.dns_servers = {"1.1.1.1"};
  config.dns_search = {"example.com"};
  config.extra_hosts = {"db:10.0.0.1"};
  config.health_check = HealthCheck{{"CMD", "true"}, seconds(30), seconds(5), seconds(10), 3};
  config.stop_signal = "SIGINT";
  config.memory_and_swap_bytes = 64 << 20;
  config.swappiness = 0;
  config.shared_memory_bytes = 8 << 20;
  config.tmpfs = {{"/run", "noexec,size=4m"}};
  config.ulimits = {Ulimit{"nofile", 1024, 2048}, Ulimit{"memlock", -1, -1}};
  const Result<std::string> body = encode_create(config, log_policy);
  ASSERT_TRUE(body.ok());
  EXPECT_EQ(
      *body,
      R"({"Image":"web:1","Entrypoint":["/entry"],"Cmd":["a","b c"],"Env":["A=1","B=x=y"],"WorkingDir":"/srv",)"
      R"("User":"1:2","Hostname":"host1","StopSignal":"SIGINT","OpenStdin":true,"Tty":true,"Labels":{"k":"v"},)"
      R"("ExposedPorts":{"80/tcp":{},"53/udp":{}},)"
      R"("Healthcheck":{"Test":["CMD","true"],"Interval":30000000000,"Timeout":5000000000,"StartPeriod":10000000000,)"
      R"("Retries":3},"HostConfig":{"NetworkMode":"bridge",)"
      R"("PortBindings":{"80/tcp":[{"HostPort":"8080"}],"53/udp":[{"HostIp":"127.0.0.1","HostPort":""}]},)"
      R"("CpuShares":512,"Memory":67108864,"MemoryReservation":33554432,"MemorySwap":67108864,"MemorySwappiness":0,)"
      R"("ShmSize":8388608,"Tmpfs":{"/run":"noexec,size=4m"},)"
      R"("Ulimits":[{"Name":"nofile","Soft":1024,"Hard":2048},{"Name":"memlock","Soft":-1,"Hard":-1}],)"
      R"("Privileged":true,"ReadonlyRootfs":true,)"
      R"("Init":true,"Links":["other:alias"],"Dns":["1.1.1.1"],"DnsSearch":["example.com"],)"
      R"("ExtraHosts":["db:10.0.0.1"],)" +
          log_config + "}}");
}

TEST(EncodeCreate, MountsAndPowers) {
  ContainerConfig config;
  config.mounts = {{"/srv/a b", "/data", false}, {"volume", "/kept", true}};
  config.volumes_from = {"other:ro"};
  config.privileged = config.network_disabled = true;
  config.capabilities_add = {"NET_ADMIN"};
  config.capabilities_drop = {"ALL"};
  config.devices = {{"/dev/fuse", "/dev/fuse", "r"}};
  config.system_controls = {{"net.core.somaxconn", "9"}};
  config.security_options = {"no-new-privileges"};
  config.pid_mode = config.ipc_mode = "host";
  config.log = LogConfig{"json-file", {{"max-size", "1m"}, {"tag", "x"}}};
  const std::string body = *encode_create(config, log_policy);
  for (const char* part :
       {R"("NetworkDisabled":true)", R"("Binds":["/srv/a b:/data","volume:/kept:ro"])", R"("VolumesFrom":["other:ro"])",
        R"("Privileged":true)", R"("CapAdd":["NET_ADMIN"])", R"("CapDrop":["ALL"])",
        R"("Devices":[{"PathOnHost":"/dev/fuse","PathInContainer":"/dev/fuse","CgroupPermissions":"r"}])",
        R"("Sysctls":{"net.core.somaxconn":"9"})", R"("SecurityOpt":["no-new-privileges"])", R"("PidMode":"host")",
        R"("IpcMode":"host")"}) {
    EXPECT_NE(body.find(part), std::string::npos) << part << " in " << body;
  }
  const std::size_t at = body.find("\"LogConfig\"");
  const std::string log = body.substr(at, body.find('}', at) - at);
  EXPECT_NE(log.find(R"("max-size":"1m")"), std::string::npos) << log;
  EXPECT_NE(log.find(R"("max-file":)"), std::string::npos) << "what is not given stays bounded: " << log;
  EXPECT_NE(log.find(R"("tag":"x")"), std::string::npos) << log;
  config.log = LogConfig{"none", {}};
  EXPECT_NE(encode_create(config, log_policy)->find(R"("LogConfig":{"Type":"none"}})"), std::string::npos);
}

TEST(EncodeCreate, GpusAndParentGroup) {
  ContainerConfig config;
  config.gpu_ids = {"GPU-a", "1"};
  config.cgroup_parent = "/muster/x";
  const std::string body = *encode_create(config, log_policy);
  EXPECT_NE(body.find(R"("DeviceRequests":[{"DeviceIDs":["GPU-a","1"],"Capabilities":[["gpu"]]}])"), std::string::npos)
      << body;
  EXPECT_NE(body.find(R"("CgroupParent":"/muster/x")"), std::string::npos) << body;
}

TEST(EncodeVolume, WhatIsAsked) {
  EXPECT_EQ(*encode_volume({"v", "local", {{"type", "tmpfs"}}, {{"a", "b"}}}),
            R"({"Name":"v","Driver":"local","DriverOpts":{"type":"tmpfs"},"Labels":{"a":"b"}})");
  EXPECT_FALSE(encode_volume({"v", "local", {}, {{"a", "\xff"}}}).ok());
}

TEST(DecodeVolumes, Names) {
  EXPECT_EQ(*decode_volumes(R"({"Volumes":[{"Name":"a"},{"Name":""},{"Name":7},{"Name":"b"}],"Warnings":null})"),
            (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(decode_volumes(R"({"Volumes":null})")->empty());
  EXPECT_FALSE(decode_volumes("[]").ok());
}

TEST(EncodeCreate, FileMountsMustBeThere) {
  ContainerConfig config;
  config.environment = {{"PASSWORD", "x"}};
  config.secret_variables = {"PASSWORD"};
  config.file_mounts = {{"/run/muster/a:b", "/etc/app"}};
  const std::string body = *encode_create(config, log_policy);
  EXPECT_NE(body.find(R"("Mounts":[{"Type":"bind","Source":"/run/muster/a:b","Target":"/etc/app","ReadOnly":true}])"),
            std::string::npos)
      << body;
  EXPECT_NE(body.find(R"("Env":["PASSWORD=x"])"), std::string::npos) << body;
}

TEST(EncodeCreate, PortsFollowTheNetworkMode) {
  ContainerConfig config;
  config.ports = {PortMapping{80, 80, "tcp", ""}};
  config.network_mode = "host";
  EXPECT_EQ(encode_create(config, log_policy)->find("PortBindings"), std::string::npos);
  EXPECT_NE(encode_create(config, log_policy)->find("ExposedPorts"), std::string::npos);
  config.network_mode = "none";
  EXPECT_EQ(encode_create(config, log_policy)->find("ExposedPorts"), std::string::npos);
}

TEST(EncodeCreate, SharesStayInTheKernelsRange) {
  ContainerConfig config;
  const auto shares = [&](std::int64_t wanted) {
    config.cpu_shares = wanted;
    const std::string body = *encode_create(config, log_policy);
    const std::size_t at = body.find("\"CpuShares\":");
    return at == std::string::npos ? "" : body.substr(at + 12, body.find(',', at) - at - 12);
  };
  EXPECT_EQ(shares(0), "");
  EXPECT_EQ(shares(1), "2");
  EXPECT_EQ(shares(1024), "1024");
  EXPECT_EQ(shares(1'000'000), "262144");
}

TEST(EncodeCreate, EmptyEntryPointIsTheImages) {
  ContainerConfig config;
  config.entry_point.emplace();
  config.command.emplace();
  EXPECT_EQ(encode_create(config, log_policy)->find("Entrypoint"), std::string::npos);
}

TEST(EncodeCreate, BadTextIsRefused) {
  ContainerConfig config;
  config.environment = {{"A", "\xff\xfe"}};
  const Result<std::string> body = encode_create(config, log_policy);
  ASSERT_FALSE(body.ok());
  EXPECT_EQ(body.error().code, Code::invalid);
}

TEST(EncodeFilters, LabelsAndType) {
  EXPECT_EQ(encode_filters({{"a", "1"}, {"b", "x\"y"}}, "container"),
            R"({"type":["container"],"label":["a=1","b=x\"y"]})");
  EXPECT_EQ(encode_filters({}, ""), "{}");
}

TEST(DecodeInspect, Running) {
  const Result<Inspected> out = decode_inspect(R"({
    "Id": "abc", "Name": "/web", "Image": "sha256:123",
    "Config": {"Tty": true, "Labels": {"k": "v", "n": 3}},
    "State": {"Status": "running", "Running": true, "ExitCode": 0, "OOMKilled": false, "Error": "",
      "StartedAt": "2026-11-22T20:17:00.123456789Z", "FinishedAt": "0001-01-01T00:00:00Z",
      "Health": {"Status": "healthy", "FailingStreak": 0}},
    "NetworkSettings": {"IPAddress": "", "Networks": {"bridge": {"IPAddress": "172.17.0.2"}},
      "Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "32768"}, {"HostIp": "::", "HostPort": "32768"}],
        "53/udp": [{"HostIp": "127.0.0.1", "HostPort": "53"}], "443/tcp": null,
        "81/tcp": [{"HostIp": "", "HostPort": "99999"}], "x": [{"HostPort": "1"}]}}})");
  ASSERT_TRUE(out.ok()) << out.error().message;
  EXPECT_TRUE(out->has_terminal);
  const ContainerState& state = out->state;
  EXPECT_EQ(state.id, "abc");
  EXPECT_EQ(state.name, "web");
  EXPECT_EQ(state.image_id, "sha256:123");
  EXPECT_EQ(state.labels, (std::map<std::string, std::string>{{"k", "v"}}));
  EXPECT_EQ(state.phase, ContainerPhase::running);
  EXPECT_FALSE(state.exit_code.has_value());
  EXPECT_EQ(state.health, Health::healthy);
  EXPECT_EQ(state.ip_address, "172.17.0.2");
  EXPECT_EQ(state.started_at, *parse_time("2026-11-22T20:17:00.123456789Z"));
  EXPECT_FALSE(is_set(state.finished_at));
  const std::vector<PortMapping> ports = {{53, 53, "udp", "127.0.0.1"}, {80, 32768, "tcp", ""}};
  EXPECT_EQ(state.ports, ports);
}

TEST(DecodeInspect, Exited) {
  const Result<Inspected> out = decode_inspect(
      R"({"Id":"abc","Name":"web","State":{"Status":"exited","ExitCode":137,"OOMKilled":true,
          "StartedAt":"2026-11-22T20:17:00Z","FinishedAt":"2026-11-22T21:18:00+01:00"}})");
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out->state.phase, ContainerPhase::exited);
  EXPECT_EQ(out->state.exit_code, 137);
  EXPECT_TRUE(out->state.out_of_memory);
  EXPECT_EQ(out->state.finished_at, *parse_time("2026-11-22T20:18:00Z"));
}

TEST(DecodeInspect, NeverEndsBeforeItsStart) {
  const Result<Inspected> out = decode_inspect(
      R"({"Id":"a","Name":"/w","State":{"Status":"exited","ExitCode":3,
          "StartedAt":"2026-11-22T20:17:00.5Z","FinishedAt":"2026-11-22T20:17:00.4Z"}})");
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out->state.finished_at, out->state.started_at);
}

TEST(DecodeInspect, FailedStartIsCreatedWithAnError) {
  const Result<Inspected> out =
      decode_inspect(R"({"Id":"a","Name":"/w","State":{"Status":"created","ExitCode":127,"Error":"exec: no"}})");
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out->state.phase, ContainerPhase::created);
  EXPECT_EQ(out->state.error, "exec: no");
  EXPECT_FALSE(out->state.exit_code.has_value());
}

TEST(DecodeInspect, PhasesOfBothEngines) {
  const auto phase = [](const std::string& status) {
    return decode_inspect(str(R"({"Id":"a","Name":"w","State":{"Status":")", status, R"("}})"))->state.phase;
  };
  for (const char* status : {"created", "configured", "initialized"}) EXPECT_EQ(phase(status), ContainerPhase::created);
  for (const char* status : {"running", "paused", "restarting", "stopping"}) {
    EXPECT_EQ(phase(status), ContainerPhase::running);
  }
  for (const char* status : {"exited", "dead", "removing", "stopped"}) EXPECT_EQ(phase(status), ContainerPhase::exited);
}

TEST(DecodeInspect, OddTypesAreTolerated) {
  const Result<Inspected> out = decode_inspect(
      R"({"Id":7,"Name":"/w","Config":[],"State":{"Status":"exited","ExitCode":99999999999999999999,"Health":"x",
          "StartedAt":5},"NetworkSettings":{"Ports":[],"Networks":null}})");
  ASSERT_TRUE(out.ok());
  EXPECT_FALSE(out->state.exit_code.has_value());
  EXPECT_EQ(out->state.health, Health::none);
}

TEST(Decode, HostileBodiesAreRefused) {
  for (const std::string& body : {std::string(), std::string("["), std::string("nonsense"), std::string("[]"),
                                  std::string(1U << 20U, '['), "{\"Id\":" + std::string(100'000, '[')}) {
    EXPECT_FALSE(decode_inspect(body).ok());
    EXPECT_FALSE(decode_server(body).ok());
    EXPECT_FALSE(decode_event(body).has_value());
    EXPECT_FALSE(decode_pull(body).has_value());
  }
  EXPECT_FALSE(decode_names("{}").ok());
  std::string deep = R"({"Id":"a","Name":"w","x":)";
  deep += std::string(200, '[') + std::string(200, ']') + "}";
  EXPECT_FALSE(decode_inspect(deep).ok()) << "valid, but nested deeper than the limit";
}

TEST(DecodeNames, OwnNameWithoutLinks) {
  const auto names = decode_names(R"([{"Names":["/web/alias","/db"]},{"Names":["/web"]},{"Names":null},{"Id":"x"}])");
  ASSERT_TRUE(names.ok());
  EXPECT_EQ(*names, (std::vector<std::string>{"db", "web"}));
}

TEST(DecodeServer, VersionToSpeak) {
  const auto api = [](const std::string& newest, const std::string& oldest) {
    const Result<Server> server = decode_server(
        str(R"({"Version":"20.10.24+dfsg1","ApiVersion":")", newest, R"(","MinAPIVersion":")", oldest, R"("})"));
    return server.ok() ? str(server->api.major, ".", server->api.minor) : server.error().message;
  };
  EXPECT_EQ(api("1.41", "1.12"), "1.41");
  EXPECT_EQ(api("1.48", "1.24"), "1.43");
  EXPECT_EQ(api("1.52", "1.44"), "1.44") << "an engine that has forgotten ours";
  EXPECT_EQ(api("1.40", ""), "1.40");
  EXPECT_NE(api("1.39", "1.12").find("1.39 is too old"), std::string::npos);
  EXPECT_FALSE(decode_server(R"({"ApiVersion":"abc"})").ok());
  EXPECT_EQ(decode_server(R"({"Version":"20.10.24+dfsg1","ApiVersion":"1.41"})")->engine, "docker 20.10.24");
  EXPECT_EQ(decode_server(R"({"Version":"4.3.1","ApiVersion":"1.41","Components":[{"Name":"Podman Engine"}]})")->engine,
            "podman 4.3.1");
}

TEST(DecodeInfo, CapacityAndAttributes) {
  const Server server{"docker 1", {1, 41}};
  const Result<Info> info = decode_info(
      R"({"NCPU":2,"MemTotal":1024,"OSType":"linux","Architecture":"aarch64","Plugins":{"Log":["json-file","local"]}})",
      server);
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->cpus, 2);
  EXPECT_EQ(info->memory_bytes, 1024);
  EXPECT_EQ(info->attributes.at("ecs.cpu-architecture"), "arm64");
  EXPECT_EQ(info->attributes.count("com.amazonaws.ecs.capability.logging-driver.json-file"), 1U);
  EXPECT_EQ(info->attributes.count("com.amazonaws.ecs.capability.docker-remote-api.1.41"), 1U);
  EXPECT_EQ(info->attributes.count("com.amazonaws.ecs.capability.docker-remote-api.1.42"), 0U);
}

TEST(DecodeEvent, OnlyWhatChangesAState) {
  const auto event = [](const std::string& action) {
    return decode_event(
        str(R"({"Type":"container","Action":")", action, R"(","Actor":{"Attributes":{"name":"web"}}})"));
  };
  for (const char* action : {"create", "start", "die", "stop", "kill", "destroy", "oom", "health_status: healthy"}) {
    EXPECT_EQ(event(action), "web") << action;
  }
  for (const char* action : {"exec_create: sh", "exec_start: sh", "exec_die", "attach", "resize", "top"}) {
    EXPECT_FALSE(event(action).has_value()) << action;
  }
  EXPECT_FALSE(decode_event(R"({"Type":"network","Action":"create"})").has_value());
  EXPECT_EQ(decode_event(R"({"Type":"container","Action":"die","Actor":{}})"), "") << "whose it is cannot be told";
}

TEST(DecodeEvent, AnotherLabelIsNotMeant) {
  const std::string line =
      R"({"Type":"container","Action":"start","Actor":{"Attributes":{"name":"a","x":"1","y":"2"}}})";
  EXPECT_EQ(decode_event(line, {{"x", "1"}, {"y", "2"}}), "a");
  EXPECT_EQ(decode_event(line, {{"x", "1"}, {"y", "3"}}), std::nullopt) << "Podman sends what matches any of them";
  EXPECT_EQ(decode_event(line, {{"z", "1"}}), "a") << "what is not said is not denied";
}

TEST(DecodeInspect, IntervalOfTheHealthCheck) {
  const auto interval = [](const std::string& config) {
    return decode_inspect(R"({"Id":"i","Name":"/n","State":{"Status":"running"},"Config":{)" + config + "}}")
        ->check_interval;
  };
  EXPECT_EQ(interval(""), Duration::zero());
  EXPECT_EQ(interval(R"("Healthcheck":{"Test":["NONE"],"Interval":1000000000})"), Duration::zero());
  EXPECT_EQ(interval(R"("Healthcheck":{"Test":["CMD","true"],"Interval":2000000000})"), Duration(seconds(2)));
  EXPECT_EQ(interval(R"("Healthcheck":{"Test":["CMD","true"]})"), Duration(seconds(30)));
}

TEST(DecodePull, ProgressAndErrors) {
  EXPECT_EQ(decode_pull(R"({"status":"Downloading","id":"a1","progressDetail":{"current":1}})")->layer, "a1");
  EXPECT_EQ(decode_pull(R"({"errorDetail":{"message":"denied"},"error":"x"})")->error, "denied");
  EXPECT_EQ(decode_pull(R"({"error":"denied"})")->error, "denied");
}

TEST(DecodeError, MessageOrBody) {
  EXPECT_EQ(decode_error(R"({"message":"No such image: x\n"})"), "No such image: x");
  EXPECT_EQ(decode_error(R"({"cause":"no such container"})"), "no such container");
  EXPECT_EQ(decode_error("plain text\n"), "plain text");
  EXPECT_EQ(decode_error(std::string(100'000, 'x')).size(), 1000U);
}

TEST(ParseImage, NameAndTag) {
  const auto parts = [](const char* image) {
    const Result<ImageName> out = parse_image(image);
    return out.ok() ? str(out->name, " ", out->tag) : "refused";
  };
  EXPECT_EQ(parts("busybox"), "busybox latest");
  EXPECT_EQ(parts("busybox:1.36"), "busybox 1.36");
  EXPECT_EQ(parts("registry:5000/a/b"), "registry:5000/a/b latest");
  EXPECT_EQ(parts("registry:5000/a/b:v1"), "registry:5000/a/b v1");
  EXPECT_EQ(parts("a/b@sha256:0123"), "a/b sha256:0123");
  EXPECT_EQ(parts("a/b:v1@sha256:0123"), "a/b sha256:0123");
  for (const char* bad :
       {"", "a b", "../containers", "a//b", "/a", "a/", "a:", "a?x=1", "a&tag=b", "\xff", "a\n", ":x"}) {
    EXPECT_EQ(parts(bad), "refused") << bad;
  }
}

TEST(DecodeUsage, IsTheWorkingSet) {
  const auto newer = decode_usage(
      R"({"cpu_stats":{"cpu_usage":{"total_usage":1500}},"memory_stats":{"usage":4096,"stats":{"inactive_file":1024}}})");
  ASSERT_TRUE(newer.ok());
  EXPECT_EQ(newer->cpu, std::chrono::nanoseconds(1500));
  EXPECT_EQ(newer->memory_bytes, 3072);
  const auto older = decode_usage(
      R"({"cpu_stats":{"cpu_usage":{"total_usage":1}},"memory_stats":{"usage":4096,"stats":{"total_inactive_file":4097}}})");
  ASSERT_TRUE(older.ok());
  EXPECT_EQ(older->memory_bytes, 0);
  // What the engine says of a container that does not run.
  const auto none = decode_usage(R"({"cpu_stats":{"cpu_usage":{"total_usage":0}},"memory_stats":{}})");
  EXPECT_EQ(none.error().code, Code::not_found);
  EXPECT_FALSE(decode_usage("[").ok());
}

TEST(DecodeUsage, HasWhatTheEngineCounts) {
  const auto usage = decode_usage(R"({
    "cpu_stats":{"cpu_usage":{"total_usage":1500},
                 "throttling_data":{"periods":10,"throttled_periods":3,"throttled_time":77}},
    "memory_stats":{"usage":4096,"max_usage":5000,"limit":8192,"stats":{"total_rss":11,"rss":1,"total_cache":12,"total_swap":13}},
    "networks":{"eth0":{"rx_bytes":1,"rx_packets":2,"rx_errors":3,"rx_dropped":4,"tx_bytes":5,"tx_packets":6,"tx_errors":7,"tx_dropped":-8}},
    "blkio_stats":{"io_service_bytes_recursive":[{"op":"Read","value":1},{"op":"write","value":2},{"op":"Total","value":3},7],
                   "io_serviced_recursive":[{"op":"read","value":4},{"op":"Write","value":5}]},
    "pids_stats":{"current":6}})");
  ASSERT_TRUE(usage.ok());
  EXPECT_EQ(usage->quota, (CpuQuota{{}, {}, 10, 3, std::chrono::nanoseconds(77)}));
  EXPECT_EQ(usage->memory, (MemoryUsage{4096, 11, 12, 13, 8192, 5000}));
  EXPECT_EQ(usage->network, (std::vector<InterfaceUsage>{{"eth0", {1, 2, 3, 4}, {5, 6, 7, 0}}}));
  EXPECT_EQ(usage->disk, (DiskUsage{1, 2, 4, 5}));
  EXPECT_EQ(usage->processes, 6);
  const auto newer = decode_usage(R"({"cpu_stats":{"cpu_usage":{"total_usage":1}},
    "memory_stats":{"usage":4096,"stats":{"anon":21,"file":22}},"blkio_stats":{"io_service_bytes_recursive":null},"networks":[]})");
  ASSERT_TRUE(newer.ok());
  EXPECT_EQ(newer->memory, (MemoryUsage{4096, 21, 22, 0, 0, 0}));
  EXPECT_FALSE(newer->disk);
  EXPECT_FALSE(newer->quota);
}

TEST(DockerWire, networks_of_a_bridge) {
  EXPECT_EQ(decode_bridges(R"({"Name":"bridge","IPAM":{"Config":[{"Subnet":"172.17.0.0/16","Gateway":"172.17.0.1"},)"
                           R"({"Subnet":"fd00::/64","Gateway":"fd00::1"},{"Subnet":"10.0.0.0/8"}]}})"),
            (std::vector<Bridge>{{"172.17.0.1", "172.17.0.0/16"}}));
  for (const char* body :
       {"", "[]", "{}", R"({"IPAM":null})", R"({"IPAM":{"Config":{}}})", R"({"IPAM":{"Config":[7]}})"}) {
    EXPECT_TRUE(decode_bridges(body).empty()) << body;
  }
}

}  // namespace
}  // namespace muster::drivers::docker
