"""Teams of real processes: what they answer, and that nothing is left of them, however they end."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import psutil
import pytest

from lessons.parallel import packing, team as teams, worker


def here_and(here, x=0):
    """Return what a rank knows."""
    print(f"I am {here.rank}")
    return here.rank, here.size, x, os.getpid()


def fails(here):
    if here.rank == 1:
        raise KeyError("lost")
    here.receive(1)


def dies(here):
    if here.rank == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    here.receive(1)


def forgets(here):
    if here.rank == 0:
        here.receive(1)


def lock(here):
    import threading
    return threading.Lock()


def runs(pid):
    """Tell whether a process is there and no zombie; it may end while it is asked."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def gone(pids):
    """Wait until processes have ended; return whether they all have."""
    for _ in range(6000):
        if not any(map(runs, pids)):
            return True
        time.sleep(0.005)
    return False


def mine():
    """Return the processes that come from this one and are no zombies."""
    return {p.pid for p in psutil.Process().children(recursive=True) if runs(p.pid)}


@pytest.fixture(autouse=True)
def nothing_is_left():
    before, handles = mine(), psutil.Process().num_fds()
    yield
    assert mine() <= before
    assert psutil.Process().num_fds() <= handles


def test_a_team_answers_in_order_and_ends_with_its_block(capsys):
    with teams.team(3) as ranks:
        answers = ranks.run(here_and, "x")
        again = ranks.run(here_and)
        pids = [a[3] for a in answers]
        assert len(set(pids)) == ranks.size == 3 and all(map(psutil.pid_exists, pids))
    assert [a[:3] for a in answers] == [(0, 3, "x"), (1, 3, "x"), (2, 3, "x")]
    assert [a[3] for a in again] == pids  # the same processes
    assert capsys.readouterr().out.splitlines()[:3] == [f"rank {i}: I am {i}" for i in range(3)]
    assert gone(pids)
    with pytest.raises(teams.TeamError, match="dismissed"):
        ranks.run(here_and)


@pytest.mark.parametrize(("task", "said"), [
    (fails, r"rank 1: KeyError: 'lost'"), (dies, "rank 1 was killed by SIGKILL before"),
    (lock, "rank .: the result cannot be sent"),
])
def test_one_failure_ends_all_and_says_whose_it_was(task, said):
    with pytest.raises(teams.TeamError, match=said), teams.team(3) as ranks:
        pids = [a[3] for a in ranks.run(here_and)]
        ranks.run(task)
    assert gone(pids)


def test_a_rank_that_waits_in_vain_says_for_whom():
    with pytest.raises(teams.TeamError, match="rank 0 waited in vain for rank 1"), \
            teams.team(2, patience_s=2) as ranks:
        ranks.run(forgets)


def test_what_cannot_work_is_refused_before_anything_starts():
    before = mine()
    with pytest.raises(ValueError, match="1 to 4 ranks, got 5"), teams.team(5):
        pass
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(teams.TeamError, match=f"port {port} cannot be had"), \
                teams.team(2, port=port):
            pass
    assert mine() == before


HOLDS = """
import signal, sys, time
from lessons.parallel import team

signal.signal(signal.SIGINT, signal.default_int_handler)  # where the tests run without Ctrl-C, too

def sleeps(here):
    import time
    time.sleep(600)

def waits(here):
    here.receive(here.left)

def pids(here):
    import os
    return os.getpid(), os.getppid()

with team.team(2) as ranks:
    print(*ranks.run(pids)[0], ranks.run(pids)[1][0], flush=True)
    ranks.run({"sleeps": sleeps, "waits": waits}[sys.argv[1]])
"""


@pytest.mark.parametrize(("task", "ending"), [
    ("sleeps", signal.SIGINT), ("waits", signal.SIGINT), ("waits", signal.SIGKILL),
    ("sleeps", signal.SIGTERM),
])
def test_nothing_outlives_a_notebook_that_is_interrupted_or_killed(task, ending, tmp_path):
    script = tmp_path / "holds.py"
    script.write_text(HOLDS)
    process = subprocess.Popen([sys.executable, str(script), task], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    pids = [int(word) for word in process.stdout.readline().split()]
    assert len(pids) == 3 and all(map(psutil.pid_exists, pids))
    process.send_signal(ending)
    try:
        assert process.wait(600) != 0
        assert gone(pids)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_stopped_rank_and_a_lost_starter_are_ended_too():
    with teams.team(2) as ranks:
        pids = [a[3] for a in ranks.run(here_and)]
        os.kill(pids[1], signal.SIGSTOP)
    assert gone(pids)
    with teams.team(2) as ranks:
        pids = [a[3] for a in ranks.run(here_and)]
        ranks._starter.kill()
        ranks._starter.wait()
    assert gone(pids)


def double(x):
    return 2 * x


def test_functions_travel_with_what_they_mention(tmp_path):
    script = tmp_path / "cell.py"
    script.write_text("import math\nFACTOR = 3\n\n\ndef inner(x):\n    return FACTOR * x\n\n\n"
                      "def outer(here, x):\n    return math.floor(inner(x)) + deep(x)\n\n\n"
                      "def deep(x):\n    return 0 if x < 1 else 1 + deep(x - 1)\n")
    space = {"__name__": "__main__"}
    exec(compile(script.read_text(), str(script), "exec"), space)
    there = packing.packed(space["outer"])
    assert there[0] == "source" and worker.unpacked(there)(None, 2.5) == 7 + 2
    assert packing.packed(double) == ("value", double)  # found by its name
    with pytest.raises(TypeError, match="left margin"):
        packing.packed(lambda here: 1)
    with pytest.raises(TypeError, match="cannot be sent"):
        packing.packed(threading.Lock())
