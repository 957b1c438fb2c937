#include "tokenizer_loader.h"

#include "fixtures.h"

namespace kubesentiment::testing {
namespace {

struct Case {
  const char* what;
  void (*change)(TokenizerFile&);
  Status status;
  const char* reason;
};

TEST(TokenizerLoader, RefusesWhatIsNotImplementedByNameAndPosition) {
  const Case cases[] = {
      {"other model", [](TokenizerFile& f) { f.model = R"("type":"Fancy")"; },
       Status::tokenizer_unsupported, "model.type \"Fancy\" is not implemented"},
      {"other normalizer", [](TokenizerFile& f) { f.normalizer = R"({"type":"Fancy"})"; },
       Status::tokenizer_unsupported, "normalizer.type \"Fancy\" is not implemented"},
      {"normalizer in a sequence",
       [](TokenizerFile& f) {
         f.normalizer =
             R"({"type":"Sequence","normalizers":[{"type":"Nmt"},{"type":"ByteLevel"}]})";
       },
       Status::tokenizer_unsupported,
       "normalizer.normalizers[1].type \"ByteLevel\" is not implemented"},
      {"regular expression",
       [](TokenizerFile& f) {
         f.normalizer = R"({"type":"Replace","pattern":{"Regex":"(a|b)*"},"content":""})";
       },
       Status::tokenizer_unsupported, "normalizer.pattern.Regex \"(a|b)*\" is not implemented"},
      {"long runs, of which each is tried everywhere",
       [](TokenizerFile& f) {
         f.normalizer = R"({"type":"Replace","pattern":{"Regex":"a{9,}|b"},"content":""})";
       },
       Status::tokenizer_unsupported, "normalizer.pattern.Regex \"a{9,}|b\" is not implemented"},
      {"map of characters",
       [](TokenizerFile& f) {
         f.normalizer = R"({"type":"Precompiled","precompiled_charsmap":"AAAA"})";
       },
       Status::tokenizer_invalid, "normalizer.precompiled_charsmap is not a map of characters"},
      {"other pre-tokenizer",
       [](TokenizerFile& f) { f.pre_tokenizer = R"({"type":"UnicodeScripts"})"; },
       Status::tokenizer_unsupported, "pre_tokenizer.type \"UnicodeScripts\" is not implemented"},
      {"a split by another regular expression, in a sequence",
       [](TokenizerFile& f) {
         f.pre_tokenizer = R"({"type":"Sequence","pretokenizers":[{"type":"Digits"},)"
                           R"({"type":"Split","pattern":{"Regex":"a|b+"},"behavior":"Isolated"}]})";
       },
       Status::tokenizer_unsupported,
       "pre_tokenizer.pretokenizers[1].pattern.Regex \"a|b+\" is not implemented"},
      {"a split of another kind",
       [](TokenizerFile& f) {
         f.pre_tokenizer =
             R"({"type":"Split","pattern":{"String":"a"},"behavior":"Doubled","invert":false})";
       },
       Status::tokenizer_unsupported, "pre_tokenizer.behavior \"Doubled\" is not implemented"},
      {"a beginning that the normalizer may delete",
       [](TokenizerFile& f) {
         f.pre_tokenizer = R"({"type":"Metaspace","replacement":"_","prepend_scheme":"first"})";
       },
       Status::tokenizer_unsupported,
       "pre_tokenizer with the prepend_scheme \"first\" behind \"this normalizer\" is not "
       "implemented"},
      {"merges at random",
       [](TokenizerFile& f) { f.model = R"("type":"BPE","dropout":0.1,"merges":[])"; },
       Status::tokenizer_unsupported, "model.dropout \"0.1\" is not implemented"},
      {"a merge of tokens that are not there",
       [](TokenizerFile& f) { f.model = R"("type":"BPE","merges":["a x"])"; },
       Status::tokenizer_invalid,
       "model.merges[0] names a token that model.vocab does not contain"},
      {"other post-processor", [](TokenizerFile& f) { f.post_processor = R"({"type":"Fancy"})"; },
       Status::tokenizer_unsupported, "post_processor.type \"Fancy\" is not implemented"},
      {"post-processor in a sequence",
       [](TokenizerFile& f) {
         f.post_processor =
             R"({"type":"Sequence","processors":[{"type":"ByteLevel"},{"type":"X"}]})";
       },
       Status::tokenizer_unsupported, "post_processor.processors[1].type \"X\" is not implemented"},
      {"token type",
       [](TokenizerFile& f) {
         f.post_processor =
             R"({"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":1}}]})";
       },
       Status::tokenizer_unsupported, "post_processor.single[0].type_id \"1\" is not implemented"},
      {"token that the normalizer deletes",
       [](TokenizerFile& f) {
         f.added_tokens = R"({"id":16,"content":"\u0001","normalized":true})";
       },
       Status::tokenizer_invalid, "added_tokens[0].content is nothing when it is normalized"},
      {"truncation in the middle",
       [](TokenizerFile& f) { f.more = R"(,"truncation":{"direction":"Middle"})"; },
       Status::tokenizer_unsupported, "truncation.direction \"Middle\" is not implemented"},
      {"padding in the middle",
       [](TokenizerFile& f) { f.more = R"(,"padding":{"direction":"Middle","pad_id":0})"; },
       Status::tokenizer_unsupported, "padding.direction \"Middle\" is not implemented"},
      {"no unknown token",
       [](TokenizerFile& f) { f.model = R"("type":"WordPiece","unk_token":"<unk>")"; },
       Status::tokenizer_invalid, "model.vocab does not contain model.unk_token"},
      {"other id",
       [](TokenizerFile& f) {
         f.added_tokens = R"({"id":99,"content":"[CLS]","normalized":false})";
       },
       Status::tokenizer_invalid,
       "added_tokens[0].id is not 2, the id that the vocabulary implies"},
      {"unknown template token",
       [](TokenizerFile& f) {
         f.post_processor = R"({"type":"TemplateProcessing","special_tokens":{},)"
                            R"("single":[{"SpecialToken":{"id":"<s>","type_id":0}}]})";
       },
       Status::tokenizer_invalid,
       "post_processor.single[0] names a token that post_processor.special_tokens does not "
       "contain"},
  };
  for (const Case& test : cases) {
    TokenizerFile file;
    test.change(file);
    Tokenizer tokenizer;
    std::string reason;
    EXPECT_EQ(load_tokenizer(file.text(), tokenizer, reason), test.status) << test.what;
    EXPECT_EQ(reason, test.reason) << test.what;
  }
}

TEST(TokenizerLoader, RefusesFilesThatAreNoTokenizer) {
  for (const char* file :
       {"", "[]", "null", "{}", "{\"model\":", R"({"model":{"type":"WordPiece","vocab":[]}})",
        R"({"model":{"type":"WordPiece","vocab":{"a":-1}}})",
        R"({"model":{"type":"WordPiece","vocab":{"a":1.5}}})"}) {
    Tokenizer tokenizer;
    std::string reason;
    EXPECT_NE(load_tokenizer(file, tokenizer, reason), Status::ok) << file;
    EXPECT_NE(reason, "") << file;
  }
}

TEST(TokenizerLoader, SurvivesAFileThatIsCutAnywhere) {
  TokenizerFile file;
  file.added_tokens = R"({"id":3,"content":"[SEP]","normalized":false})";
  const std::string text = file.text();
  for (size_t size = 0; size < text.size(); ++size) {
    Tokenizer tokenizer;
    std::string reason;
    EXPECT_EQ(load_tokenizer(text.substr(0, size), tokenizer, reason), Status::tokenizer_invalid)
        << size;
  }
}

TEST(TokenizerLoader, ReadsTemplatesPaddingAndEscapedTokens) {
  TokenizerFile file;
  file.vocabulary.push_back("\\u00fcb\\\"");
  file.post_processor =
      R"({"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},
      {"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],
      "special_tokens":{"[CLS]":{"ids":[2]},"[SEP]":{"ids":[3,3]}}})";
  file.normalizer = "null";
  file.more = R"(,"padding":{"direction":"Right","pad_id":5})";
  Tokenizer tokenizer = load(file);
  EXPECT_EQ(tokenizer.pad_id(), 5);
  EXPECT_EQ(tokenizer.special_count(), 3u);
  EXPECT_EQ(encode(tokenizer, "the").ids, (Ids{2, 12, 3, 3}));
  EXPECT_EQ(encode(tokenizer, "The").ids, (Ids{2, 1, 3, 3}))
      << "nothing is lowered without a normalizer";
}

TEST(TokenizerLoader, FindsOutTheTypeOfAModelThatDoesNotNameIt) {
  TokenizerFile file;
  file.model =
      R"("unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":9)";
  Tokenizer wordpiece = load(file);
  EXPECT_EQ(body(wordpiece, "unable"), (Ids{4, 5}));
  file.model = R"("unk_token":"[UNK]")";
  Tokenizer word_level = load(file);
  EXPECT_EQ(body(word_level, "unable un"), (Ids{1, 4}));
  file.model = R"("merges":["a b"])";
  Tokenizer bpe = load(file);
  EXPECT_EQ(body(bpe, "abx a"), (Ids{9, 6})) << "a character without a token is left out";
}

TEST(TokenizerLoader, FollowsTheSidesOfTheFile) {
  TokenizerFile file;
  EXPECT_FALSE(load(file).pad_left());
  file.more = R"(,"truncation":{"direction":"Left"},"padding":{"direction":"Left","pad_id":5})";
  Tokenizer tokenizer = load(file);
  EXPECT_TRUE(tokenizer.pad_left());
  Tokenizer right = load(TokenizerFile());
  std::vector<int32_t> rows[2] = {std::vector<int32_t>(4), std::vector<int32_t>(4)};
  const std::string text = "the un ##known unknown the";
  EXPECT_TRUE(right.encode(text, rows[0].data(), 4).truncated);
  EXPECT_TRUE(tokenizer.encode(text, rows[1].data(), 4).truncated);
  const Ids all = encode(right, text).ids;
  EXPECT_EQ(rows[0], (Ids{all[0], all[1], all[2], all.back()}));
  EXPECT_EQ(rows[1], (Ids{all[0], all[all.size() - 3], all[all.size() - 2], all.back()}));
}

}  // namespace
}  // namespace kubesentiment::testing
