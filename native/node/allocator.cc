#include "allocator.h"

#include "arguments.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace kubesentiment {
namespace {

class Trim : public Napi::AsyncWorker {
 public:
  explicit Trim(Napi::Env env) : Napi::AsyncWorker(env), done_(Napi::Promise::Deferred::New(env)) {}

  Napi::Promise promise() const { return done_.Promise(); }

 protected:
  void Execute() override {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
  }

  void OnOK() override { done_.Resolve(Env().Undefined()); }

 private:
  Napi::Promise::Deferred done_;
};

}  // namespace

void limit_arenas(const Napi::CallbackInfo& info) {
  int count = 0;
  if (!get_integer(info.Env(), info[0], 1, 1024, "count of arenas", count)) return;
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, count);
#endif
}

Napi::Value trim_memory(const Napi::CallbackInfo& info) {
  auto* trim = new Trim(info.Env());  // deletes itself when it is done
  trim->Queue();
  return trim->promise();
}

}  // namespace kubesentiment
