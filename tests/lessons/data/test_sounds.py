"""The spoken digits, and sound files that are not what is wanted."""

import io
import json
import wave
from pathlib import Path

import numpy as np
import pytest

from lessons.data import sounds

FOLDER = Path(sounds.__file__).parent


def wav(n=800, rate=8000, channels=1, width=2):
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(width)
        sound.setframerate(rate)
        sound.writeframes(bytes(n * channels * width))
    return file.getvalue()


def test_the_set_is_small_whole_and_has_its_licence():
    assert (FOLDER / "spoken_digits.npz").stat().st_size < 3_000_000
    said = (FOLDER / "spoken_digits.LICENSE.txt").read_text(encoding="utf-8")
    assert "experiments.spoken_digits" in said and "CARNEGIE MELLON UNIVERSITY" in said
    clips = sounds.digits()
    assert len({(c.voice, c.text, c.take) for c in clips}) == len(clips) == 20 * 10 * 4
    for voice in {c.voice for c in clips}:
        mine = [c for c in clips if c.voice == voice]
        assert len({(c.rate, c.pitch) for c in mine}) == 4
        assert len([s for s in sounds.strings() if s.voice == voice]) == 3
    for sound in (*clips, *sounds.strings()):
        assert 0.65 < np.abs(sound.samples).max() < 0.75
        assert 0.15 < len(sound.samples) / sounds.RATE < 2.5


def test_no_two_clips_are_the_same_sound():
    clips = sounds.digits()
    assert len({c.samples.tobytes() for c in clips}) == len(clips)


def test_samples_cannot_be_overwritten():
    with pytest.raises(ValueError, match="read-only"):
        sounds.digits()[0].samples[0] = 1


def test_the_set_says_how_it_was_made():
    assert json.dumps(sounds.about()) and sounds.about()["rate_hz"] == sounds.RATE


def test_one_byte_keeps_quiet_samples_finer_than_loud_ones():
    x = np.array([0.001, 0.01, 0.1, 0.9])
    error = np.abs(sounds.expand(sounds.compress(x)) - x)
    assert error[0] < 1e-4 and error[1] < 1e-3 and error[3] < 0.03
    codes = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(sounds.compress(sounds.expand(codes))[1:-1], codes[1:-1])


@pytest.mark.parametrize("snr_db", [-5, 0, 20])
def test_noise_has_the_power_that_was_asked_for(snr_db):
    x = sounds.digits()[0].samples
    noise = sounds.with_noise(x, snr_db, np.random.default_rng(0)) - x
    assert 10 * np.log10(np.mean(x**2) / np.mean(noise**2)) == pytest.approx(snr_db, abs=0.3)


@pytest.mark.parametrize("x", [np.zeros(0), np.zeros(800)])
def test_noise_against_silence_is_told(x):
    with pytest.raises(ValueError, match="empty or silent"):
        sounds.with_noise(x, 20, np.random.default_rng(0))


@pytest.mark.parametrize("x, snr_db", [
    (np.ones((800, 2)), 20), (np.ones((1, 800)), 20), (np.full(800, np.nan), 20),
    (np.ones(800), np.nan),
])
def test_noise_on_what_is_no_sound_is_told(x, snr_db):
    with pytest.raises(ValueError, match="one row of finite numbers, at a finite distance"):
        sounds.with_noise(x, snr_db, np.random.default_rng(0))


@pytest.mark.parametrize("data, words", [
    (b"", r"no plain WAV file \(it is empty\)"),
    (wav()[:-1], "cut off in the middle of a sample"),
    (b"not a sound at all, only words", "no plain WAV file"),
    (wav(n=0), "is empty: 0 samples"),
    (wav(n=79), "79 samples, at least 80"),
    (wav(channels=2), "has 2 channels, one is wanted: save it as mono"),
    (wav(rate=44100), r"44,100 samples a second, 8,000 are wanted: resample it, as "
                      r"scipy.signal.resample_poly\(x, 8000, 44100\)"),
    (wav(width=1), "8 bits a sample, 16 are wanted"),
    (wav(width=3), "24 bits a sample, 16 are wanted"),
])
def test_a_file_that_is_not_wanted_says_what_to_do(data, words, tmp_path):
    path = tmp_path / "mine.wav"
    path.write_bytes(data)
    for file in (path, str(path)):
        with pytest.raises(ValueError, match=words) as caught:
            sounds.read_wav(file)
        assert "mine.wav" in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        sounds.read_wav(tmp_path / "none.wav")


def test_what_is_written_is_read():
    x = sounds.digits()[0].samples
    assert np.abs(sounds.read_wav(io.BytesIO(sounds.to_wav(x))) - x).max() < 1e-4


@pytest.mark.parametrize("x", [np.zeros((2, 800)), np.zeros(3), np.full(800, np.nan)])
def test_what_is_no_sound_is_not_written(x):
    with pytest.raises(ValueError, match="one row of at least 80 finite numbers"):
        sounds.to_wav(x)
