"""Prepare the book's environment, and find the browser its tests need.

    python3 tools/environment.py             create .venv or bring it up to date
    python3 -m tools.environment browser     print the path of Chromium or Chrome

This file runs before anything is installed and on Pythons too old for the book, so it uses the
standard library only and no syntax newer than Python 3.6.
"""

import ast
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
OLDEST = (3, 11)
CPU_INDEX = "https://download.pytorch.org/whl/cpu"  # PyTorch without CUDA
CPU_INDEX_WAIT_S = 5
#: What pip takes over from a person's settings: where packages come from, and how to get there.
#: Not where they go, or how (`user`, `target`, `no-deps`): this environment decides that.
PIP_SETTINGS = (
    "index-url", "extra-index-url", "no-index", "find-links", "constraint", "trusted-host",
    "cert", "client-cert", "proxy", "timeout", "default-timeout", "retries", "cache-dir",
    "no-cache-dir", "keyring-provider", "use-feature", "use-deprecated",
)
#: Words of pip, and what to do then.
REMEDIES = (
    (r"No space left|[Dd]isk quota", "Make room on the disk (3 GB)"),
    (r"Retrying \(|timed out|Connection|SSLError|ProxyError|IncompleteRead|HTTP error",
     "Check the network"),
    (r"Cannot uninstall|RECORD|No module named pip", "Delete the folder .venv"),
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


class Problem(Exception):
    """Something a person has to put right; its message says what and how."""


def main(arguments):
    """Run the command named in `arguments`; return the exit status."""
    try:
        if arguments == ["browser"]:
            print(browser())
        elif not arguments:
            setup()
        else:
            raise Problem("usage: python -m tools.environment [browser]")
    except Problem as problem:
        sys.stdout.flush()
        sys.stderr.write("\n" + str(problem) + "\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. The same command goes on from here.\n")
        return 130
    return 0


# --- the environment ------------------------------------------------------------------------


def setup():
    """Create `.venv`, or bring it up to date; do nothing if it is."""
    python = venv_python()
    wants_gpu = os.environ.get("GPU", "") not in ("", "0")
    stamp = os.path.join(VENV, "stamp")
    ready = read(stamp) == fingerprint() and runs(python)
    if ready and not (wants_gpu and installed_torch(python).endswith("+cpu")):
        return
    started = time.time()
    check_place()
    if not runs(python):
        create_venv(choose_python())
    torch = installed_torch(python)
    if wants_gpu and torch.endswith("+cpu"):
        uninstall = [python, "-m", "pip", "uninstall", "--yes", "--quiet", "torch"]
        subprocess.call(uninstall, env=pip_variables(python))
        torch = ""
    command = [python, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    # Most modules are never imported; Python compiles the others when they are.
    command += ["--no-compile", "--requirement", "requirements.txt"]
    if sys.platform.startswith("linux") and not wants_gpu and torch.split("+")[0] != torch_pin():
        # On Linux the usual index gives the CUDA build, some gigabytes that no chapter needs.
        if answers(CPU_INDEX + "/torch/", CPU_INDEX_WAIT_S):
            command += ["--extra-index-url", CPU_INDEX]
        else:
            print("PyTorch's CPU index does not answer; taking torch from the usual index.")
    print("Installing what requirements.txt lists (some minutes the first time).")
    run_pip(command, os.path.join(VENV, "setup.log"))
    with open(stamp, "w") as file:
        file.write(fingerprint())
    print(f"Ready after {time.time() - started:.0f} s. Next: make serve, or make help.")


def fingerprint():
    """Return what the environment was made from: the pins, the package's metadata, the place."""
    # A moved environment has wrong paths in its scripts.
    digest = hashlib.sha256(os.fsencode(ROOT))
    for name in ("requirements.txt", "pyproject.toml"):
        digest.update(content(os.path.join(ROOT, name)))
    return digest.hexdigest()


def content(path):
    """Return the bytes of a file with plain line ends: Git on Windows may write others."""
    with open(path, "rb") as file:
        return file.read().replace(b"\r\n", b"\n")


def check_place():
    """Raise `Problem` if no environment can be made in this folder, because of its name."""
    try:
        os.fsencode(ROOT).decode("utf-8")
    except UnicodeDecodeError:
        raise Problem(
            "The path of this folder is not UTF-8, and Python makes no environment in such a "
            f"place: {ascii(ROOT)}. Rename the folder, then run: make setup"
        ) from None


def venv_python():
    """Return the path that the environment's Python has on this system."""
    return os.path.join(
        VENV, *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python"))
    )


def choose_python():
    """Return a Python that is new enough: this one, else the first newer one on PATH.

    Raises
    ------
    Problem
        If there is none.
    """
    if sys.version_info[:2] >= OLDEST:
        return sys.executable
    here = "{}.{}".format(*sys.version_info[:2])
    for minor in (13, 12, 11, 14):
        other = shutil.which(f"python3.{minor}")
        if other and runs(other):
            print(f"python3 is Python {here}; using {other} instead.")
            return other
    raise Problem(
        "Python {} is too old: this book needs Python {}.{} or newer. Install one "
        "(https://www.python.org/downloads/), then run: make setup PYTHON=python3.12".format(
            here, *OLDEST
        )
    )


def runs(python):
    """Return whether `python` starts and is new enough."""
    code = f"import sys; sys.exit(sys.version_info[:2] < {OLDEST})"
    return quiet(python, "-c", code) == 0


def create_venv(python):
    """Make `.venv` with `python`; raise `Problem` if it cannot."""
    if quiet(python, "-c", "import ensurepip, venv") != 0:
        raise Problem(
            f"{python} has no venv module, which is a package of its own on Debian and Ubuntu. "
            "Install it: sudo apt install python3-venv"
        )
    print(f"Creating .venv with {python}.")
    if subprocess.call([python, "-m", "venv", "--clear", VENV], env=variables()) != 0:
        raise Problem(f"Could not create {VENV}: see the lines above.")


def installed_torch(python):
    """Return the version of torch in the environment, or an empty string."""
    code = "import importlib.metadata as m; print(m.version('torch'))"
    return output(python, "-c", code).strip()


def torch_pin():
    """Return the version of torch that requirements.txt asks for."""
    return re.search(r"^torch==(\S+)", read(os.path.join(ROOT, "requirements.txt")), re.M).group(1)


def answers(url, wait_s):
    """Return whether `url` answers within `wait_s` seconds, name look-up included.

    The time-out of `urlopen` does not cover the look-up of the name, hence the thread.
    """
    found = []

    def ask():
        try:
            urllib.request.urlopen(url, timeout=wait_s).close()
            found.append(url)
        except Exception:  # whatever goes wrong, no answer is the answer
            pass

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(wait_s)
    return bool(found)


def variables():
    """Return the variables for other Pythons: without those that change how Python runs."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return dict(kept, PYTHONUTF8="1")


def pip_variables(python):
    """Return the variables for pip, with `PIP_SETTINGS` in place of all that it would read."""
    env = {key: value for key, value in variables().items() if not key.startswith("PIP_")}
    env["PIP_CONFIG_FILE"] = os.devnull
    # To `pip config`, `user` means one of its files, and `quiet` to list nothing.
    plain = dict(variables(), PIP_USER="0", PIP_QUIET="0")
    listed = output(python, "-m", "pip", "config", "list", env=plain).splitlines()
    for section in ("global.", "install.", ":env:."):  # the last one wins
        for line in listed:
            key, _, value = line.partition("=")
            if key.startswith(section) and key[len(section) :] in PIP_SETTINGS:
                name = "PIP_" + key[len(section) :].upper().replace("-", "_")
                env[name] = ast.literal_eval(value)
    return env


def run_pip(command, log):
    """Run pip, show where it is, and keep all it says in the file `log`.

    Raises
    ------
    Problem
        If pip fails; the message holds the end of the log.
    """
    progress = Progress()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=pip_variables(command[0]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    lines = []
    with process, open(log, "w", encoding="utf-8") as file:
        for raw in process.stdout:
            line = raw.decode("utf-8", "replace").rstrip()
            lines.append(line)
            file.write(line + "\n")
            progress.say(pip_step(line))
    progress.stop()
    if process.wait() != 0:
        said = "\n".join("    " + line for line in lines[-8:])
        raise Problem(
            "pip could not install requirements.txt. The end of {}:\n\n{}\n\n"
            "{}, then run: make setup".format(log, said, remedy("\n".join(lines)))
        )


def remedy(said):
    """Return what to do about a failure of pip, from all it said.

    Examples
    --------
    >>> remedy("ERROR: [Errno 28] No space left on device")
    'Make room on the disk (3 GB)'
    >>> remedy("ERROR: Hashes are required in --require-hashes mode")
    'Put right what pip says'
    """
    for words, what in REMEDIES:
        if re.search(words, said):
            return what
    return "Put right what pip says"


def pip_step(line):
    """Return a short form of one line of pip's output, or an empty string.

    Examples
    --------
    >>> pip_step("Collecting numpy==2.4.6 (from -r requirements.txt (line 7))")
    'collecting numpy==2.4.6'
    >>> pip_step("  Downloading torch-2.13.0-cp311-none-linux.whl (190.0 MB)")
    'downloading torch-2.13.0-cp311-none-linux.whl (190.0 MB)'
    >>> pip_step("Requirement already satisfied: numpy==2.4.6 in ./lib (from -r ...)")
    'checking numpy==2.4.6'
    >>> pip_step("    Preparing metadata (pyproject.toml): started")
    ''
    """
    words = line.strip().split(" (from ")[0]
    if words.startswith("Installing collected packages:"):
        return "unpacking {} packages".format(words.count(",") + 1)
    if words.startswith("Requirement already satisfied: "):
        return "checking " + words.split(": ")[1].split(" ")[0]
    if words.startswith(("Collecting ", "Downloading ", "Building ")):
        return words[0].lower() + words[1:]
    return ""


class Progress:
    """One line of progress: rewritten every second on a terminal, else repeated now and then."""

    def __init__(self):
        self.live = sys.stdout.isatty()
        self.every_s = 1 if self.live else 10
        self.step = "starting"
        self.started = time.time()
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._tick, daemon=True)
        self.thread.start()

    def say(self, step):
        """Name the step that goes on now."""
        self.step = step or self.step

    def stop(self):
        """Stop showing progress and clear the line."""
        self.done.set()
        self.thread.join()
        if self.live:
            sys.stdout.write("\r" + " " * 78 + "\r")

    def _tick(self):
        while not self.done.wait(self.every_s):
            line = f"  {time.time() - self.started:4.0f} s  {self.step}"[:78]
            sys.stdout.write("\r" + line.ljust(78) if self.live else line + "\n")
            sys.stdout.flush()


def quiet(*command):
    """Run a command without its output; return its exit status, 127 if it cannot start."""
    try:
        return subprocess.call(
            command, env=variables(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except OSError:
        return 127


def output(*command, env=None):
    """Return what a command prints, without its errors."""
    env = env or variables()
    answer = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return answer.stdout.decode("utf-8", "replace")


def read(path):
    """Return the text of a file, or an empty string if it does not exist."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


# --- the browser ----------------------------------------------------------------------------


def browser():
    """Return the path of Chromium or Chrome.

    Looked for in this order: the variable CHROMIUM, the programs on PATH, the usual places of
    macOS and Windows, and what `playwright install chromium` has put on this machine.

    Raises
    ------
    Problem
        If there is none, with the way to get one.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        found = shutil.which(named)
        if found:
            return found
        raise Problem(f"CHROMIUM={named} is not a program; name the browser's full path.")
    for name in BROWSERS:
        found = shutil.which(name)
        if found:
            return found
    for pattern in browser_places():
        # the highest number is the newest
        for path in sorted(glob.glob(os.path.expandvars(os.path.expanduser(pattern))))[::-1]:
            if os.access(path, os.X_OK):
                return path
    raise Problem(
        "No Chromium or Chrome found, which the tests of the site need. Install one: "
        "{}, or set CHROMIUM to its path. `make test-fast` runs what needs no browser.".format(
            "sudo apt install chromium"
            if shutil.which("apt-get")
            else os.path.relpath(venv_python(), ROOT) + " -m playwright install chromium"
        )
    )


def browser_places():
    """Return the paths, as patterns, where a browser may be though PATH does not name it."""
    cache = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    caches = {"darwin": "~/Library/Caches/ms-playwright", "win32": "$LOCALAPPDATA/ms-playwright"}
    cache = cache or caches.get(sys.platform, "~/.cache/ms-playwright")
    return (
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "$PROGRAMFILES/Google/Chrome/Application/chrome.exe",
        cache + "/chromium-*/chrome-*/chrome",
        cache + "/chromium-*/chrome-*/*.app/Contents/MacOS/*",
        cache + "/chromium-*/chrome-*/chrome.exe",
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
