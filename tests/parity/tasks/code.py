"""What the task files of this folder call. Runs on both sides; `datasets` is there on one alone."""


def shortened(dataset):
    def one(doc):
        return {"figure": doc["answer"].split("#### ")[-1].strip(), "size": len(doc["question"])}

    kept = dataset.map(one, remove_columns=["answer"]).filter(lambda doc: doc["size"] % 3 > 0)
    return kept.select(range(min(40, len(kept))))


def examples():
    return [{"question": f"{n} + {n}?", "figure": str(2 * n), "size": n} for n in range(1, 9)]


def asked(doc):
    return f"[{doc['size']}] {doc['question']}\n"


def marked(doc, results):
    answer = results[0] if isinstance(results[0], str) else results[0][0]
    if not answer.isdecimal() or not doc["figure"].isdecimal():
        return {"near": 0, "even": False}
    return {"near": 1 / (1 + abs(int(answer) - int(doc["figure"]))), "even": int(answer) % 2 == 0}


def made(size, start, **_):
    return {"val": Rows({"n": n} for n in range(start, start + size))}


class Rows(list):
    @property
    def features(self):
        return dict.fromkeys(self[0])


def kinds(doc):
    return ["even", "odd"] if doc["n"] % 3 else ["odd", "even", "prime"]


def kind(doc):
    return kinds(doc).index("odd" if doc["n"] % 2 else "even")


def spread(doc, results):
    best, worst = max(each[0] for each in results), min(each[0] for each in results)
    return {"sure": 1 - best / worst, "written": results[0][1]}
