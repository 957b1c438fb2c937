// Several threads load and use tokenizers of their own at the same time, as workers do: what they
// share is only tables that nobody writes. Meant for ThreadSanitizer: scripts/build-native.mjs
// --sanitize-threads.

#include <thread>

#include "decoder.h"
#include "fixtures.h"
#include "json_results.h"

namespace kubesentiment::testing {
namespace {

TEST(Threads, EachWithADecoderOfItsOwn) {
  const std::string file = TokenizerFile().text();
  const std::string request = R"({"id":"a","text":"the unable caf\u00e9, [MASK] ab!"})";
  std::vector<Ids> rows(4);
  std::vector<std::thread> threads;
  for (Ids& ids : rows) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        Tokenizer tokenizer;
        std::string reason;
        if (load_tokenizer(file, tokenizer, reason) != Status::ok) return;
        Decoder decoder(std::move(tokenizer), 1, 24, {1 << 16, 16}, {0});
        const JsonResults encoder({{"NEGATIVE", "POSITIVE"}, "", {}}, "model", "1");
        for (int i = 0; i < 50; ++i) {
          if (decoder.decode_message(0, request.data(), request.size()) != Status::ok) return;
          const Slab::Row& row = decoder.slab().row(0);
          std::string result(encoder.bytes_max(row, "t"), '\0');
          encoder.encode(row, {"t", 0}, {1, 0, 0.5f, nullptr, 1, 1, 1}, result.data());
          ids.assign(decoder.slab().ids(0), decoder.slab().ids(0) + row.length);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(rows[0].size(), 2u);
  for (const Ids& ids : rows) EXPECT_EQ(ids, rows[0]);
}

// The path is chosen at the first use, which may come from several threads at once.
TEST(Threads, AgreeOnTheCpuPath) {
  std::vector<cpu::Path> paths(4, cpu::Path::baseline);
  std::vector<std::thread> threads;
  for (cpu::Path& path : paths) threads.emplace_back([&path] { path = cpu::path(); });
  for (std::thread& thread : threads) thread.join();
  for (const cpu::Path path : paths) EXPECT_EQ(path, paths[0]);
}

}  // namespace
}  // namespace kubesentiment::testing
