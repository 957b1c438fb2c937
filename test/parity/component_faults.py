"""One fault for each setting of component_list.py: a comparison that does not see it would prove nothing."""

import copy

# These move offsets only, so nothing of them is seen in token ids.
UNSEEN = ("post-processor ByteLevel",)


def with_fault(name, setting):
    """The same tokenizer without the component, or, if that is the model, with two tokens that are exchanged."""
    changed = copy.deepcopy(setting)
    kind = name.split(" ")[0]
    if kind == "normalizer":
        flags = [value for value in changed["normalizer"].values() if isinstance(value, bool)]
        does_nothing = name == "normalizer BertNormalizer" and not any(flags)
        changed["normalizer"] = {**changed["normalizer"], "lowercase": True} if does_nothing else None
    elif kind == "pre-tokenizer":
        steps = changed["pre_tokenizer"].get("pretokenizers")
        if steps is None:
            changed["pre_tokenizer"]["add_prefix_space"] ^= True
        else:
            del steps[-2]
    elif kind == "model":
        exchange(changed["model"]["vocab"])
    elif kind == "post-processor":
        changed["post_processor"] = None
    else:
        del changed["added_tokens"][-1]
    return changed


def exchange(vocab):
    """The tokens of a and e take each other's place."""
    if isinstance(vocab, dict):
        for end in ("", "</w>"):
            one, other = "a" + end, "e" + end
            if one in vocab:
                vocab[one], vocab[other] = vocab[other], vocab[one]
        return
    one, other = (next(i for i, (token, _) in enumerate(vocab) if token == name) for name in "ae")
    vocab[one], vocab[other] = vocab[other], vocab[one]
