#include "core/store/sqlite.hpp"

#include <sqlite3.h>

#include <utility>

namespace plumb {
namespace {

constexpr int kBusyMs = 10'000;

/// What the library's code means to a person, with what to do.
std::unexpected<Error> failure(sqlite3* connection, int code, const std::string& path) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return fail(Code::io, "cannot write " + path +
                                ": the disk is full; free some space, then resume the run");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fail(Code::timeout, "cannot use " + path +
                                     ": another program has kept it locked for ten seconds; let it "
                                     "finish, or use another file");
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return fail(Code::io, "cannot write " + path +
                                ": it, or its folder, is read-only; change its permissions or use "
                                "another file");
    case SQLITE_CANTOPEN:
      return fail(Code::io, "cannot open " + path + ": check that it may be read and written");
    case SQLITE_NOTADB:
      return fail(Code::config, path +
                                    " is not a database of Plumbline, and is left as it is; use "
                                    "another file");
    case SQLITE_CORRUPT:
      return fail(Code::config,
                  path + " is damaged: " +
                      (connection == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(connection)) +
                      "; use another file, or a copy of it");
    default:
      return fail(Code::io,
                  "cannot use " + path + ": " +
                      (connection == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(connection)));
  }
}

}  // namespace

Query::Query(Query&& other) noexcept
    : connection_(other.connection_),
      statement_(std::exchange(other.statement_, nullptr)),
      path_(other.path_),
      bound_(other.bound_),
      bind_code_(other.bind_code_) {}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Query& Query::text(std::string_view value) {
  // A null pointer would bind NULL where an empty text is meant.
  const int code = sqlite3_bind_text64(statement_, ++bound_, value.empty() ? "" : value.data(),
                                       value.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) bind_code_ = code;
  return *this;
}

Query& Query::bytes(std::string_view value) {
  const int code = sqlite3_bind_blob64(statement_, ++bound_, value.empty() ? "" : value.data(),
                                       value.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) bind_code_ = code;
  return *this;
}

Query& Query::number(std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_, ++bound_, value);
  if (code != SQLITE_OK) bind_code_ = code;
  return *this;
}

Result<bool> Query::next() {
  if (bind_code_ != SQLITE_OK) return failure(nullptr, bind_code_, *path_);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return failure(connection_, code, *path_);
}

Status Query::run() {
  const auto row = next();
  if (!row) return std::unexpected(row.error());
  return {};
}

int Query::changes() const { return sqlite3_changes(connection_); }

std::string_view Query::text_at(int column) const {
  // As a blob: the bytes are taken as they lie there, without a conversion that could fail.
  const void* data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return data == nullptr ? std::string_view()
                         : std::string_view(static_cast<const char*>(data), std::size_t(size));
}

std::int64_t Query::number_at(int column) const { return sqlite3_column_int64(statement_, column); }

Database::Database(sqlite3* connection, const std::string& path)
    : connection_(connection), path_(std::make_unique<std::string>(path)) {}

Database::Database(Database&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)),
      path_(std::move(other.path_)),
      commit_hook_(std::move(other.commit_hook_)),
      statements_(std::move(other.statements_)) {}

Database::~Database() {
  statements_.clear();
  sqlite3_close_v2(connection_);
}

Result<Database> Database::open(const std::string& path) {
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(
      path.c_str(), &connection,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  Database database(connection, path);
  if (code != SQLITE_OK) return failure(nullptr, code, path);
  sqlite3_busy_timeout(connection, kBusyMs);
  // The file may come from anybody: its schema gets to run nothing.
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  return database;
}

Status Database::run(const char* sql) {
  const int code = sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(connection_, code, *path_);
  return {};
}

Result<Query> Database::query(const char* sql) {
  auto& statement = statements_[sql];
  if (!statement) {
    sqlite3_stmt* prepared = nullptr;
    const int code =
        sqlite3_prepare_v3(connection_, sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    if (code != SQLITE_OK) return failure(connection_, code, *path_);
    statement.reset(prepared);
  }
  return Query(connection_, statement.get(), *path_);
}

Result<std::int64_t> Database::number(const char* sql) {
  PLUMB_TRY(Query found, query(sql));
  PLUMB_TRY(const bool row, found.next());
  return row ? found.number_at(0) : 0;
}

void Database::rollback() {
  if (sqlite3_get_autocommit(connection_) == 0) {
    sqlite3_exec(connection_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Database::on_commit(void (*hook)()) {
  const auto call = [](void* pointer) {
    (*static_cast<void (**)()>(pointer))();
    return 0;
  };
  commit_hook_ = std::make_unique<void (*)()>(hook);
  sqlite3_commit_hook(connection_, call, static_cast<void*>(commit_hook_.get()));
}

void Database::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

}  // namespace plumb
