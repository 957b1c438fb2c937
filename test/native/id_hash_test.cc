#include "id_hash.h"

#include <gtest/gtest.h>

#include <string>

namespace kubesentiment {
namespace {

// The example of the SipHash paper, appendix A: key and message are the bytes 0, 1, 2, …
TEST(IdHash, IsSipHash24) {
  const IdHash hash(0x0706050403020100, 0x0f0e0d0c0b0a0908);
  std::string message;
  for (char byte = 0; byte < 15; ++byte) message += byte;
  EXPECT_EQ(hash(message), 0xa129ca6149be45e5);
}

TEST(IdHash, EveryProcessHasItsOwnKey) { EXPECT_NE(IdHash()("request-1"), IdHash()("request-1")); }

}  // namespace
}  // namespace kubesentiment
