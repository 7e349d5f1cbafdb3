#include "core/store/schema.hpp"

#include <fmt/format.h>

#include "core/base/waiter.hpp"

namespace plumb {
namespace {

constexpr std::int64_t kApplicationId = 0x504c4d42;  // "PLMB"
constexpr std::int64_t kVersion = 1;

// Records are small and read together, transcripts are large and read one at a time: two tables.
constexpr const char* kTables = R"sql(
CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  identity TEXT NOT NULL,
  suite TEXT NOT NULL,
  seed INTEGER NOT NULL,
  repeats INTEGER NOT NULL,
  sandbox TEXT NOT NULL,
  isolated INTEGER NOT NULL,
  started_ms INTEGER NOT NULL,
  finished_ms INTEGER NOT NULL,
  state TEXT NOT NULL,
  plan TEXT NOT NULL
) STRICT;
CREATE INDEX runs_by_identity ON runs (identity, started_ms);
CREATE TABLE notes (
  number INTEGER PRIMARY KEY,
  run TEXT NOT NULL REFERENCES runs (id),
  note TEXT NOT NULL
) STRICT;
CREATE INDEX notes_by_run ON notes (run, number);
CREATE TABLE trials (
  number INTEGER PRIMARY KEY,
  run TEXT NOT NULL REFERENCES runs (id),
  contestant TEXT NOT NULL,
  task TEXT NOT NULL,
  repeat INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  record TEXT NOT NULL,
  UNIQUE (run, contestant, task, repeat, attempt)
) STRICT;
CREATE TABLE blobs (
  hash TEXT PRIMARY KEY,
  bytes BLOB NOT NULL
) STRICT;
CREATE TABLE transcripts (
  trial INTEGER PRIMARY KEY REFERENCES trials (number),
  opening TEXT NOT NULL REFERENCES blobs (hash),
  events BLOB NOT NULL
) STRICT;
CREATE TABLE rulers (
  key TEXT PRIMARY KEY,
  report TEXT NOT NULL
) STRICT;
)sql";

enum class Kind { empty, ours };

Result<Kind> kind_of(Database& database) {
  PLUMB_TRY(const auto application, database.number("PRAGMA application_id"));
  PLUMB_TRY(const auto version, database.number("PRAGMA user_version"));
  PLUMB_TRY(const auto objects, database.number("SELECT count(*) FROM sqlite_schema"));
  if (application == 0 && version == 0 && objects == 0) return Kind::empty;
  if (application != kApplicationId) {
    return fail(Code::config, database.path() +
                                  " is a database of another program, and is left as it is; use "
                                  "another file");
  }
  if (version > kVersion) {
    return fail(Code::config,
                fmt::format("{} was written by a newer Plumbline (its schema is {}, this one knows "
                            "{}): use the newer one, or another file",
                            database.path(), version, kVersion));
  }
  return Kind::ours;
}

/// Several programs may create the same file at once: the one that gets the lock makes the tables.
Status create_tables(Database& database) {
  PLUMB_CHECK(database.run("BEGIN IMMEDIATE"));
  auto kind = kind_of(database);
  Status status;
  if (!kind) {
    status = std::unexpected(kind.error());
  } else if (*kind == Kind::empty) {
    const std::string script =
        fmt::format("{} PRAGMA application_id = {}; PRAGMA user_version = {};", kTables,
                    kApplicationId, kVersion);
    status = database.run(script.c_str());
  }
  if (status) status = database.run("COMMIT");
  database.rollback();
  return status;
}

Status try_write_ahead_log(Database& database) {
  PLUMB_TRY(Query mode, database.query("PRAGMA journal_mode = WAL"));
  PLUMB_TRY(const bool row, mode.next());
  if (row && mode.text_at(0) == "wal") return {};
  return fail(Code::io, "cannot keep a write-ahead log beside " + database.path() +
                            ": its file system has no shared memory; use a local folder");
}

/// SQLite does not wait for the lock of this one change (two that waited for each other would never
/// end), so we do.
Status use_write_ahead_log(Database& database) {
  constexpr int kTries = 200;
  constexpr auto kPause = std::chrono::milliseconds(10);
  Status status = try_write_ahead_log(database);
  for (int i = 0; i < kTries && !status && status.error().code == Code::timeout; ++i) {
    Waiter(real_clock(), {}).wait([] { return false; }, real_clock().now() + kPause);
    status = try_write_ahead_log(database);
  }
  return status;
}

}  // namespace

Status prepare_schema(Database& database) {
  // In one transaction, so that a file which somebody is just making is seen before or after, not
  // half.
  PLUMB_CHECK(database.run("BEGIN"));
  auto kind = kind_of(database);
  database.rollback();
  if (!kind) return std::unexpected(std::move(kind.error()));
  if (*kind == Kind::empty) PLUMB_CHECK(create_tables(database));
  PLUMB_CHECK(use_write_ahead_log(database));
  PLUMB_CHECK(database.run("PRAGMA synchronous = FULL"));
  PLUMB_CHECK(database.run("PRAGMA foreign_keys = ON"));
  return {};
}

}  // namespace plumb
