"""The job in Python: confluent-kafka, tokenizers, onnxruntime.

    consumer.py BOOTSTRAP TOPIC RESULTS_TOPIC GROUP MODEL_DIR MODE

MODE batched: a transaction for each poll, rows sorted by length, one run for each 64 rows.
MODE single: one message at a time, at least once, offsets committed now and then.
MODE single-commit: the same with a commit for each message.
Ends on SIGTERM.
"""

import json
import signal
import sys
import time

import numpy as np
import onnxruntime
from confluent_kafka import Consumer, Producer
from tokenizers import Tokenizer

POLL_MESSAGES = 1_000
ROWS = 64
COMMIT_EVERY = 200

bootstrap, topic, results_topic, group, model_dir, mode = sys.argv[1:7]
stopping = False


def stop(_signal, _frame):
    global stopping
    stopping = True


class Model:
    def __init__(self):
        self.tokenizer = Tokenizer.from_file(f"{model_dir}/tokenizer.json")
        self.tokenizer.enable_truncation(128)
        self.session = onnxruntime.InferenceSession(f"{model_dir}/model.onnx", providers=["CPUExecutionProvider"])
        self.inputs = {entry.name for entry in self.session.get_inputs()}
        with open(f"{model_dir}/config.json", encoding="utf-8") as file:
            config = json.load(file)
        self.labels = [config["id2label"][str(i)] for i in range(len(config["id2label"]))]
        self.pad = config.get("pad_token_id") or 0

    def classify(self, texts):
        """Label and score of each text, in order."""
        rows = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        found = [None] * len(rows)
        for start in range(0, len(order), ROWS):
            chunk = order[start : start + ROWS]
            width = len(rows[chunk[-1]])
            ids = np.full((len(chunk), width), self.pad, dtype=np.int64)
            mask = np.zeros((len(chunk), width), dtype=np.int64)
            for line, i in enumerate(chunk):
                ids[line, : len(rows[i])] = rows[i]
                mask[line, : len(rows[i])] = 1
            feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            (logits,) = self.session.run(None, {name: feeds[name] for name in self.inputs})
            exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
            scores = exponents / exponents.sum(axis=1, keepdims=True)
            best = scores.argmax(axis=1)
            for line, i in enumerate(chunk):
                found[i] = (self.labels[best[line]], float(scores[line, best[line]]))
        return found


def result(request, message, prediction, taken_at):
    label, score = prediction
    now = time.time()
    return json.dumps(
        {
            "id": request["id"],
            "label": label,
            "score": score,
            "source": {"topic": message.topic(), "partition": message.partition(), "offset": message.offset()},
            "timestamp": request["timestamp"],
            "processed_at": int(now * 1000),
            "latency_ms": (now - taken_at) * 1000,
        }
    )


def send(producer, message, value):
    while True:
        try:
            producer.produce(results_topic, value, key=message.key(), partition=message.partition())
            return
        except BufferError:
            producer.poll(0.1)


def run_batched(model, consumer, producer):
    producer.init_transactions(30)
    while not stopping:
        messages = [m for m in consumer.consume(POLL_MESSAGES, timeout=0.05) if m.error() is None]
        if not messages:
            continue
        taken_at = time.time()
        requests = [json.loads(message.value()) for message in messages]
        predictions = model.classify([request["text"] for request in requests])
        producer.begin_transaction()
        for request, message, prediction in zip(requests, messages, predictions):
            send(producer, message, result(request, message, prediction, taken_at))
        positions = consumer.position(consumer.assignment())
        producer.send_offsets_to_transaction(positions, consumer.consumer_group_metadata(), 30)
        producer.commit_transaction(30)


def run_single(model, consumer, producer):
    count = 0
    while not stopping:
        message = consumer.poll(0.05)
        if message is None or message.error() is not None:
            continue
        taken_at = time.time()
        request = json.loads(message.value())
        (prediction,) = model.classify([request["text"]])
        send(producer, message, result(request, message, prediction, taken_at))
        producer.poll(0)
        count += 1
        if mode == "single-commit":
            producer.flush(30)
            consumer.commit(message=message, asynchronous=False)
        elif count % COMMIT_EVERY == 0:
            producer.flush(30)
            consumer.commit(asynchronous=False)


def main():
    signal.signal(signal.SIGTERM, stop)
    model = Model()
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 20,
        }
    )
    settings = {"bootstrap.servers": bootstrap, "linger.ms": 5, "compression.type": "lz4"}
    if mode == "batched":
        settings["transactional.id"] = group
    elif mode == "single-commit":
        settings["linger.ms"] = 0
    producer = Producer(settings)
    consumer.subscribe([topic])
    (run_batched if mode == "batched" else run_single)(model, consumer, producer)
    producer.flush(10)
    consumer.close()


main()
