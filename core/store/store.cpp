#include "core/store/store.hpp"

#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <utility>

#include "core/store/rows.hpp"
#include "core/store/schema.hpp"
#include "core/store/writer.hpp"

namespace plumb {
namespace {

/// Shared by the trial that waits and the writer, so that either may go first.
class Slot {
 public:
  explicit Slot(Wake& wake) : wake_(&wake) {}

  void finish(const Status& status) {
    const std::lock_guard lock(mutex_);
    status_ = status;
    done_.store(true, std::memory_order_release);
    if (wake_ != nullptr) wake_->signal();
  }
  void forget_wake() {
    const std::lock_guard lock(mutex_);
    wake_ = nullptr;
  }
  [[nodiscard]] bool done() const { return done_.load(std::memory_order_acquire); }
  [[nodiscard]] Status status() const { return status_; }

 private:
  std::mutex mutex_;
  Wake* wake_;
  Status status_;
  std::atomic<bool> done_ = false;
};

class SlotSaving final : public Store::Saving {
 public:
  explicit SlotSaving(std::shared_ptr<Slot> slot) : slot_(std::move(slot)) {}
  SlotSaving(const SlotSaving&) = delete;
  SlotSaving& operator=(const SlotSaving&) = delete;
  ~SlotSaving() override { slot_->forget_wake(); }
  [[nodiscard]] bool done() const override { return slot_->done(); }
  [[nodiscard]] Status status() const override { return slot_->status(); }

 private:
  std::shared_ptr<Slot> slot_;
};

class SqliteStore final : public Store {
 public:
  SqliteStore(Database writing, Database reading)
      : reading_(std::move(reading)), writer_(std::move(writing)) {}

  [[nodiscard]] Status create_run(const RunInfo& run) override;
  [[nodiscard]] Status set_run_state(const std::string& run_id, const std::string& state,
                                     std::int64_t finished_ms) override;
  [[nodiscard]] Status set_plan(const std::string& run_id, const Json& plan) override;
  [[nodiscard]] Status add_note(const std::string& run_id, const Json& note) override;
  [[nodiscard]] Result<std::vector<RunInfo>> runs() override;
  [[nodiscard]] Result<RunInfo> run(const std::string& id) override;
  [[nodiscard]] Result<std::optional<RunInfo>> resumable(const std::string& identity) override;
  [[nodiscard]] std::unique_ptr<Saving> save(const std::string& run_id, TrialRecord record,
                                             Wake& wake) override;
  [[nodiscard]] Result<std::vector<TrialRecord>> trials(const std::string& run_id) override;
  [[nodiscard]] Result<TrialRecord> trial(const std::string& run_id, const TrialKey& key,
                                          int attempt) override;
  [[nodiscard]] Result<std::optional<Json>> ruler(const std::string& key) override;
  [[nodiscard]] Status set_ruler(const std::string& key, const Json& report) override;

 private:
  std::mutex mutex_;  ///< guards reading_
  Database reading_;
  Writer writer_;
};

Status SqliteStore::create_run(const RunInfo& run) {
  return writer_.write([&](Database& database) { return insert_run(database, run); });
}

Status SqliteStore::set_run_state(const std::string& run_id, const std::string& state,
                                  std::int64_t finished_ms) {
  return writer_.write([&](Database& database) -> Status {
    PLUMB_TRY(Query row, database.query("UPDATE runs SET state = ?, finished_ms = ? WHERE id = ?"));
    PLUMB_CHECK(row.text(state).number(finished_ms).text(run_id).run());
    if (row.changes() == 0) {
      return fail(Code::not_found, "there is no run " + run_id + " in " + database.path());
    }
    return {};
  });
}

Status SqliteStore::set_plan(const std::string& run_id, const Json& plan) {
  const std::string text = dump_json(plan);
  return writer_.write([&](Database& database) -> Status {
    PLUMB_TRY(Query row, database.query("UPDATE runs SET plan = ? WHERE id = ?"));
    PLUMB_CHECK(row.text(text).text(run_id).run());
    if (row.changes() == 0) {
      return fail(Code::not_found, "there is no run " + run_id + " in " + database.path());
    }
    return {};
  });
}

Status SqliteStore::add_note(const std::string& run_id, const Json& note) {
  const std::string text = dump_json(note);
  return writer_.write([&](Database& database) -> Status {
    PLUMB_TRY(Query row, database.query("INSERT INTO notes (run, note) VALUES (?, ?)"));
    return row.text(run_id).text(text).run();
  });
}

Result<std::vector<RunInfo>> SqliteStore::runs() {
  const std::lock_guard lock(mutex_);
  static const std::string sql = std::string(kRunColumns) + "ORDER BY started_ms DESC, rowid DESC";
  PLUMB_TRY(Query query, reading_.query(sql.c_str()));
  return read_runs(reading_, query);
}

Result<RunInfo> SqliteStore::run(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const bool last = id == "last";
  static const std::string newest =
      std::string(kRunColumns) + "ORDER BY started_ms DESC, rowid DESC LIMIT 1";
  static const std::string by_prefix =
      std::string(kRunColumns) +
      "WHERE substr(id, 1, length(?1)) = ?1 ORDER BY started_ms DESC, rowid DESC LIMIT 20";
  PLUMB_TRY(Query query, reading_.query(last ? newest.c_str() : by_prefix.c_str()));
  if (!last) query.text(id);
  PLUMB_TRY(std::vector<RunInfo> found, read_runs(reading_, query));
  if (found.empty()) {
    return fail(Code::not_found, last ? "there is no run in " + reading_.path() + " yet"
                                      : "there is no run " + id + " in " + reading_.path());
  }
  for (RunInfo& one : found) {
    if (found.size() == 1 || one.id == id) return std::move(one);
  }
  std::string names;
  for (const RunInfo& one : found) names += (names.empty() ? "" : ", ") + one.id;
  return fail(Code::usage,
              "\"" + id + "\" begins several runs: " + names + "; give more of its letters");
}

Result<std::optional<RunInfo>> SqliteStore::resumable(const std::string& identity) {
  const std::lock_guard lock(mutex_);
  static const std::string sql = std::string(kRunColumns) +
                                 "WHERE identity = ? AND state <> 'finished' ORDER BY started_ms "
                                 "DESC, rowid DESC LIMIT 1";
  PLUMB_TRY(Query query, reading_.query(sql.c_str()));
  query.text(identity);
  PLUMB_TRY(std::vector<RunInfo> found, read_runs(reading_, query));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::unique_ptr<Store::Saving> SqliteStore::save(const std::string& run_id, TrialRecord record,
                                                 Wake& wake) {
  auto slot = std::make_shared<Slot>(wake);
  // Packing costs processor time, so the trial's own thread does it.
  auto packed = std::make_shared<const PackedTrial>(pack_trial(run_id, std::move(record)));
  writer_.post([packed](Database& database) { return insert_trial(database, *packed); },
               [slot](const Status& status) { slot->finish(status); });
  return std::make_unique<SlotSaving>(std::move(slot));
}

Result<std::vector<TrialRecord>> SqliteStore::trials(const std::string& run_id) {
  const std::lock_guard lock(mutex_);
  PLUMB_TRY(Query query,
            reading_.query("SELECT contestant, task, repeat, attempt, record FROM trials WHERE "
                           "run = ? ORDER BY contestant, task, repeat, attempt"));
  query.text(run_id);
  std::vector<TrialRecord> records;
  while (true) {
    PLUMB_TRY(const bool row, query.next());
    if (!row) return records;
    const TrialKey key{.contestant = std::string(query.text_at(0)),
                       .task = std::string(query.text_at(1)),
                       .repeat = static_cast<int>(query.number_at(2))};
    PLUMB_TRY(TrialRecord record,
              read_record(reading_, query.text_at(4), key, static_cast<int>(query.number_at(3))));
    records.push_back(std::move(record));
  }
}

Result<TrialRecord> SqliteStore::trial(const std::string& run_id, const TrialKey& key,
                                       int attempt) {
  const std::lock_guard lock(mutex_);
  PLUMB_TRY(Query query,
            reading_.query("SELECT trials.attempt, record, bytes, events FROM trials "
                           "JOIN transcripts ON trial = trials.number "
                           "JOIN blobs ON hash = opening "
                           "WHERE run = ?1 AND contestant = ?2 AND task = ?3 AND repeat = ?4 AND "
                           "(?5 = 0 OR attempt = ?5) ORDER BY attempt DESC LIMIT 1"));
  query.text(run_id).text(key.contestant).text(key.task).number(key.repeat).number(attempt);
  PLUMB_TRY(const bool row, query.next());
  if (!row) {
    return fail(Code::not_found, "there is no " + trial_name(key, std::max(attempt, 1)) +
                                     " in run " + run_id + " of " + reading_.path());
  }
  const int stored = static_cast<int>(query.number_at(0));
  PLUMB_TRY(TrialRecord record, read_record(reading_, query.text_at(1), key, stored));
  PLUMB_TRY(record.opening, read_packed(reading_, query.text_at(2), key, stored));
  PLUMB_TRY(record.events, read_packed(reading_, query.text_at(3), key, stored));
  return record;
}

Result<std::optional<Json>> SqliteStore::ruler(const std::string& key) {
  const std::lock_guard lock(mutex_);
  PLUMB_TRY(Query query, reading_.query("SELECT report FROM rulers WHERE key = ?"));
  PLUMB_TRY(const bool row, query.text(key).next());
  if (!row) return std::nullopt;
  PLUMB_TRY(Json report, parse_json(query.text_at(0)));
  return report;
}

Status SqliteStore::set_ruler(const std::string& key, const Json& report) {
  const std::string text = dump_json(report);
  return writer_.write([&](Database& database) -> Status {
    PLUMB_TRY(Query row, database.query("INSERT INTO rulers (key, report) VALUES (?, ?) ON "
                                        "CONFLICT (key) DO UPDATE SET report = excluded.report"));
    return row.text(key).text(text).run();
  });
}

/// What can be said about the path before the library turns it into "unable to open".
Status check_path(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty() && !fs::is_directory(folder, ignored)) {
    return fail(Code::io, "cannot open " + path + ": there is no folder " + folder.string() +
                              "; create it or use another file");
  }
  const auto type = fs::status(path, ignored).type();
  if (type != fs::file_type::not_found && type != fs::file_type::regular) {
    return fail(Code::config, path + " is not a regular file; use another one");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const std::string& path) {
  PLUMB_CHECK(check_path(path));
  PLUMB_TRY(Database writing, Database::open(path));
  PLUMB_CHECK(prepare_schema(writing));
  PLUMB_TRY(Database reading, Database::open(path));
  PLUMB_CHECK(reading.run("PRAGMA query_only = ON"));
  return std::make_unique<SqliteStore>(std::move(writing), std::move(reading));
}

}  // namespace plumb
