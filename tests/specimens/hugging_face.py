"""Run by a Python that has transformers: python hugging_face.py FOLDER < texts.json > told.json

FOLDER is a specimen's. Tells how its tokenizer splits each text, and, where torch is there too, what
GPT2LMHeadModel thinks of it: the summed log-probability in nats after the begin token.
"""

import importlib.util
import json
import sys

from transformers import PreTrainedTokenizerFast

folder = sys.argv[1]
texts = json.load(sys.stdin)
tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
ids = [tokenizer.encode(text, add_special_tokens=False) for text in texts]
told = {
    "ids": ids,
    "back": [tokenizer.decode(each) for each in ids],
    "special": [tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id, len(tokenizer)],
    "logprobs": None,
}
if importlib.util.find_spec("torch"):
    import torch
    from transformers import GPT2LMHeadModel

    model = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32).eval()
    sums = []
    for each in ids:
        row = torch.tensor([[tokenizer.bos_token_id, *each]])
        with torch.no_grad():
            chances = model(row).logits[0].log_softmax(-1)
        sums.append(sum(float(chances[at, token]) for at, token in enumerate(each)))
    told["logprobs"] = sums
json.dump(told, sys.stdout)
