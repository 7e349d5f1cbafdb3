#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "core/store/sqlite.hpp"

namespace plumb {

/// The thread that writes. Whatever was posted since the last commit goes into the next one, so
/// that many trials that end together share one wait for the disk.
class Writer {
 public:
  /// A change, made inside a transaction; may be run again when a neighbour in the same transaction
  /// failed.
  using Change = std::function<Status(Database&)>;
  using Done = std::function<void(const Status&)>;

  explicit Writer(Database database);
  /// Writes what was posted, then ends.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Never blocks on the disk. `done` is called on the writer's thread when the change is durable
  /// or has failed.
  void post(Change change, Done done);
  /// Posts and waits until it is durable or has failed.
  [[nodiscard]] Status write(Change change);

 private:
  struct Item {
    Change change;
    Done done;
  };
  void loop();
  void commit(std::vector<Item>& batch);
  [[nodiscard]] Status transaction(std::vector<Item>::iterator first,
                                   std::vector<Item>::iterator last);

  Database database_;
  std::mutex mutex_;
  std::condition_variable posted_;
  std::vector<Item> queue_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace plumb
