#include "tokenizers.h"

#include <utility>

#include "tokenizer_loader.h"

namespace kubesentiment {
namespace {

constexpr int64_t kLastNumber = INT32_MAX;
constexpr int64_t kMaxCount = 16;

const char* code_of(Status status) {
  return status == Status::tokenizer_unsupported ? "KS_MODEL_UNSUPPORTED" : "KS_MODEL_INVALID";
}

bool get_file(Napi::Env env, Napi::Value value, std::string_view& file) {
  View<uint8_t> bytes;
  if (!get_view(env, value, 0, "tokenizer", bytes)) return false;
  file = {reinterpret_cast<const char*>(bytes.data), bytes.size};
  return true;
}

class Load : public Napi::AsyncWorker {
 public:
  Load(Napi::Env env, std::string_view file, size_t count)
      : Napi::AsyncWorker(env),
        loaded_(Napi::Promise::Deferred::New(env)),
        file_(file),
        count_(count) {}

  Napi::Promise promise() const { return loaded_.Promise(); }

 protected:
  // Copies take a few milliseconds, too.
  void Execute() override {
    Tokenizer tokenizer;
    status_ = load_tokenizer(file_, tokenizer, reason_);
    if (status_ == Status::ok) tokenizers_.assign(count_, tokenizer);
  }

  void OnOK() override {
    const Napi::Env env = Env();
    if (status_ != Status::ok) {
      const Napi::Value error = make_error(env, code_of(status_), reason_);
      if (!env.IsExceptionPending()) loaded_.Reject(error);
      return;
    }
    auto* state = env.GetInstanceData<AddonState>();
    const int32_t number = ++state->last_tokenizer;
    state->tokenizers.emplace(number, std::move(tokenizers_));
    loaded_.Resolve(Napi::Number::New(env, number));
  }

 private:
  Napi::Promise::Deferred loaded_;
  std::string file_;
  size_t count_;
  std::vector<Tokenizer> tokenizers_;
  std::string reason_;
  Status status_ = Status::ok;
};

}  // namespace

Napi::Value load_tokenizer_aside(const Napi::CallbackInfo& info) {
  std::string_view file;
  size_t count = 0;
  if (!get_file(info.Env(), info[0], file)) return Napi::Value();
  if (!get_integer(info.Env(), info[1], 1, kMaxCount, "count", count)) return Napi::Value();
  auto* load = new Load(info.Env(), file, count);  // deletes itself when it is done
  load->Queue();
  return load->promise();
}

void drop_tokenizer(const Napi::CallbackInfo& info) {
  int32_t number = 0;
  if (!get_integer(info.Env(), info[0], 1, kLastNumber, "number", number)) return;
  info.Env().GetInstanceData<AddonState>()->tokenizers.erase(number);
}

bool get_tokenizer(Napi::Env env, Napi::Value value, Tokenizer& tokenizer) {
  if (!env.IsExceptionPending() && value.IsNumber()) {
    int32_t number = 0;
    if (!get_integer(env, value, 1, kLastNumber, "tokenizer", number)) return false;
    auto& all = env.GetInstanceData<AddonState>()->tokenizers;
    const auto found = all.find(number);
    if (found == all.end()) return throw_misuse(env, "The tokenizer was dropped, or taken before.");
    tokenizer = std::move(found->second.back());
    found->second.pop_back();
    if (found->second.empty()) all.erase(found);
    return true;
  }
  std::string_view file;
  if (!get_file(env, value, file)) return false;
  std::string reason;
  const Status status = load_tokenizer(file, tokenizer, reason);
  return status == Status::ok ? true : throw_error(env, code_of(status), reason);
}

}  // namespace kubesentiment
