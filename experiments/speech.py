"""How well does a small network read spoken digits, and whose? The runs behind the chapter.

    python -m experiments.speech           run everything (about seven minutes), keep the result
    python -m experiments.speech --check   train a part of it again, compare with what is kept

Eight splits of the sixteen voices of espeak-ng: ten train, two choose the learning rate, four
test; one take is kept from training, and every test uses that take. The voices of Flite test, and
train only where the name says so. A run that is cut off goes on where it stopped.
"""

import sys
from pathlib import Path

import numpy as np
import torch

from experiments.keep import command, kept
from lessons.data import sounds
from lessons.engine.ctc import edit_distance
from lessons.studies.record import path_of
from lessons.studies.speech import parts, readers, strings
from lessons.studies.speech.runs import record

RESULT = path_of("speech")
PARTS = Path("_build/speech")  # what is done, for a run that is cut off
RATES = [0.0003, 0.001, 0.003, 0.01, 0.03]
TUNING_SPLITS = FIRST_SPLITS = range(4)  # each voice tests once in the first four
SNR_DB = 20  # of training and test, unless another is named
NOISES = {"30 dB": 30, "0 dB": 0, "30 to 0 dB": [30, 20, 10, 5, 0]}
TEST_SNRS = [30, 20, 10, 5, 0, -5]
EQUAL_CLIPS = [(3, 4), (6, 2), (12, 1)]  # voices and takes that make 120 clips
FLITE = parts.voices("flite")
TESTS = ("clips", "voices", "synthesiser")
STRING_RATES = [0.003, 0.01]
LOOKS = [0, 40, 80, 120, 200, 350]  # steps after which outputs on two strings are kept


def tests_of(split, n_mels=parts.N_MELS, remove=False, snr_db=SNR_DB):
    """Return the data of the three tests: new clips, new voices, another synthesiser."""
    who = dict(zip(TESTS, (split.train, split.test, FLITE), strict=True))
    return {name: parts.examples(parts.choose(v, [split.take]), snr_db, 100 + i, n_mels, remove)
            for i, (name, v) in enumerate(who.items())}


def others(split):
    """Return the takes that are for training."""
    return [t for t in range(4) if t != split.take]


def trained(k, lr, kind="convolution", voices=None, snr_db=SNR_DB, **options):
    """Return a reader trained on the voices of a split, or on those given."""
    split = parts.split(k)
    clips = parts.choose(split.train if voices is None else voices, others(split))
    return readers.train(kind, parts.examples(clips, snr_db, k, **options), lr, seed=k)


def scores(net, tests):
    """Return the accuracy in each test."""
    return {name: round(readers.accuracy(net, data), 4) for name, data in tests.items()}


def tuned(kind):
    """Return the learning rate that is best for the validation voices, and all that was tried.

    Many rates read as many clips: among them the lowest loss decides.
    """
    tried = {}
    for lr in RATES:
        right, losses = [], []
        for k in TUNING_SPLITS:
            split = parts.split(k)
            X, y = parts.examples(parts.choose(split.valid, range(4)), SNR_DB, 7)
            net = trained(k, lr, kind)
            right.append(readers.accuracy(net, (X, y)))
            with torch.inference_mode():
                losses.append(torch.nn.functional.cross_entropy(net(X), y).item())
        tried[lr] = round(float(np.mean(right)), 4), round(float(np.mean(losses)), 4)
    best = max(tried, key=lambda lr: (tried[lr][0], -tried[lr][1]))
    return {"lr": best, "tried": [[lr, *found] for lr, found in tried.items()]}


def gap(kind, k, lr):
    """Return the three accuracies of a split, and who was taken for whom."""
    split, net = parts.split(k), trained(k, lr, kind)
    tests, found = tests_of(split), {}
    for name, (X, y) in tests.items():
        table = np.zeros((10, 10), int)
        np.add.at(table, (y.numpy(), readers.answers(net, X).numpy()), 1)
        found[name] = {"right": int(np.trace(table)), "of": len(y), "confused": table.tolist()}
    by_voice = [round(readers.accuracy(net, parts.examples(
        parts.choose([v], [split.take]), SNR_DB, 100)), 4) for v in FLITE]
    return {"tests": found, "flite": by_voice}


def noise(k, lr):
    """Return accuracies by noise in training, noise in the test, and test."""
    split = parts.split(k)
    tests = {snr: tests_of(split, snr_db=snr) for snr in TEST_SNRS}
    found = {}
    for name, snr_db in NOISES.items():
        net = trained(k, lr, snr_db=snr_db)
        rows = [scores(net, tests[snr]) for snr in TEST_SNRS]
        found[name] = {test: [row[test] for row in rows] for test in TESTS}
    return found


def equal_clips(k, lr):
    """Return accuracies on new voices by how many voices the same number of clips comes from."""
    split, found = parts.split(k), {}
    data = {"voices": parts.examples(parts.choose(split.test, range(4)), SNR_DB, 101),
            "synthesiser": parts.examples(parts.choose(FLITE, range(4)), SNR_DB, 102)}
    for n_voices, n_takes in EQUAL_CLIPS:
        rng = np.random.default_rng(k)
        who = rng.permutation([*split.train, *split.valid])[:n_voices].tolist()
        clips = parts.choose(who, range(4))
        kept = [clip for clip in clips if clip.take in
                np.random.default_rng([k, who.index(clip.voice), int(clip.text)])
                .permutation(4)[:n_takes]]
        net = readers.train("convolution", parts.examples(kept, SNR_DB, k), lr, seed=k)
        found[str(n_voices)] = scores(net, data) | {"n_clips": len(kept)}
    return found


def cures(k, lr):
    """Return accuracies after one change to the training, each as in `gap` and by Flite voice."""
    split, new = parts.split(k), FLITE[k % 4]
    known = [v for v in FLITE if v != new]
    changes = {
        "plain": {}, "band means removed": {"remove": True},
        "played at five speeds": {"speeds": parts.SPEEDS},
        "means removed, five speeds": {"remove": True, "speeds": parts.SPEEDS},
        "three Flite voices added": {"voices": [*split.train, *known]},
        "three Flite voices alone": {"voices": known},
    }
    found = {}
    for name, options in changes.items():
        remove, net = options.get("remove", False), trained(k, lr, **options)
        tests = tests_of(split, remove=remove)
        for test, who in {"new Flite voice": [new], "known Flite voices": known}.items():
            tests[test] = parts.examples(parts.choose(who, [split.take]), SNR_DB, 103,
                                         remove=remove)
        found[name] = scores(net, tests)
    return found


def three_voices(k, lr):
    """Return accuracies of readers of three voices alone: theirs, and those of new voices."""
    split, new, found = parts.split(k), FLITE[k % 4], {}
    for maker, known, others_too in [("espeak", split.train[:3], split.test),
                                     ("flite", [v for v in FLITE if v != new], [new])]:
        net = trained(k, lr, voices=known)
        found[maker] = scores(net, {
            test: parts.examples(parts.choose(who, [split.take]), SNR_DB, 104)
            for test, who in [("known", known), ("new", others_too)]})
    return found


def error_rate(said, sounds_):
    """Return edits over digits."""
    meant = [text for _, text in sounds_]
    return round(sum(map(edit_distance, said, meant)) / sum(map(len, meant)), 4)


def string_tests(split):
    """Return sounds with their digits: glued and spoken, of known voices, new ones and Flite."""
    who = dict(zip(TESTS, (split.train, split.test, FLITE), strict=True))
    rng, found = np.random.default_rng(5), {}
    for name, voices in who.items():
        by_voice = [parts.choose([v], [split.take]) for v in voices]
        found["glued, " + name] = [strings.draw_string(by_voice, rng, (3, 4, 5))
                                   for _ in range(30)]
        found["spoken, " + name] = [(s.samples, s.text) for s in sounds.strings()
                                    if s.voice in voices]
    return found


def recogniser(k, lr, n_steps=strings.N_STEPS):
    """Return a recogniser trained on the voices of a split."""
    split = parts.split(k)
    by_voice = [parts.choose([v], others(split)) for v in split.train]
    return strings.train(by_voice, k, lr, n_steps)


def tuned_strings():
    """Return the recogniser's learning rate that is best for glued strings of two voices."""
    tried = {}
    for lr in STRING_RATES:
        rates = []
        for k in TUNING_SPLITS[:2]:
            split = parts.split(k)
            by_voice = [parts.choose([v], [split.take]) for v in split.valid]
            rng = np.random.default_rng(9)
            valid = [strings.draw_string(by_voice, rng, (3, 4, 5)) for _ in range(30)]
            net, _ = recogniser(k, lr)
            rates.append(error_rate(strings.read(net, valid, 3), valid))
        tried[lr] = round(float(np.mean(rates)), 4)
    return {"lr": min(tried, key=tried.get), "tried": list(map(list, tried.items()))}


def rival(k, lr):
    """Return a reader of equal pieces, trained on strings that were cut like that."""
    split = parts.split(k)
    by_voice = [parts.choose([v], others(split)) for v in split.train]
    rng, pieces = np.random.default_rng(k), []
    for _ in range(1000):
        x, text = strings.draw_string(by_voice, rng)
        pieces += zip(strings.cut_equally(x, len(text)), text, strict=True)
    clips = [sounds.Sound(x, text, "", 0, 0, 0) for x, text in pieces]
    data = parts.examples(clips, SNR_DB, k)
    return readers.train("convolution", data, lr, seed=k, n_steps=1000)


def read_pieces(net, sounds_, lengths):
    """Return what the rival reads if it cuts each sound into so many equal pieces."""
    said = []
    for i, ((x, _), n) in enumerate(zip(sounds_, lengths, strict=True)):
        clips = [sounds.Sound(p, "0", "", 0, 0, 0) for p in strings.cut_equally(x, n)]
        X, _ = parts.examples(clips, SNR_DB, 3 + i)
        said.append("".join(map(str, readers.answers(net, X).tolist())))
    return said


def strings_of(k, lr, lr_rival):
    """Return digit error rates of a recogniser and of its rival, and what was read."""
    tests, (net, losses) = string_tests(parts.split(k)), recogniser(k, lr)
    other, found = rival(k, lr_rival), {}
    for name, sounds_ in tests.items():
        said, told = strings.read(net, sounds_, 3), [len(text) for _, text in sounds_]
        found[name] = {"rate": error_rate(said, sounds_),
                       "rival": error_rate(read_pieces(other, sounds_, told), sounds_),
                       "n_digits": sum(len(text) for _, text in sounds_),
                       "lengths": [len(a) - len(b) for a, (_, b) in
                                   zip(said, sounds_, strict=True)],
                       "pairs": [[a, b] for a, (_, b) in
                                 zip(said, sounds_, strict=True)][:12]}
    return {"tests": found, "losses": [round(x, 3) for x in losses[::10]]}


def untold(k, lr):
    """Return digit error rates of the rival if it must guess from the length how many there are.

    The guess is a straight line, fitted to glued strings of the training voices.
    """
    split, net, found = parts.split(k), rival(k, lr), {}
    by_voice = [parts.choose([v], others(split)) for v in split.train]
    rng = np.random.default_rng(k)
    seen = [strings.draw_string(by_voice, rng) for _ in range(500)]
    slope, start = np.polyfit([len(x) for x, _ in seen], [len(text) for _, text in seen], 1)
    for name, sounds_ in string_tests(split).items():
        lengths = [max(1, round(start + slope * len(x))) for x, _ in sounds_]
        found[name] = {"rate": error_rate(read_pieces(net, sounds_, lengths), sounds_),
                       "right_length": sum(n == len(text) for n, (_, text) in
                                           zip(lengths, sounds_, strict=True)),
                       "n_strings": len(sounds_)}
    return found


def looks(k, lr):
    """Return what a recogniser puts out for two strings in the course of its training."""
    split = parts.split(k)
    by_voice = [parts.choose([v], [split.take]) for v in split.test]
    glued = strings.draw_string(by_voice, np.random.default_rng(1), (4,))
    spoken = next((s.samples, s.text) for s in sounds.strings()
                  if s.voice in split.test and len(s.text) == 4)
    found = {"glued": {"text": glued[1], "p": []}, "spoken": {"text": spoken[1], "p": []}}
    train_by = [parts.choose([v], others(split)) for v in split.train]
    nets = strings.train_with_looks(train_by, k, lr, LOOKS)
    for net in nets:
        for name, (x, _) in {"glued": glued, "spoken": spoken}.items():
            X, _ = strings.batch_of([(x, "")], SNR_DB, np.random.default_rng(2))
            with torch.inference_mode():
                found[name]["p"].append(net(X)[0].exp().numpy().round(3).tolist())
    return found


def everything():
    """Run the whole experiment; return it, and its processor seconds."""
    seconds = []

    def do(function, *arguments):
        result, took = kept(PARTS, RESULT.parent.glob("*.py"), (), function, *arguments)
        seconds.append(took)
        return result

    kinds = ("linear", "convolution")
    rates = {kind: do(tuned, kind) for kind in kinds}
    lr, splits = rates["convolution"]["lr"], range(parts.N_SPLITS)
    result = {"rates": rates, "tests": list(TESTS), "snrs": TEST_SNRS,
              "flite": FLITE, "looks_at": LOOKS,
              "gap": {kind: [do(gap, kind, k, rates[kind]["lr"]) for k in splits]
                      for kind in kinds}}
    result["string_rates"] = do(tuned_strings)
    lr_strings = result["string_rates"]["lr"]
    result["strings"] = [do(strings_of, k, lr_strings, lr) for k in FIRST_SPLITS]
    result["cures"] = [do(cures, k, lr) for k in FIRST_SPLITS]
    result["equal_clips"] = [do(equal_clips, k, lr) for k in splits]
    result["looks"] = do(looks, 0, lr_strings)
    result["noise"] = [do(noise, k, lr) for k in FIRST_SPLITS]
    result["three_voices"] = [do(three_voices, k, lr) for k in splits]
    result["untold"] = [do(untold, k, lr) for k in FIRST_SPLITS]
    return result, sum(seconds)


def check():
    """Train a part again; return what differs by more than one answer."""
    old, wrong = record(), []
    for kind, rows in old["gap"].items():
        for k in (0, 5):
            new = gap(kind, k, old["rates"][kind]["lr"])["tests"]
            wrong += [f"{kind}, split {k}, {name}: {new[name]['right']} right, recorded "
                      f"{row['right']}" for name, row in rows[k]["tests"].items()
                      if abs(new[name]["right"] - row["right"]) > 1]
    for name, row in cures(3, old["rates"]["convolution"]["lr"]).items():
        for test, share in row.items():
            if abs(share - old["cures"][3][name][test]) > 0.0251:  # one of 40
                wrong.append(f"{name}, {test}: {share}, recorded {old['cures'][3][name][test]}")
    new = strings_of(0, old["string_rates"]["lr"], old["rates"]["convolution"]["lr"])["tests"]
    for name, row in old["strings"][0]["tests"].items():  # float32: training amplifies the last bit
        if abs(new[name]["rate"] - row["rate"]) > 0.15:
            wrong.append(f"strings, {name}: {new[name]['rate']}, recorded {row['rate']}")
    return wrong


def main(arguments):
    """Run or check; return the exit code."""
    return command(arguments, "speech", everything, check, "one answer",
                   sounds=sounds.about()["made_with"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
