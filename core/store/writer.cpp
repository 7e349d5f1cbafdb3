#include "core/store/writer.hpp"

#include <future>
#include <utility>

#include "core/base/failpoint.hpp"

namespace plumb {

Writer::Writer(Database database) : database_(std::move(database)) {
  database_.on_commit([] { failpoint("store.in_commit"); });
  thread_ = std::thread([this] { loop(); });
}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  posted_.notify_one();
  thread_.join();
}

void Writer::post(Change change, Done done) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back({std::move(change), std::move(done)});
  }
  posted_.notify_one();
}

Status Writer::write(Change change) {
  std::promise<Status> promise;
  auto status = promise.get_future();
  post(std::move(change), [&promise](const Status& result) { promise.set_value(result); });
  return status.get();
}

void Writer::loop() {
  while (true) {
    std::vector<Item> batch;
    {
      std::unique_lock lock(mutex_);
      posted_.wait(lock, [this] { return ending_ || !queue_.empty(); });
      if (queue_.empty()) return;
      batch.swap(queue_);
    }
    commit(batch);
  }
}

void Writer::commit(std::vector<Item>& batch) {
  const Status together = transaction(batch.begin(), batch.end());
  for (auto item = batch.begin(); item != batch.end(); ++item) {
    // One that fails must not take its neighbours with it, so each then has a transaction of its
    // own.
    const bool alone = !together && batch.size() > 1;
    item->done(alone ? transaction(item, item + 1) : together);
  }
}

Status Writer::transaction(std::vector<Item>::iterator first, std::vector<Item>::iterator last) {
  Status status = database_.run("BEGIN IMMEDIATE");
  for (auto item = first; status && item != last; ++item) status = item->change(database_);
  if (status) {
    failpoint("store.before_commit");
    status = database_.run("COMMIT");
  }
  if (status) {
    failpoint("store.after_commit");
  } else {
    database_.rollback();
  }
  return status;
}

}  // namespace plumb
