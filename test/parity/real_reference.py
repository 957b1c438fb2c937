"""What Python's `tokenizers` and `onnxruntime` say to a text, computed as a pipeline of transformers computes it."""

import json

import numpy
import onnxruntime
from tokenizers import Tokenizer

ROBERTA_LIKE = ("roberta", "xlm-roberta", "camembert", "mpnet")
TYPES = {"tensor(int64)": numpy.int64, "tensor(int32)": numpy.int32}


class Reference:
    def __init__(self, folder, max_length, model=None):
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        settings = self.read(folder / "tokenizer_config.json")
        side = settings.get("truncation_side") or "right"
        self.tokenizer.enable_truncation(max_length, direction=side)
        if model is None:
            return
        self.config = self.read(folder / "config.json")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        path = str(folder / "model.onnx")
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    @staticmethod
    def read(path):
        return json.loads(path.read_text()) if path.exists() else {}

    def ids(self, text):
        """A text without tokens gets one of padding, because no model takes an empty row."""
        pads = (self.tokenizer.token_to_id(name) for name in ("[PAD]", "<pad>"))
        return self.tokenizer.encode(text).ids or [next((pad for pad in pads if pad is not None), 0)]

    def predict(self, ids):
        """The label, and the scores of all labels."""
        logits = self.logits(ids).astype(numpy.float64)
        names = self.labels(len(logits))
        problem = self.config.get("problem_type")
        if problem == "regression":
            scores = logits
        elif problem == "multi_label_classification" or len(logits) == 1:
            scores = 1 / (1 + numpy.exp(-logits))
        else:
            powers = numpy.exp(logits - logits.max())
            scores = powers / powers.sum()
        return names[int(scores.argmax())], dict(zip(names, scores.tolist()))

    def labels(self, count):
        named = self.config.get("id2label") or {}
        return [named.get(str(i), f"LABEL_{i}") for i in range(count)]

    def logits(self, ids):
        first = (self.config.get("pad_token_id") or 0) + 1 if self.config["model_type"] in ROBERTA_LIKE else 0
        rows = {
            "input_ids": [ids],
            "attention_mask": [[1] * len(ids)],
            "token_type_ids": [[0] * len(ids)],
            "position_ids": [list(range(first, first + len(ids)))],
        }
        feeds = {port.name: numpy.array(rows[port.name], TYPES[port.type]) for port in self.session.get_inputs()}
        outputs = [port.name for port in self.session.get_outputs()]
        wanted = "logits" if "logits" in outputs else outputs[0]
        return self.session.run([wanted], feeds)[0][0]
