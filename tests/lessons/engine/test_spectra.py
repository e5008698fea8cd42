"""From wave to mel bands: equal to librosa's, which is installed for this alone."""

import librosa
import numpy as np
import pytest

from lessons.data.sounds import digits
from lessons.engine import spectra


@pytest.mark.parametrize("n_mels, n_fft, rate", [
    (40, 256, 8000), (24, 256, 8000), (80, 400, 16000)])
def test_mel_filters_are_those_of_librosa(n_mels, n_fft, rate):
    theirs = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=n_mels, htk=True, norm=None,
                                 dtype=np.float64)
    np.testing.assert_allclose(spectra.mel_filters(n_mels, n_fft, rate), theirs, atol=1e-6)


def test_the_power_is_that_of_librosa():
    x = digits()[7].samples
    theirs = np.abs(librosa.stft(np.ascontiguousarray(x), n_fft=256, win_length=256, hop_length=80,
                                 window="hann", center=False)) ** 2
    mine = spectra.spectrogram(x, width=256, hop=80, n_fft=256)
    np.testing.assert_allclose(mine, theirs.T, rtol=1e-5, atol=1e-9)


def test_log_mel_is_that_of_librosa():
    x = digits()[7].samples
    power = np.abs(librosa.stft(np.ascontiguousarray(x), n_fft=256, hop_length=80,
                                center=False)) ** 2
    bands = librosa.feature.melspectrogram(S=power, sr=8000, n_mels=40, htk=True, norm=None)
    mine = spectra.log_mel(x, width_s=0.032)
    np.testing.assert_allclose(mine, np.log10(bands + 1e-6).T, atol=1e-6)


def test_a_window_and_its_neighbour_sum_to_one():
    window = spectra.hann(200)
    np.testing.assert_allclose(window[:100] + window[100:], 1)


@pytest.mark.parametrize("x, words", [
    (np.zeros((2, 800)), r"got \(2, 800\): choose one channel"),
    (np.zeros(0), "0 samples do not fill one frame of 200"),
    (np.zeros(199), "199 samples do not fill one frame"),
])
def test_a_sound_that_cannot_be_cut_is_told(x, words):
    with pytest.raises(ValueError, match=words):
        spectra.spectrogram(x, 200, 80, 256)


@pytest.mark.parametrize("hop", [0, -80])
def test_frames_that_stand_still_or_go_back_are_told(hop):
    with pytest.raises(ValueError, match=f"one sample later or more, got hop={hop}"):
        spectra.frames(np.zeros(800), 200, hop)


def test_a_window_longer_than_the_transform_is_told():
    with pytest.raises(ValueError, match="300 samples does not fit into n_fft = 256"):
        spectra.spectrogram(np.zeros(800), 300, 80, 256)


def test_what_does_not_fill_a_frame_is_left_out():
    assert spectra.frames(np.arange(1001), 200, 80).shape == (11, 200)
