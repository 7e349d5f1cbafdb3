#pragma once

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/files.hpp"
#include "core/base/text.hpp"
#include "core/run/machine.hpp"
#include "plugins/endpoints/http_endpoint.hpp"
#include "tests/support/temp_folder.hpp"

namespace plumb::test {

/// Contestants that tests/integration/run/serve.py serves, all on one port and in one folder, so
/// that two of them are never up together.
class MachineTest : public testing::Test {
 protected:
  /// @param kind  of serve.py
  [[nodiscard]] Contestant contestant(const std::string& name, const std::string& kind) const {
    Contestant made;
    made.name = name;
    made.model = "model-" + name;
    made.url = "http://127.0.0.1:" + std::to_string(port_) + "/v1";
    made.group = "machine";
    made.attempts = 1;
    made.up = command(kind, made.model);
    return made;
  }
  [[nodiscard]] std::vector<std::string> command(const std::string& kind,
                                                 const std::string& model) const {
    return {"python3", SERVE_PY, kind, std::to_string(port_), model, folder_.path().string()};
  }
  [[nodiscard]] std::unique_ptr<Endpoint> endpoint(const Contestant& who) const {
    auto made = make_endpoint(who, *http_, book_);
    if (!made) throw std::runtime_error(full_sentence(made.error()));
    return std::move(*made);
  }
  /// What the servers did, in order: "up model-a", "down model-a", "stop ...", "twice ...".
  [[nodiscard]] std::vector<std::string> diary() const {
    const auto text = read_file(folder_.file("diary"));
    return text ? split(trimmed(*text), '\n') : std::vector<std::string>{};
  }
  [[nodiscard]] bool is_up() const { return std::filesystem::exists(folder_.file("lock")); }
  /// Whether the process that holds the lock, or held it, is at work.
  [[nodiscard]] static bool runs(const std::string& pid) {
    const auto stat = read_file("/proc/" + pid + "/stat");
    return stat && stat->find(") Z ") == std::string::npos;
  }
  [[nodiscard]] std::string pid() const { return read_file(folder_.file("lock")).value_or(""); }

  TempFolder folder_;
  ServerBook book_ = ServerBook::load(server_book_folder()).value();

 private:
  static int free_port() {
    const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket.get(), any, size) != 0 || ::getsockname(socket.get(), any, &size) != 0) {
      throw std::runtime_error("no free port");
    }
    return ntohs(address.sin_port);
  }

  std::unique_ptr<HttpClient> http_ = make_http_client(real_clock()).value();
  int port_ = free_port();
};

}  // namespace plumb::test
