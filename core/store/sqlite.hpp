#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace plumb {

/// A prepared statement on loan from its Database; what it is bound to is forgotten when it goes.
/// Parameters are bound in the order of their numbers, columns are read by position from 0. Bound
/// text and bytes are borrowed until then.
class Query {
 public:
  Query(sqlite3* connection, sqlite3_stmt* statement, const std::string& path)
      : connection_(connection), statement_(statement), path_(&path) {}
  Query(Query&& other) noexcept;
  Query& operator=(Query&&) = delete;
  ~Query();

  Query& text(std::string_view value);
  Query& bytes(std::string_view value);
  Query& number(std::int64_t value);

  /// Steps to the next row; false when there is none left.
  [[nodiscard]] Result<bool> next();
  /// Runs a statement that returns no row.
  [[nodiscard]] Status run();
  /// Rows that the last change touched.
  [[nodiscard]] int changes() const;

  /// The column's bytes; valid until the next step.
  [[nodiscard]] std::string_view text_at(int column) const;
  [[nodiscard]] std::int64_t number_at(int column) const;

 private:
  sqlite3* connection_;
  sqlite3_stmt* statement_;
  const std::string* path_;
  int bound_ = 0;
  int bind_code_ = 0;
};

/// One connection to the file. For one thread at a time. Every failure is an Error that names the
/// file.
class Database {
 public:
  /// Opens or creates the file and leaves its content alone. Waits up to ten seconds for locks of
  /// others.
  [[nodiscard]] static Result<Database> open(const std::string& path);
  Database(Database&& other) noexcept;
  Database& operator=(Database&&) = delete;
  ~Database();

  /// Runs statements that return nothing of interest.
  [[nodiscard]] Status run(const char* sql);
  /// Prepares once per text and connection; one Query per text at a time.
  [[nodiscard]] Result<Query> query(const char* sql);
  /// First column of the first row.
  [[nodiscard]] Result<std::int64_t> number(const char* sql);
  /// Ends an open transaction without keeping it; never fails.
  void rollback();
  /// Called inside every commit before it reaches the disk; must not use the connection.
  void on_commit(void (*hook)());
  [[nodiscard]] const std::string& path() const { return *path_; }

 private:
  Database(sqlite3* connection, const std::string& path);

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  sqlite3* connection_;
  std::unique_ptr<std::string> path_;  ///< queries on loan point to it
  std::unique_ptr<void (*)()> commit_hook_;
  std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
};

}  // namespace plumb
