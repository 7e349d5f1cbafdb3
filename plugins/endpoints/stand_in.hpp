// A model simulated from policies: a real HTTP server in this process that speaks streaming chat
// completions and plays, trial by trial, a task's oracle or one of its negative controls. What it
// plays is computed from the trial alone (stand_in_deal.hpp), so the instrument can be held against
// a known truth. It shares no code with core/wire.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/task/task.hpp"
#include "plugins/endpoints/stand_in_deal.hpp"
#include "plugins/endpoints/stand_in_options.hpp"

namespace plumb {

/// Serves one stand-in on 127.0.0.1: GET /v1/models and POST /v1/chat/completions, streamed or
/// whole. The header X-Plumbline-Trial tells which trial asks; a request without it is answered
/// "ready". Thread-safe.
class StandInServer {
  class Impl;

 public:
  /// @param tasks        those that trials may name
  /// @param port         0 takes a free one
  /// @param max_streams  most requests in flight at the same time
  /// Code::io when the port is taken.
  [[nodiscard]] static Result<std::unique_ptr<StandInServer>> start(
      StandInOptions options, const std::vector<std::shared_ptr<const Task>>& tasks, int port,
      int max_streams);

  /// For start().
  explicit StandInServer(std::unique_ptr<Impl> impl);
  /// Ends every stream at once.
  ~StandInServer();
  StandInServer(const StandInServer&) = delete;
  StandInServer& operator=(const StandInServer&) = delete;

  /// The base URL of the endpoint: "http://127.0.0.1:PORT/v1".
  [[nodiscard]] std::string url() const;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace plumb
