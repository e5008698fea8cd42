"""Spoken digits from two free synthesisers: the recipe of the set that the package holds.

    python -m experiments.spoken_digits           make the set (about a minute), keep it
    python -m experiments.spoken_digits --check   make it again, compare with what is kept

It needs the programs espeak-ng and flite (on Debian and Ubuntu: ``apt-get install espeak-ng
flite``). Both speak without chance, so the same versions give the same bytes; others may speak
a little differently, and ``--check`` then says how many sounds differ.
"""

import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from lessons.data import sounds

RESULT = Path(sounds.__file__).with_name("spoken_digits.npz")
#: Each voice once: an accent of espeak-ng and a way to speak ("variant"), no variant in two voices.
#: Not "en-gb+f1": espeak-ng 1.51 takes that for plain "en-gb" and says nothing.
ESPEAK = [
    "en-us+m1", "en+f1", "en-gb-scotland+m2", "en-us+f2", "en-gb-x-rp+m3", "en-029+f3",
    "en-gb-x-gbclan+m4", "en-gb-scotland+f4", "en-gb-x-gbcwmd+m5", "en-gb-x-rp+f5",
    "en-us+m6", "en-us+klatt", "en+m7", "en-gb-x-gbclan+grandma", "en-029+m8", "en+croak",
]
FLITE = ["awb", "kal16", "rms", "slt"]  # built from recordings of people
#: The takes of a voice: words a minute, and pitch on the scale of espeak-ng.
TAKES = [(150, 40), (170, 60), (195, 35), (220, 55)]
STRING_TAKE = (180, 50)  # of the strings
LENGTHS = (3, 4, 5)  # in digits, of the strings that a voice says
WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
PEAK = 0.7  # of the largest number, after the silence at both ends is cut off
FLOOR_DB, MARGIN_S = -36, 0.02  # what counts as silence, and how much of it stays


def spoken(voice, text, rate, pitch, folder):
    """Let a synthesiser say a text; return the samples at 8 kHz, cut and scaled."""
    path = Path(folder, "sound.wav")
    if voice in FLITE:  # its usual rate is about 170 words a minute
        command = ["flite", "-voice", voice, "--setf", f"duration_stretch={170 / rate:.4f}",
                   "-o", str(path), "-t", text]
        if voice != "kal16":  # its pitch is set by the recordings
            mean = {"awb": 120, "rms": 100, "slt": 180}[voice] * (1 + (pitch - 50) / 100)
            command[1:1] = ["--setf", f"int_f0_target_mean={mean:.1f}"]
    else:
        command = ["espeak-ng", "-v", voice, "-s", str(rate), "-p", str(pitch), "-w", str(path),
                   text]
    subprocess.run(command, check=True, capture_output=True)
    with wave.open(str(path)) as file:
        x = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 2**15
        there = file.getframerate()
    common = np.gcd(there, sounds.RATE)
    return trimmed(resample_poly(x, sounds.RATE // common, there // common))


def trimmed(x):
    """Cut the silence at both ends and bring the highest peak to `PEAK`."""
    width = sounds.RATE // 100
    loud = np.sqrt(np.convolve(x**2, np.ones(width) / width, mode="same"))
    kept = np.flatnonzero(loud > loud.max() * 10 ** (FLOOR_DB / 20))
    margin = int(MARGIN_S * sounds.RATE)
    x = x[max(kept[0] - margin, 0) : kept[-1] + margin]
    return PEAK * x / np.abs(x).max()


def strings_of(number):
    """Return the digits of the strings that the voice with this number says."""
    rng = np.random.default_rng(1000 + number)
    return ["".join(map(str, rng.integers(0, 10, n))) for n in LENGTHS]


def rows():
    """Return what is said, one row a sound: voice, text in digits, take, rate, pitch."""
    said = []
    for number, voice in enumerate([*ESPEAK, *FLITE]):
        said += [(voice, str(digit), take, *TAKES[take])
                 for digit in range(10) for take in range(len(TAKES))]
        said += [(voice, text, 0, *STRING_TAKE) for text in strings_of(number)]
    return said


def versions():
    """Return the versions of both programs, in a line each."""
    said = []
    for command in (["espeak-ng", "--version"], ["flite", "--version"]):
        done = subprocess.run(command, capture_output=True, text=True)
        found = re.search(r"(?:flite-|\bto-speech: |: )(\d[\w.-]*)", done.stdout + done.stderr)
        said.append(f"{command[0]} {found[1] if found else 'of unknown version'}")
    return said


def made():
    """Return the content of the file: arrays by name."""
    said = rows()

    def one(row):
        voice, text, _, rate, pitch = row
        with tempfile.TemporaryDirectory() as folder:
            return sounds.compress(spoken(voice, " ".join(WORDS[int(d)] for d in text), rate,
                                          pitch, folder))

    with ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(one, said))
    first = {}
    for row, code in zip(said, codes, strict=True):
        if (same := first.setdefault(code.tobytes(), row)) is not row:
            raise SystemExit(f"{row} sounds exactly as {same}: two voices or takes are one")
    about = {"command": "python -m experiments.spoken_digits", "date": time.strftime("%Y-%m-%d"),
             "made_with": versions(), "rate_hz": sounds.RATE}
    return {
        "codes": np.concatenate(codes), "lengths": np.array([len(c) for c in codes], np.int32),
        "voice": np.array([row[0] for row in said]), "text": np.array([row[1] for row in said]),
        "take": np.array([row[2] for row in said], np.int8),
        "rate": np.array([row[3] for row in said], np.int16),
        "pitch": np.array([row[4] for row in said], np.int16),
        "about": np.array(json.dumps(about)),
    }


def main(arguments):
    """Make the set or check it; return the exit code."""
    missing = [name for name in ("espeak-ng", "flite") if not shutil.which(name)]
    if missing:
        print(f"{' and '.join(missing)} not found: apt-get install espeak-ng flite",
              file=sys.stderr)
        return 1
    if arguments not in ([], ["--check"]):
        print(f"unknown argument {arguments[0]}: give nothing, or --check", file=sys.stderr)
        return 2
    new = made()
    if arguments:
        with np.load(RESULT) as old:
            starts = np.cumsum(old["lengths"])[:-1]
            pairs = zip(np.split(old["codes"], starts),
                        np.split(new["codes"], np.cumsum(new["lengths"])[:-1]), strict=True)
            n_other = sum(not np.array_equal(a, b) for a, b in pairs)
            was = json.loads(str(old["about"]))["made_with"]
        print(f"{n_other} of {len(new['lengths'])} sounds differ; kept: {', '.join(was)}; "
              f"here: {', '.join(versions())}")
        return bool(n_other)
    file = io.BytesIO()
    np.savez_compressed(file, **new)
    RESULT.write_bytes(file.getvalue())
    print(f"{len(new['lengths'])} sounds, {new['lengths'].sum() / sounds.RATE:.0f} s, "
          f"{RESULT.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
