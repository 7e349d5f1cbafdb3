#include "core/store/rows.hpp"

#include <fmt/format.h>

#include <bit>
#include <utility>

#include "core/base/hash.hpp"
#include "core/store/codec.hpp"

namespace plumb {

std::string trial_name(const TrialKey& key, int attempt) {
  return fmt::format("trial {} {} #{}, attempt {}", key.contestant, key.task, key.repeat + 1,
                     attempt);
}

PackedTrial pack_trial(const std::string& run_id, TrialRecord record) {
  const std::string opening = dump_json(record.opening);
  return {.run = run_id,
          .key = record.key,
          .attempt = record.attempt,
          .record = dump_json(to_json(record)),
          .opening_hash = sha256_hex(opening),
          .opening = compress(opening),
          .events = pack_events(std::move(record.events))};
}

Status insert_trial(Database& database, const PackedTrial& trial) {
  PLUMB_TRY(Query known, database.query("SELECT 1 FROM trials WHERE run = ? AND contestant = ? AND "
                                        "task = ? AND repeat = ? AND attempt = ?"));
  known.text(trial.run).text(trial.key.contestant).text(trial.key.task);
  PLUMB_TRY(const bool twice, known.number(trial.key.repeat).number(trial.attempt).next());
  if (twice) {
    return fail(Code::internal,
                fmt::format("{} of run {} is already in {}", trial_name(trial.key, trial.attempt),
                            trial.run, database.path()));
  }
  PLUMB_TRY(Query row, database.query("INSERT INTO trials (run, contestant, task, repeat, attempt, "
                                      "record) VALUES (?, ?, ?, ?, ?, ?) RETURNING number"));
  row.text(trial.run).text(trial.key.contestant).text(trial.key.task);
  row.number(trial.key.repeat).number(trial.attempt).text(trial.record);
  PLUMB_TRY([[maybe_unused]] const bool inserted, row.next());
  const std::int64_t number = row.number_at(0);
  PLUMB_TRY(Query blob, database.query("INSERT INTO blobs (hash, bytes) VALUES (?, ?) "
                                       "ON CONFLICT DO NOTHING"));
  PLUMB_CHECK(blob.text(trial.opening_hash).bytes(trial.opening).run());
  PLUMB_TRY(Query transcript, database.query("INSERT INTO transcripts (trial, opening, events) "
                                             "VALUES (?, ?, ?)"));
  return transcript.number(number).text(trial.opening_hash).bytes(trial.events).run();
}

Status insert_run(Database& database, const RunInfo& run) {
  const std::string plan = dump_json(run.plan);
  PLUMB_TRY(Query row, database.query("INSERT INTO runs (id, identity, suite, seed, repeats, "
                                      "sandbox, isolated, started_ms, finished_ms, state, plan) "
                                      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  row.text(run.id).text(run.identity).text(run.suite).number(std::bit_cast<std::int64_t>(run.seed));
  row.number(run.repeats).text(run.sandbox).number(run.isolated ? 1 : 0);
  row.number(run.started_ms).number(run.finished_ms).text(run.state).text(plan);
  PLUMB_CHECK(row.run());
  for (const Json& note : run.notes) {
    const std::string text = dump_json(note);
    PLUMB_TRY(Query added, database.query("INSERT INTO notes (run, note) VALUES (?, ?)"));
    PLUMB_CHECK(added.text(run.id).text(text).run());
  }
  return {};
}

namespace {

Result<RunInfo> read_run(Database& database, const Query& query) {
  RunInfo run;
  run.id = query.text_at(0);
  run.identity = query.text_at(1);
  run.suite = query.text_at(2);
  run.seed = std::bit_cast<std::uint64_t>(query.number_at(3));
  run.repeats = static_cast<int>(query.number_at(4));
  run.sandbox = query.text_at(5);
  run.isolated = query.number_at(6) != 0;
  run.started_ms = query.number_at(7);
  run.finished_ms = query.number_at(8);
  run.state = query.text_at(9);
  auto plan = parse_json(query.text_at(10));
  if (plan && !plan->is_object()) plan = fail(Code::protocol, "it is not an object");
  if (!plan) {
    return fail(Code::config,
                "the plan of run " + run.id + " in " + database.path() + " cannot be read",
                plan.error());
  }
  run.plan = std::move(*plan);
  PLUMB_TRY(Query notes, database.query("SELECT note FROM notes WHERE run = ? ORDER BY number"));
  notes.text(run.id);
  while (true) {
    PLUMB_TRY(const bool row, notes.next());
    if (!row) return run;
    auto note = parse_json(notes.text_at(0));
    if (!note) {
      return fail(Code::config,
                  "a note of run " + run.id + " in " + database.path() + " cannot be read",
                  note.error());
    }
    run.notes.push_back(std::move(*note));
  }
}

}  // namespace

Result<std::vector<RunInfo>> read_runs(Database& database, Query& query) {
  std::vector<RunInfo> found;
  while (true) {
    PLUMB_TRY(const bool row, query.next());
    if (!row) return found;
    PLUMB_TRY(RunInfo run, read_run(database, query));
    found.push_back(std::move(run));
  }
}

Result<TrialRecord> read_record(const Database& database, std::string_view json,
                                const TrialKey& key, int attempt) {
  auto parsed = parse_json(json);
  const std::string name = trial_name(key, attempt) + " in " + database.path();
  if (!parsed) return fail(Code::config, name + " cannot be read", parsed.error());
  const Json verdict = parsed->is_object() ? parsed->value("verdict", Json()) : Json();
  TrialRecord record = record_from_json(*parsed);
  // A word that is not known would read as another outcome, and be counted as that.
  if (!outcome_from(json_or(verdict, "outcome", "")) ||
      !reason_from(json_or(verdict, "reason", "")) || record.key != key ||
      record.attempt != attempt) {
    return fail(Code::config, name + " cannot be read: it is not a record of that trial");
  }
  return record;
}

Result<Json> read_packed(const Database& database, std::string_view packed, const TrialKey& key,
                         int attempt) {
  auto json = unpack_json(packed);
  if (!json) {
    return fail(Code::config,
                "the transcript of " + trial_name(key, attempt) + " in " + database.path() +
                    " cannot be read",
                json.error());
  }
  return std::move(*json);
}

}  // namespace plumb
