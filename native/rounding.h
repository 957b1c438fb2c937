#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

/** How exact the numbers of a result are, whatever its format. */
namespace kubesentiment {

constexpr double kScoreScale = 1e6;
constexpr int kScoreDigits = 6;
constexpr double kLatencyScale = 10;
constexpr int kLatencyDigits = 1;

/** A non-negative number in units of 1 / `scale`. NaN becomes 0. */
inline int64_t scaled(double value, double scale) noexcept {
  constexpr double kMax = 1e12;
  return std::llround((value > 0 ? std::min(value, kMax) : 0) * scale);
}

/** Probabilities, and plain values of either sign. */
inline double rounded_score(double score) noexcept {
  const auto units = static_cast<double>(scaled(std::abs(score), kScoreScale));
  return score < 0 && units > 0 ? -units / kScoreScale : units / kScoreScale;
}

inline double rounded_latency(double latency_ms) noexcept {
  return static_cast<double>(scaled(latency_ms, kLatencyScale)) / kLatencyScale;
}

}  // namespace kubesentiment
