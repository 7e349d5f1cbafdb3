#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "plugins/endpoints/stand_in_ledger.hpp"
#include "plugins/endpoints/stand_in_options.hpp"

namespace plumb {

/// A response that is no answer of the model.
struct StandInPage {
  std::string body;
  std::string type = "application/json";
  int status = 200;
};

/// The routes by which a server tells what it is, what it serves and how it is doing; nothing for
/// routes that the flavour does not have.
/// @param get      the method is GET, else POST
/// @param started  seconds since 1970
[[nodiscard]] std::optional<StandInPage> discovery_page(const StandInOptions& options, bool get,
                                                        std::string_view path,
                                                        std::string_view body,
                                                        const StandInFigures& figures,
                                                        std::int64_t started);

/// What the header `Server` says; null where there is none.
[[nodiscard]] const char* stand_in_server_header(StandInFlavour flavour);

/// Prometheus text under the flavour's names; nothing where it has none.
[[nodiscard]] std::optional<std::string> stand_in_metrics(const StandInOptions& options,
                                                          const StandInFigures& figures,
                                                          std::int64_t started);

}  // namespace plumb
