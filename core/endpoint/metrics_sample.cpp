#include "core/endpoint/metrics_sample.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <variant>

#include <fmt/format.h>

#include "core/base/text.hpp"
#include "core/endpoint/metrics_text.hpp"
#include "core/endpoint/server_kind.hpp"

namespace plumb {
namespace {

/// How the label sets of one figure come together.
enum class Join { sum, mean, largest };

struct Figure {
  const char* name;
  std::variant<std::optional<double> MetricsSample::*, std::optional<bool> MetricsSample::*,
               std::vector<double> MetricsSample::*>
      member;
  Join join = Join::sum;
};

const std::vector<Figure>& figures() {
  static const std::vector<Figure> list = {
      {"running", &MetricsSample::running},
      {"waiting", &MetricsSample::waiting},
      {"prompt_tokens", &MetricsSample::prompt_tokens},
      {"generation_tokens", &MetricsSample::generation_tokens},
      {"generation_seconds", &MetricsSample::generation_seconds},
      {"prefix_queries", &MetricsSample::prefix_queries},
      {"prefix_hits", &MetricsSample::prefix_hits},
      {"prefix_hit_rate", &MetricsSample::prefix_hit_rate, Join::mean},
      {"kv_usage", &MetricsSample::kv_usage, Join::mean},
      {"kv_capacity_tokens", &MetricsSample::kv_capacity_tokens},
      {"preemptions", &MetricsSample::preemptions},
      {"drafts", &MetricsSample::drafts},
      {"draft_tokens", &MetricsSample::draft_tokens},
      {"draft_accepted", &MetricsSample::draft_accepted},
      {"accepted_per_pos", &MetricsSample::accepted_per_pos},
      {"draft_acceptance", &MetricsSample::draft_acceptance, Join::mean},
      {"accepted_length", &MetricsSample::accepted_length, Join::mean},
      {"requests_finished", &MetricsSample::requests_finished},
      {"queue_seconds", &MetricsSample::queue_seconds},
      {"queue_requests", &MetricsSample::queue_requests},
      {"process_start_s", &MetricsSample::process_start_s, Join::largest},
      {"prefix_caching", &MetricsSample::prefix_caching},
  };
  return list;
}

constexpr std::size_t kMostPositions = 64;
constexpr std::size_t kMostSamples = 20'000;

using Series = std::map<std::string, std::vector<SeriesSample>>;

/// The samples of one series that count for this source.
std::vector<const SeriesSample*> counted(const Series& page, const std::string& name,
                                         const SeriesSource& source, const MetricsPlan& plan,
                                         const std::string& model) {
  const auto at = page.find(name);
  if (at == page.end()) return {};
  const auto of_model = [&](const SeriesSample& sample) {
    const auto label = sample.labels.find(plan.model_label);
    return label != sample.labels.end() && label->second == model;
  };
  const bool told_apart = !plan.model_label.empty() && std::ranges::any_of(at->second, of_model);
  std::vector<const SeriesSample*> list;
  for (const SeriesSample& sample : at->second) {
    const bool meets = std::ranges::all_of(source.where, [&](const auto& condition) {
      const auto label = sample.labels.find(condition.first);
      return label != sample.labels.end() &&
             std::ranges::find(condition.second, label->second) != condition.second.end();
    });
    if (meets && (!told_apart || of_model(sample))) list.push_back(&sample);
  }
  return list;
}

/// The sample's value, or the product of the labels that stand for it. No figure is below zero:
/// some servers write -1 for what they do not know.
std::optional<double> value_of(const SeriesSample& sample, const SeriesSource& source) {
  if (source.labels.empty()) return sample.value < 0 ? std::nullopt : std::optional(sample.value);
  double product = 1;
  for (const std::string& name : source.labels) {
    const auto label = sample.labels.find(name);
    const auto factor =
        label == sample.labels.end() ? std::nullopt : parse_number(trimmed(label->second));
    if (!factor || *factor < 0) return std::nullopt;
    product *= *factor;
  }
  return product;
}

std::optional<double> joined(const std::vector<const SeriesSample*>& samples,
                             const SeriesSource& source, const MetricsPlan& plan, Join join) {
  std::map<std::map<std::string, std::string>, double> engines;
  for (const SeriesSample* sample : samples) {
    const auto value = value_of(*sample, source);
    if (!value) continue;
    auto key = sample->labels;
    for (const std::string& copy : plan.copies) key.erase(copy);
    const auto [at, fresh] = engines.try_emplace(std::move(key), *value);
    if (!fresh) at->second = std::max(at->second, *value);
  }
  if (engines.empty()) return std::nullopt;
  double total = 0;
  double largest = engines.begin()->second;
  for (const auto& [key, value] : engines) {
    total += value;
    largest = std::max(largest, value);
  }
  if (join == Join::largest) return largest;
  return join == Join::mean ? total / static_cast<double>(engines.size()) : total;
}

/// The figure from one source; every series of it must be there.
std::optional<double> number_from(const Series& page, const SeriesSource& source,
                                  const MetricsPlan& plan, const std::string& model, Join join) {
  double total = 0;
  for (const std::string& name : source.series) {
    const auto value = joined(counted(page, name, source, plan, model), source, plan, join);
    if (!value) return std::nullopt;
    total += *value;
  }
  return total;
}

/// On only where all engines say so.
std::optional<bool> flag_from(const Series& page, const SeriesSource& source,
                              const MetricsPlan& plan, const std::string& model) {
  std::optional<bool> all;
  for (const std::string& name : source.series) {
    for (const SeriesSample* sample : counted(page, name, source, plan, model)) {
      bool on = sample->value != 0;
      if (!source.labels.empty()) {
        const auto label = sample->labels.find(source.labels.front());
        if (label == sample->labels.end()) continue;
        const std::string word = lower(label->second);
        if (word != "true" && word != "false" && word != "1" && word != "0") continue;
        on = word == "true" || word == "1";
      }
      all = all.value_or(true) && on;
    }
  }
  return all;
}

std::vector<double> list_from(const Series& page, const SeriesSource& source,
                              const MetricsPlan& plan, const std::string& model) {
  std::map<std::size_t, std::vector<const SeriesSample*>> positions;
  for (const std::string& name : source.series) {
    for (const SeriesSample* sample : counted(page, name, source, plan, model)) {
      const auto label = sample->labels.find(source.by);
      const auto position = label == sample->labels.end() ? std::nullopt : parse_int(label->second);
      if (!position || *position < 0) continue;
      const auto index = static_cast<std::size_t>(*position);
      if (index < kMostPositions) positions[index].push_back(sample);
    }
  }
  std::vector<double> list;
  for (const auto& [position, samples] : positions) {
    if (position != list.size()) break;  // a gap: what follows is not certain
    list.push_back(joined(samples, source, plan, Join::sum).value_or(0));
  }
  return list;
}

/// True when something was found.
bool fill(MetricsSample& sample, const Figure& figure, const Series& page,
          const SeriesSource& source, const MetricsPlan& plan, const std::string& model) {
  if (const auto* number = std::get_if<0>(&figure.member)) {
    sample.*(*number) = number_from(page, source, plan, model, figure.join);
    return (sample.*(*number)).has_value();
  }
  if (const auto* flag = std::get_if<1>(&figure.member)) {
    sample.*(*flag) = flag_from(page, source, plan, model);
    return (sample.*(*flag)).has_value();
  }
  const auto list = std::get<2>(figure.member);
  sample.*list = list_from(page, source, plan, model);
  return !(sample.*list).empty();
}

std::string what_it_is(std::string_view page, std::size_t lines) {
  const std::string_view text = trimmed(page);
  if (text.empty()) return "it is empty";
  const std::string start = lower(text.substr(0, 256));
  if (start.starts_with("<!doctype html") || start.starts_with("<html")) return "that is a page";
  if (text.front() == '<' || text.front() == '{' || text.front() == '[' || lines == 0) {
    return "that is something else: " + shortened(printable(text.substr(0, 400)), 100);
  }
  return fmt::format("its {} samples are of another server", lines);
}

}  // namespace

const std::vector<std::string>& figure_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Figure& figure : figures()) list.emplace_back(figure.name);
    return list;
  }();
  return names;
}

Result<MetricsSample> read_metrics(std::string_view page, const MetricsPlan& plan,
                                   const std::string& model, Instant at) {
  if (page.size() >= kMaxMetricsPage) {
    return fail(Code::limit,
                fmt::format("no metrics: the page is larger than {} MiB", kMaxMetricsPage >> 20));
  }
  std::set<std::string, std::less<>> names;
  for (const auto& [figure, sources] : plan.figures) {
    for (const SeriesSource& source : sources) {
      names.insert(source.series.begin(), source.series.end());
    }
  }
  Series series;
  std::size_t taken = 0;
  const std::size_t lines = scan_metrics(
      page, [&](std::string_view name) { return names.contains(name) && taken < kMostSamples; },
      [&](SeriesSample sample) {
        ++taken;
        series[sample.name].push_back(std::move(sample));
      });
  MetricsSample sample{.at = at};
  bool any = false;
  for (const Figure& figure : figures()) {
    const auto sources = plan.figures.find(figure.name);
    if (sources == plan.figures.end()) continue;
    for (const SeriesSource& source : sources->second) {
      if (!fill(sample, figure, series, source, plan, model)) continue;
      if (!source.note.empty()) sample.notes[figure.name] = source.note;
      if (std::string_view(figure.name) == "generation_tokens") {
        sample.generation_at_completion = source.at_completion;
      }
      // Every program that publishes metrics at all tells its start.
      any = any || figure.member.index() != 0 ||
            std::get<0>(figure.member) != &MetricsSample::process_start_s;
      break;
    }
  }
  if (!any) return fail(Code::protocol, "no metrics: " + what_it_is(page, lines));
  return sample;
}

}  // namespace plumb
