#include "sdk/cli/host.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>

#include "core/base/files.hpp"
#include "plugins/endpoints/http_endpoint.hpp"
#include "plugins/endpoints/replay.hpp"
#include "plugins/endpoints/stand_in.hpp"

namespace plumb::cli {
namespace fs = std::filesystem;

namespace {

/// A stand-in's server and the endpoint that speaks to it, as one.
class ServedStandIn final : public Endpoint {
 public:
  ServedStandIn(std::shared_ptr<StandInServer> server, std::unique_ptr<Endpoint> endpoint)
      : server_(std::move(server)), endpoint_(std::move(endpoint)) {}
  ChatReply chat(const ChatRequest& request, Waiter& waiter) override {
    return endpoint_->chat(request, waiter);
  }
  std::expected<std::optional<RawCompletion>, Fault> complete_raw(const ChatRequest& request,
                                                                  Waiter& waiter) override {
    return endpoint_->complete_raw(request, waiter);
  }
  std::expected<std::vector<ServedModel>, Fault> models(Waiter& waiter) override {
    return endpoint_->models(waiter);
  }
  std::expected<PlainReply, Fault> fetch(const PlainRequest& request, Waiter& waiter) override {
    return endpoint_->fetch(request, waiter);
  }
  std::string without_secrets(std::string text) const override {
    return endpoint_->without_secrets(std::move(text));
  }

 private:
  std::shared_ptr<StandInServer> server_;
  std::unique_ptr<Endpoint> endpoint_;
};

}  // namespace

Result<std::unique_ptr<Endpoint>> Endpoints::serve_stand_in(
    const Contestant& contestant, const std::vector<std::shared_ptr<const Task>>& tasks,
    int max_streams) {
  constexpr std::string_view kScheme = "standin:";
  PLUMB_TRY(const auto options,
            parse_stand_in_options(std::string_view(contestant.url).substr(kScheme.size())));
  const std::lock_guard lock(mutex_);
  std::weak_ptr<StandInServer>& known =
      stand_ins_[contestant.name + "\n" + contestant.url + "\n" + std::to_string(tasks.size())];
  std::shared_ptr<StandInServer> server = known.lock();
  if (!server) {
    PLUMB_TRY(server, StandInServer::start(options, tasks, 0, max_streams));
    known = server;
  }
  Contestant served = contestant;
  served.url = server->url();
  PLUMB_TRY(auto endpoint, make_endpoint(served, *http_, servers_));
  return std::make_unique<ServedStandIn>(std::move(server), std::move(endpoint));
}

int report(const Error& error) {
  std::fprintf(stderr, "plumb: %s\n", full_sentence(error).c_str());
  if (error.code == Code::unavailable) return kUnreachable;
  if (error.code == Code::cancelled) return kInterrupted;
  return kUsage;
}

Signals::Signals() {
  sigset_t ours;
  sigemptyset(&ours);
  sigaddset(&ours, SIGINT);
  sigaddset(&ours, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ours, nullptr);
  // A reader of our output that went away is seen as a failed write.
  std::signal(SIGPIPE, SIG_IGN);
  Fd signals(::signalfd(-1, &ours, SFD_CLOEXEC));
  listener_ = std::jthread([this, fd = std::move(signals)](const std::stop_token& quit) {
    Wake bell;
    const std::stop_callback ring(quit, [&bell] { bell.signal(); });
    while (!quit.stop_requested()) {
      pollfd polled[] = {{fd.get(), POLLIN, 0}, {bell.fd(), POLLIN, 0}};
      ::poll(polled, 2, -1);
      if ((polled[0].revents & POLLIN) == 0) continue;
      signalfd_siginfo info{};
      if (::read(fd.get(), &info, sizeof info) != sizeof info) continue;
      if (source_.stop_requested()) std::_Exit(kInterrupted);
      std::fputs("\nplumb: stopping; what is finished is kept (again to end at once)\n", stderr);
      source_.request_stop();
    }
  });
}

Signals::~Signals() = default;

std::string launcher_file(bool unsafe) {
  return (resource_dir() / "sandboxes" / (unsafe ? "process.lua" : "bwrap.lua")).string();
}

Result<std::unique_ptr<SandboxFactory>> make_sandboxes(bool unsafe) {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  SandboxOptions options;
  options.masked = {resource_dir().string()};
  return make_sandbox_factory(launcher_file(unsafe),
                              (program.parent_path() / "plumb-guest").string(), std::move(options));
}

Result<std::unique_ptr<Endpoints>> Endpoints::create() {
  PLUMB_TRY(auto servers, ServerBook::load(server_book_folder()));
  PLUMB_TRY(auto http, make_http_client(real_clock()));
  return std::unique_ptr<Endpoints>(new Endpoints(std::move(http), std::move(servers)));
}

EndpointFactory Endpoints::factory(int max_streams, Store* store) {
  return [this, max_streams, store](const Contestant& contestant,
                                    const std::vector<std::shared_ptr<const Task>>& tasks)
             -> Result<std::unique_ptr<Endpoint>> {
    if (contestant.is_stand_in()) return serve_stand_in(contestant, tasks, max_streams);
    if (contestant.is_replay() && store != nullptr) return make_replay(contestant, *store);
    if (contestant.is_replay()) {
      return fail(Code::usage, "a replay answers trials only; use it with plumb run");
    }
    return make_endpoint(contestant, *http_, servers_);
  };
}

std::string find_tasks(const std::string& path) {
  std::error_code error;
  if (fs::exists(path, error)) return path;
  const fs::path shipped = resource_dir() / path;
  return fs::exists(shipped, error) ? shipped.string() : path;
}

Result<std::unique_ptr<Store>> open_existing(const std::string& db) {
  std::error_code error;
  if (!fs::exists(db, error)) {
    return fail(Code::not_found,
                "there is no database " + db + "; a run makes one, or name another with --db");
  }
  return Store::open(db);
}

Status write_output(const std::string& path, const std::string& text) {
  if (path != "-") return write_file(path, text);
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    return fail(Code::io, "cannot write to the standard output");
  }
  return {};
}

}  // namespace plumb::cli
