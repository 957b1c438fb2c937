// The core alone, on one thread: core_bench TOKENIZER_JSON TEXTS ROUNDS, with a text a line. Prints
// JSON: medians over the rounds, in nanoseconds a pass. Any kind of tokenizer.json that loads.

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <new>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "cpu.h"
#include "decoder.h"
#include "json_text.h"
#include "tokenizer_loader.h"

namespace {

size_t allocated_bytes = 0;

}  // namespace

// Counted with their size in front, so that what is freed can be taken off again.
void* operator new(size_t size) {
  auto* const memory = static_cast<size_t*>(std::malloc(size + 16));
  memory[0] = size;
  allocated_bytes += size;
  return memory + 2;
}
void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  size_t* const block = static_cast<size_t*>(memory) - 2;
  allocated_bytes -= block[0];
  std::free(block);
}
void operator delete(void* memory, size_t) noexcept { operator delete(memory); }

namespace kubesentiment {
namespace {

constexpr size_t kMaxTokens = 512;
constexpr size_t kMessageBytes = 200;

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

double now_ns() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

double median_ns(int rounds, const std::function<void()>& pass) {
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    const double begin = now_ns();
    pass();
    times.push_back(now_ns() - begin);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

/** A request of about 200 bytes around a text, cut to fit where it must be. */
std::string request_of(size_t index, std::string_view text) {
  std::string request = "{\"id\":\"req-" + std::to_string(index) + "\",\"text\":";
  std::string quoted(json_text::string_bytes(text.size()), '\0');
  quoted.resize(static_cast<size_t>(json_text::put_string(text, quoted.data()) - quoted.data()));
  request += quoted + ",\"timestamp\":1790000000123,\"metadata\":{\"source\":\"";
  if (request.size() + 3 < kMessageBytes) request.append(kMessageBytes - request.size() - 3, 'x');
  return request + "\"}}";
}

struct Hostile {
  const char* name;
  std::string part;
};

std::string repeat(const std::string& part, size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += part;
  return text;
}

/** How many times as long as normal text a megabyte of each kind takes, byte for byte. */
void print_hostile(Tokenizer& tokenizer, std::string_view normal) {
  const Hostile kinds[] = {
      {"one_word", "a"},
      {"one_word_of_pieces", "unaffable"},
      {"stripped_marks", "\u0301"},
      {"kept_marks_out_of_order", "\u302e\U0001d165"},
      {"beginnings_of_an_added_token", "[MAS"},
      {"added_tokens", "[MASK]"},
      {"punctuation", "!"},
      {"syllables_that_decompose", "\uac01"},
      {"control_characters", "\x01\u200b"},
      {"spaces", " "},
      {"prefixes_of_long_pieces", "internationalizatio "},
      {"alternating_prefixes", "in int inte inter interna "},
      {"words_of_one_byte", "a "},
      {"words_that_are_no_token", "qzj xkv "},
  };
  std::vector<int32_t> row(2 << 20);
  const auto ns_per_byte = [&](std::string_view text) {
    return median_ns(5, [&] { tokenizer.encode(text, row.data(), row.size()); }) /
           static_cast<double>(text.size());
  };
  const double normal_ns = ns_per_byte(normal.substr(0, 1 << 20));
  std::printf("\"hostile\":{");
  for (const Hostile& kind : kinds) {
    std::printf("%s\"%s\":%.3f", &kind == kinds ? "" : ",", kind.name,
                ns_per_byte(repeat(kind.part, 1 << 20)) / normal_ns);
  }
  std::printf("}");
}

int run(const char* tokenizer_path, const char* texts_path, int rounds) {
  const std::string file = read_file(tokenizer_path);
  const std::string all = read_file(texts_path);
  const std::vector<std::string_view> texts = lines_of(all);
  std::vector<std::string> requests;
  size_t request_bytes = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    requests.push_back(request_of(i, texts[i]));
    request_bytes += requests.back().size();
  }

  std::string reason;
  const double load_ns = median_ns(std::max(rounds, 5), [&] {
    Tokenizer unused;
    (void)load_tokenizer(file, unused, reason);
  });
  const size_t bytes_before = allocated_bytes;
  Tokenizer tokenizer;
  if (load_tokenizer(file, tokenizer, reason) != Status::ok) {
    std::fprintf(stderr, "%s\n", reason.c_str());
    return 1;
  }
  std::vector<int32_t> row(kMaxTokens);
  size_t tokens = 0;
  const auto tokenize = [&] {
    tokens = 0;
    for (const std::string_view text : texts) {
      tokens += tokenizer.encode(text, row.data(), row.size()).length;
    }
  };
  tokenize();
  const size_t vocabulary_bytes = allocated_bytes - bytes_before;
  const double tokenize_ns = median_ns(rounds, tokenize);

  MessageReader reader({1 << 20, 64});
  Message message;
  size_t accepted = 0;
  const double parse_ns = median_ns(rounds, [&] {
    for (const std::string& request : requests) {
      accepted += reader.read(request.data(), request.size(), message) == Status::ok;
    }
  });
  std::printf("{");
  print_hostile(tokenizer, all);
  Decoder decoder(std::move(tokenizer), 64, kMaxTokens, {1 << 20, 64}, 0);
  const double decode_ns = median_ns(rounds, [&] {
    for (size_t i = 0; i < requests.size(); ++i) {
      (void)decoder.decode_message(i % 64, requests[i].data(), requests[i].size());
    }
  });
  std::printf(
      ",\"cpu_path\":\"%s\",\"texts\":%zu,\"bytes\":%zu,\"tokens\":%zu,\"request_bytes\":%zu,"
      "\"accepted\":%zu,\"load_ns\":%.0f,\"tokenizer_file_bytes\":%zu,\"vocabulary_bytes\":%zu,"
      "\"tokenize_ns\":%.0f,\"parse_ns\":%.0f,\"decode_ns\":%.0f}\n",
      cpu::name(cpu::path()), texts.size(), all.size() - texts.size(), tokens, request_bytes,
      accepted / static_cast<size_t>(rounds), load_ns, file.size(), vocabulary_bytes, tokenize_ns,
      parse_ns, decode_ns);
  return 0;
}

}  // namespace
}  // namespace kubesentiment

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "core_bench TOKENIZER_JSON TEXTS ROUNDS\n");
    return 2;
  }
  return kubesentiment::run(argv[1], argv[2], std::atoi(argv[3]));
}
