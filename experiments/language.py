"""Run the study of the chapter on language, or run a part of it again.

    python -m experiments.language           run everything (about fifteen minutes), keep the result
    python -m experiments.language --check   run a part of it again, compare with what is kept

Readers of docstrings, vectors of words, translators, passages found, and the small GPT reading
what was found. The GPT is that of `experiments.small_gpt`: trained first, in ``_build/small_gpt``.
"""

import sys
from functools import partial
from pathlib import Path

import numpy as np
import torch

from experiments import small_gpt
from experiments.keep import command, kept
from lessons.data.texts import LIBRARIES, docstrings, passages
from lessons.engine import vectors
from lessons.engine.retrieval import BM25, rank
from lessons.studies.language import (
    finding,
    invented,
    kinds,
    networks,
    questions,
    reading,
    runs,
    skipgram,
    translator,
)

PARTS = Path("_build/language")  # what is done, for a run that is cut off
GPT = Path("_build/small_gpt")
HERE = Path(runs.__file__).parent
SPLITS = range(5)
SIZES = [100, 300, 3000]
ALPHAS, RATES, DROPOUT, HIDDEN = [0.03, 0.1, 0.3, 1.0], [0.002, 0.005, 0.01, 0.03], 0.5, 64
SEEDS = range(3)
LENGTHS, NEW_LENGTHS = [5, 6, 7, 8], list(range(5, 14))
TRANSLATOR_RATES, N_STEPS, N_PAIRS, N_TESTED = [0.003, 0.01, 0.03], 400, 3000, 200
SHOWN_PAIRS = ["the old cat sees a red moon", "a small dark river follows the king",
               "the dog finds the big cold wise stone"]
WINDOWS, D, N_NEAR, N_VECTORS = [1, 4, 16], 50, 8, 1000
SHOWN_WORDS = ["array", "plot", "gradient", "first", "learning", "color"]
BM25_SETTINGS = [(k1, b) for k1 in (0.6, 1.2, 2.0) for b in (0.0, 0.4, 0.75)]
VECTOR_SETTINGS = [(w, d, p) for w in (4, 16) for d in (100, 300) for p in (0.5, 1.0)]
CHOSEN = [(1.2, 0.75), (4, 300, 1.0)]
DOSES = range(5)  # rarest words of a question that are left out


def readers(shown, n_train, together=True, splits=SPLITS):
    """Return what both readers get right, one number a split; each chooses by its validation."""
    torch.set_num_threads(1)
    texts = [kinds.words_of(one.text, shown) for one in docstrings()]
    y, rows = kinds.labels(), {"Bayes": [], "network": [], "settings": []}
    for seed in splits:
        parts = kinds.split(seed, together, n_train)
        counts, _ = kinds.counted(texts, parts.train)
        X, target = counts[parts.train], y[parts.train]

        def share(predicted, part, y=y):
            return float((predicted == y[part]).mean())

        found = {}
        for alpha in ALPHAS:
            model = kinds.bayes(X, target, alpha)
            found["Bayes", alpha] = [share(model.predict(counts[part]), part)
                                     for part in (parts.valid, parts.test)]
        for lr in RATES:
            net = networks.network(X, target, lr, DROPOUT, HIDDEN, seed, n_steps=200)
            with torch.inference_mode():
                found["network", lr] = [
                    share(net(networks.scaled(counts[part])).argmax(1).numpy(), part)
                    for part in (parts.valid, parts.test)]
        for name in ("Bayes", "network"):
            best = max((key for key in found if key[0] == name), key=lambda key: found[key][0])
            rows[name].append(round(found[best][1], 4))
            rows["settings"].append(best[1])
    return rows


def a_translator(attention, lr, seed, lengths):
    """Train one translator; return how it does at each length, and its attention."""
    torch.set_num_threads(1)
    pairs = invented.corpus(seed, lengths, N_PAIRS)
    seen = {pair.source for pair in pairs}
    valid = invented.corpus(50 + seed, LENGTHS, N_TESTED, seen)
    tests = {n: invented.corpus(100 * n + seed, [n], N_TESTED, seen) if n > 5 else
             invented.corpus(100 * n + seed, [n], N_TESTED // 2, seen) for n in NEW_LENGTHS}
    net = translator.train(pairs, attention, lr, N_STEPS, seed)

    def share(those, **how):
        return round(translator.right(translator.translations(net, those, **how)[0], those), 4)

    row = {"valid": share(valid), "by length": {n: share(those) for n, those in tests.items()},
           "words right": words_right(net, tests)}
    if attention:
        row |= {"aligned": rounded(translator.aligned(net, valid)), "even": share(valid, even=True),
                "shown": attention_of(net)}
    return row


def words_right(net, tests):
    """Return by length the share of places at which the right word stands."""
    out = {}
    for n, those in tests.items():
        written, _ = translator.translations(net, those)
        hits = [a == b for one, pair in zip(written, those, strict=True)
                for a, b in zip(one, pair.target, strict=False)]
        out[n] = round(sum(hits) / sum(len(pair.target) for pair in those), 4)
    return out


def attention_of(net):
    """Return what is written for the shown sentences, and the weights in per cent."""
    out = []
    for text in SHOWN_PAIRS:
        pair = invented.translate(text.split())
        written, weights = translator.translations(net, [pair])
        out.append({"written": written[0], "weights": (100 * weights[0, : len(written[0])]).round()
                    .int().tolist()})
    return out


def untrained(seed):
    """Return the alignment of a translator that was not trained."""
    torch.manual_seed(seed)
    net = translator.Translator().eval()
    valid = invented.corpus(50 + seed, LENGTHS, N_TESTED)
    return {"aligned": rounded(translator.aligned(net, valid)), "shown": attention_of(net)}


def rounded(row):
    """Return a dictionary with four digits each."""
    return {key: round(value, 4) for key, value in row.items()}


def translators(do):
    """Return all runs: the rate is chosen on seed 0 by validation sentences."""
    out = {}
    for name, attention in (("attention", True), ("none", False)):
        tried = {lr: do(a_translator, attention, lr, 0, LENGTHS) for lr in TRANSLATOR_RATES}
        lr = max(tried, key=lambda lr: tried[lr]["valid"])
        out[name] = {"lr": lr, "runs": [do(a_translator, attention, lr, seed, LENGTHS)
                                        for seed in SEEDS]}
    lr = out["attention"]["lr"]
    out["all lengths"] = {"lr": lr, "runs": [do(a_translator, True, lr, seed, NEW_LENGTHS)
                                             for seed in SEEDS]}
    return out | {"untrained": [do(untrained, seed) for seed in SEEDS]}


def mixed(texts, how):
    """Return texts as they are, with the words of each in random order, or all words mixed."""
    rng = np.random.default_rng(0)
    if how == "shuffled within":
        return [[text[i] for i in rng.permutation(len(text))] for text in texts]
    if how == "shuffled all":
        words = [word for text in texts for word in text]
        words = [words[i] for i in rng.permutation(len(words))]
        ends = np.cumsum([len(text) for text in texts])
        return [words[end - len(text) : end] for text, end in zip(texts, ends, strict=True)]
    return texts


def library_of(texts, words):
    """Return for each word the library in which it stands more than its share, by most."""
    counts = np.ones((len(words), len(LIBRARIES)))
    index = {word: i for i, word in enumerate(words)}
    for text, label in zip(texts, kinds.labels(), strict=True):
        for word in text:
            if word in index:
                counts[index[word], label] += 1
    return (counts / counts.sum(axis=0)).argmax(axis=1)


def judged(E, words, topic):
    """Return how near plurals are, and how often near words belong to the same library."""
    index = {word: i for i, word in enumerate(words)}
    pairs = [(index[w], index[w + "s"]) for w in words if w + "s" in index and len(w) > 2]
    cosines = (E @ E.T).round(9)
    np.fill_diagonal(cosines, -2.0)
    plural = [1 / rank(cosines[a], b) for a, b in pairs]
    near = np.argsort(-cosines, axis=1, kind="stable")[:, :10]
    return {"plurals": round(float(np.mean(plural)), 4), "n_pairs": len(pairs),
            "library": round(float((topic[near] == topic[:, None]).mean()), 4),
            "by chance": round(float(np.mean([(topic == t).mean() for t in topic])), 4)}


def some_vectors(how, window, method, seed=0):
    """Return the judgement of one way to make vectors, and the neighbours of the shown words."""
    torch.set_num_threads(1)
    plain = [kinds.words_of(one.text, "everything") for one in docstrings()]
    words = vectors.vocabulary(plain, N_VECTORS)
    texts = mixed(plain, how)
    E = (vectors.embed(vectors.ppmi(vectors.cooccurrence(texts, words, window)), D)
         if method == "counts" else skipgram.train(texts, words, window, D, seed))
    near = {word: [[words[i], round(c, 3)] for i, c in
                   vectors.nearest(E, words.index(word), N_NEAR)] for word in SHOWN_WORDS}
    return judged(E, words, library_of(plain, words)) | {"near": near}


def all_vectors(do):
    """Return vectors by counts and by skip-gram, of texts as they are and shuffled."""
    hows = ["as written", "shuffled within"]
    out = {how: {str(w): do(some_vectors, how, w, "counts") for w in WINDOWS} for how in hows}
    out["shuffled all"] = {"4": do(some_vectors, "shuffled all", 4, "counts")}
    out["skip-gram"] = {str(w): do(some_vectors, "as written", w, "skip-gram") for w in WINDOWS}
    out["skip-gram, seeds"] = [do(some_vectors, "as written", 4, "skip-gram", seed)
                               for seed in (1, 2)]
    return out


def finder(setting):
    """Return BM25 for two numbers, vectors for three."""
    if len(setting) == 2:
        return BM25(finding.index(), *setting)
    window, d, power = setting
    return finding.ByVectors(*finding.book_vectors(window, d), finding.index(), power)


def ranks(*setting):
    """Return the rank of each right passage, one row a wording."""
    find, asked = finder(setting), questions.questions()
    return [[rank(find.scores(finding.words_of(q.asked[w])).round(9), q.passage) for q in asked]
            for w in range(2)]


def why(*setting):
    """Return for each question the five best passages and what each word adds."""
    find, out = finder(setting), []
    for q in questions.questions():
        row = []
        for asked in q.asked:
            words = finding.words_of(asked)
            parts = find.parts(words)
            total = parts.sum(axis=0).round(9)
            best = np.argsort(-total, kind="stable")[:5].tolist()
            row.append({"best": best, "parts": parts[:, best].round(3).tolist()})
        out.append(row)
    return out


def doses():
    """Return ranks when the rarest words that question and passage share are left out."""
    out = {}
    for name, setting in zip(("BM25", "vectors"), CHOSEN, strict=True):
        find, table = finder(setting), []
        for n in DOSES:
            table.append([])
            for q in questions.questions():
                words, rarity = finding.words_of(q.asked[0]), find.rarity
                common = sorted(set(words) & set(finding.index()[q.passage]),
                                key=lambda w, rarity=rarity: (-rarity[w], w))
                left = [w for w in words if w not in common[:n]]
                table[-1].append(rank(find.scores(left).round(9), q.passage))
        out[name] = table
    return out


def fused_ranks():
    """Return ranks of both rankings joined."""
    both, asked = [finder(setting) for setting in CHOSEN], questions.questions()
    return [[rank(finding.fused(*(f.scores(finding.words_of(q.asked[w])).round(9) for f in both)),
                  q.passage) for q in asked] for w in range(2)]


def retrieval(do):
    """Return ranks for all settings, and what the explorers show."""
    return {"ranks": {"BM25": [[list(s), do(ranks, *s)] for s in BM25_SETTINGS],
                      "vectors": [[list(s), do(ranks, *s)] for s in VECTOR_SETTINGS]},
            "why": {"BM25": do(why, *CHOSEN[0]), "vectors": do(why, *CHOSEN[1])},
            "chosen": [list(s) for s in CHOSEN], "doses": do(doses), "fused": do(fused_ranks)}


def gpt_reads():
    """Return bits per byte of each answer after different texts, and which answers are chosen."""
    torch.set_num_threads(1)
    small_gpt.train(GPT)
    reader = reading.Reader(*small_gpt.model_at(GPT, small_gpt.SETTINGS["n_steps"]))
    asked, kept_texts = questions.questions(), [one.text for one in passages()]
    bm25, rng = BM25(finding.index()), np.random.default_rng(0)
    other = np.roll(np.arange(len(asked)), 1)  # the passage of another question
    rows = {"bits": [], "answers": [q.answer for q in asked]}
    for w in range(2):
        kinds_of_text = ("nothing", "found", "right", "shuffled", "another", "answer")
        table = {name: [] for name in kinds_of_text}
        for i, q in enumerate(asked):
            found = int(bm25.scores(finding.words_of(q.asked[w])).round(9).argmax())
            given = {"nothing": "", "found": kept_texts[found], "right": kept_texts[q.passage],
                     "another": kept_texts[asked[other[i]].passage],
                     "answer": f"{q.answer}. " * 3}
            given = {k: reader.excerpt(text, q.asked[w], bm25.rarity) for k, text in given.items()}
            words = given["right"].split()
            given["shuffled"] = " ".join(words[j] for j in rng.permutation(len(words)))
            for name, text in given.items():
                table[name].append(round(reader.bits(text, q.asked[w], [q.answer])[0], 3))
        rows["bits"].append(table)
    return rows | {"chosen": choices(reader, bm25, asked, kept_texts)}


def choices(reader, bm25, asked, kept_texts, w=0):
    """Return the place of the right answer among all, by the GPT and by common words."""
    answers = [q.answer for q in asked]
    out = {"GPT": [], "GPT, gain": [], "common words": [], "GPT, nothing read": []}
    for i, q in enumerate(asked):
        text = reader.excerpt(kept_texts[q.passage], q.asked[w], bm25.rarity)
        with_it, without = (reader.bits(t, q.asked[w], answers) for t in (text, ""))
        seen = set(finding.words_of(text))
        common = [sum(bm25.rarity.get(x, 0.0) for x in set(finding.words_of(a)) & seen)
                  / max(sum(bm25.rarity.get(x, 0.0) for x in set(finding.words_of(a))), 1e-9)
                  for a in answers]
        for name, scores in (("GPT", -with_it), ("GPT, gain", without - with_it),
                             ("common words", np.array(common)), ("GPT, nothing read", -without)):
            out[name].append(rank(np.round(scores, 6), i))
    return out


def copies(shown, n_train):
    """Return what naive Bayes gets right if near copies may lie on both sides of the split."""
    texts, out = [kinds.words_of(one.text, shown) for one in docstrings()], []
    y = kinds.labels()
    for seed in SPLITS:
        parts = kinds.split(seed, False, n_train)
        counts, _ = kinds.counted(texts, parts.train)
        models = [kinds.bayes(counts[parts.train], y[parts.train], alpha) for alpha in ALPHAS]
        valid = [(m.predict(counts[parts.valid]) == y[parts.valid]).mean() for m in models]
        best = models[int(np.argmax(valid))]
        out.append(round(float((best.predict(counts[parts.test]) == y[parts.test]).mean()), 4))
    return out


def libraries(do):
    """Return the readers of docstrings for all that is shown and all sizes, and copies apart."""
    table = {shown: {str(n): do(readers, shown, n) for n in SIZES} for shown in kinds.SHOWN}
    return table | {"copies": do(copies, "no names", SIZES[-1])}


def everything():
    """Run the whole experiment; return it, and its processor seconds."""
    seconds = []

    def do(settings, function, *arguments):
        result, took = kept(PARTS, CODE_OF[settings[0]], settings, function, *arguments)
        seconds.append(took)
        return result

    parts = {
        "translator": (translators, (N_STEPS, N_PAIRS, N_TESTED, SHOWN_PAIRS)),
        "vectors": (all_vectors, (D, N_VECTORS, SHOWN_WORDS, N_NEAR)),
        "retrieval": (retrieval, (CHOSEN, list(DOSES))),
        "libraries": (libraries, (ALPHAS, RATES, DROPOUT, HIDDEN)),
    }
    reads = do(("reading", ("with the answer",)), gpt_reads)
    done = {name: run(partial(do, (name, settings))) for name, (run, settings) in parts.items()}
    return done | {"reading": reads}, sum(seconds)


def _files(*names):
    return [HERE / f"{name}.py" for name in names]


ENGINE = Path(vectors.__file__).parent
CODE_OF = {
    "translator": _files("translator", "invented"),
    "vectors": [*_files("kinds", "skipgram"), ENGINE / "vectors.py"],
    "retrieval": [*_files("finding", "questions"), ENGINE / "vectors.py", ENGINE / "retrieval.py"],
    "libraries": [*_files("kinds", "networks"), ENGINE / "naive_bayes.py"],
    "reading": [*_files("reading", "questions", "finding"), ENGINE / "retrieval.py"],
}


def check():
    """Run a part again; return what differs."""
    record, wrong = runs.record(), []
    row, again = record["libraries"]["no names"]["300"], readers("no names", 300, True, [3])
    for name in ("Bayes", "network"):
        if abs(again[name][0] - row[name][3]) > 0.004:
            wrong.append(f"{name}: {again[name][0]}, recorded {row[name][3]}")
    for row in record["retrieval"]["ranks"]["BM25"][:2]:
        if ranks(*row[0]) != row[1]:
            wrong.append(f"BM25 {row[0]}: other ranks")
    old, new = record["vectors"]["as written"]["4"], some_vectors("as written", 4, "counts")
    wrong += [f"vectors: {key} {new[key]}, recorded {old[key]}" for key in ("plurals", "library")
              if abs(new[key] - old[key]) > 0.002]
    run = record["translator"]["attention"]
    again = a_translator(True, run["lr"], 2, LENGTHS)["by length"]
    wrong += [f"translator, {n} words: {again[n]}, recorded {run['runs'][2]['by length'][str(n)]}"
              for n in LENGTHS if abs(again[n] - run["runs"][2]["by length"][str(n)]) > 0.06]
    return wrong


def main(arguments):
    """Run or check; return the exit code."""
    return command(arguments, "language", everything, check, "six points in a hundred")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
