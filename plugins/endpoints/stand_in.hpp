// A model simulated from policies: a real HTTP server in this process that speaks as one of several
// servers does (stand_in_options.hpp: flavours and faults) and plays, trial by trial, a task's
// oracle or one of its negative controls. What it plays is computed from the trial alone
// (stand_in_deal.hpp), so the instrument can be held against a known truth. It shares no code with
// core/wire.
//
//   stand_in_request, stand_in_read_*     what was asked, in three protocols
//   stand_in_refusal, stand_in_errors     what this server refuses, and in which words
//   stand_in_deal, _reply, _obedience     what is answered, to a trial and to anybody else
//   stand_in_finish, stand_in_broken      what becomes of it on the way out: faults, limits, ids
//   stand_in_encoder, _chat, _responses, _messages     the bytes
//   stand_in_ledger, _metrics, _discovery              what the server tells about itself
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/task/task.hpp"
#include "plugins/endpoints/stand_in_deal.hpp"
#include "plugins/endpoints/stand_in_options.hpp"

namespace plumb {

/// Serves one stand-in on 127.0.0.1: POST /v1/chat/completions, /v1/responses and /v1/messages,
/// streamed or whole, and the routes by which the flavour's server tells about itself. The header
/// X-Plumbline-Trial tells which trial asks; a request without it is answered as an obedient model
/// would (stand_in_obedience.hpp). Thread-safe.
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
