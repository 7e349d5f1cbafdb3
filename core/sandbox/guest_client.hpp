#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/base/fd.hpp"
#include "core/base/subprocess.hpp"
#include "core/sandbox/connections.hpp"
#include "core/sandbox/frame.hpp"
#include "core/sandbox/sandbox.hpp"

namespace plumb {

/// A guest that was started: the host's end of its channel, and what keeps it alive.
struct StartedGuest {
  Fd channel;  ///< a stream socket, nonblocking
  Fd errors;   ///< what the launcher writes to its stderr; nonblocking; may be absent
  std::optional<Subprocess> process;  ///< the launcher
  std::string launcher;               ///< its name, for sentences
};

/// The Sandbox behind a guest's channel. Every byte from the guest is checked; a guest that breaks
/// the protocol is lost at once, and whatever it sends, no more is kept than was asked for.
class GuestClient : public Sandbox {
 public:
  /// Waits for the guest's hello. Code::unavailable when the launcher ends instead, with what it
  /// said; protocol when the guest speaks another version; timeout; cancelled.
  [[nodiscard]] static Result<std::unique_ptr<GuestClient>> open(Waiter& waiter, StartedGuest guest,
                                                                 Duration patience);
  ~GuestClient() override;

  [[nodiscard]] Result<ExecResult> exec(const ExecRequest& request) override;
  [[nodiscard]] Result<std::string> read(const std::string& path, std::size_t max_bytes) override;
  [[nodiscard]] Status write(const std::string& path, std::string_view bytes,
                             unsigned mode) override;
  [[nodiscard]] Status remove(const std::string& path) override;
  [[nodiscard]] Result<std::vector<DirEntry>> list(const std::string& path, bool recursive,
                                                   std::size_t most) override;
  [[nodiscard]] Status listen(const std::string& address, int port,
                              ConnectionHandler& handler) override;
  [[nodiscard]] Status kill_all() override;

 private:
  struct Answer {
    Json header;
    std::string body;
  };
  /// A request that was sent and not answered yet.
  struct Pending {
    std::size_t most = 0;  ///< bytes that the answer may have
    std::string body;
    std::optional<Result<Answer>> answer;
  };

  GuestClient(Waiter& waiter, StartedGuest guest);
  /// Sends a request and waits for its answer. `what` begins the sentence of a timeout: "listing
  /// /work".
  [[nodiscard]] Result<Answer> call(Json header, std::string_view body, std::size_t most,
                                    Duration patience, const std::string& what);
  void on_event(short events);
  void receive();
  void flush();
  [[nodiscard]] Status take(frame::Frame&& frame);
  [[nodiscard]] Status take_answer(const std::string& op, frame::Frame&& frame);
  void lose(Error error);
  [[nodiscard]] Error how_it_ended();

  Waiter& waiter_;
  StartedGuest guest_;
  GuestConnections connections_;
  frame::Reader reader_;
  std::string out_;
  std::size_t out_at_ = 0;
  std::map<std::int64_t, std::shared_ptr<Pending>> pending_;
  std::int64_t next_id_ = 1;
  bool greeted_ = false;
  std::optional<Error> lost_;
  Waiter::Watch watch_;
};

}  // namespace plumb
