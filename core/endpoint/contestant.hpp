// core/endpoint: a place where a model is served: the interface, what a contestant is, faults and
// retries. The adapters that speak a vendor's dialect are in plugins/endpoints.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/json.hpp"
#include "core/base/result.hpp"

namespace plumb {

/// Only what is set is sent; the server's own defaults hold for the rest.
struct Sampling {
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<std::int64_t> max_tokens;
  std::optional<std::int64_t>
      seed;                      ///< repeat r of a trial asks with seed + r, so that repeats differ
  std::optional<bool> thinking;  ///< asks the chat template to think, or not to
};

/// Endpoint + model + sampling + a name.
struct Contestant {
  std::string name;
  bool named_by_url =
      false;          ///< for want of a name; a run calls it by its model once that is known
  std::string url;    ///< base URL, e.g. "http://host:8000/v1"; "standin:skill=0.8" for a stand-in
  std::string model;  ///< id as the server knows it; "" = ask the server
  Sampling sampling;
  Json extra_body = Json::object();  ///< merged into every request body
  std::string key_env;               ///< environment variable that holds the key; "" = no key
  std::vector<std::pair<std::string, std::string>>
      headers;  ///< values may be secret: never stored or printed
  double idle_timeout_s = 120;
  double total_timeout_s = 3600;
  int attempts = 3;              ///< per request
  Json recipe = Json::object();  ///< declared by the user, kept with the run

  [[nodiscard]] bool is_stand_in() const { return url.starts_with("standin:"); }

  /// What makes this contestant the same one in a later run: all but URL, key, headers and timeouts
  /// (of a stand-in the URL counts: it is the model). For resume and for the fingerprint. The
  /// values of secret fields are not in it.
  [[nodiscard]] Json identity() const;
};

/// Reads `NAME=URL[,key=value...]` or a bare URL (its name is then made of host and port). Keys:
/// model, temperature, top_p, max_tokens, seed, thinking=true|false, extra_body=@FILE, key_env,
/// header=NAME:VALUE (may repeat), idle_timeout_s, total_timeout_s, attempts. Of a `standin:` URL
/// everything after the colon belongs to the stand-in. Code::usage with the word that is wrong and
/// the words that exist.
[[nodiscard]] Result<Contestant> parse_contestant(const std::string& text);

/// The same from a bench table (as JSON): name, url, model,
/// sampling{temperature,top_p,max_tokens,seed,thinking}, extra_body, key_env, headers{},
/// idle_timeout_s, total_timeout_s, attempts, recipe{}. Code::config.
[[nodiscard]] Result<Contestant> contestant_from_json(const Json& table);

}  // namespace plumb
