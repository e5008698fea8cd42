"""Each layout gives what one process gives, and sends as many bytes as its formula says."""

import subprocess

import pytest
import torch
import yaml

from lessons.parallel import (
    cluster,
    collectives,
    data,
    pipeline,
    schedules,
    sharded,
    task,
    team as teams,
    tensor,
)
from lessons.parallel.collectives import Rank
from lessons.planning import cost, timeline


@pytest.fixture(scope="module")
def reference():
    torch.set_num_threads(1)
    return task.alone()


@pytest.fixture(scope="module")
def four():
    with teams.team(4) as ranks:
        yield ranks


@pytest.fixture(scope="module")
def two():
    with teams.team(2) as ranks:
        yield ranks


def each(here, n):
    """Return what the collectives give on a rank, and what it sent for them."""
    x = torch.arange(float(n)) * (here.rank + 1)
    total = collectives.all_reduce(here, x)
    sent = [here.sent]
    part = collectives.reduce_scatter(here, collectives.padded([x], here.size))
    sent.append(here.sent)
    whole = collectives.all_gather(here, part)
    return total, part, whole[:n], [*sent, here.sent]


@pytest.mark.parametrize("n", [1, 3, 8, 9])
def test_collectives_sum_share_and_gather(four, n):
    sums = torch.arange(float(n)) * 10
    filled = collectives.padded([sums], 4)
    results = four.run(each, n)
    for rank, (total, part, whole, sent) in enumerate(results):
        assert torch.equal(total, sums) and torch.equal(whole, sums)
        assert torch.equal(part, filled.chunk(4)[rank])
        assert sent[1] - sent[0] == sent[2] - sent[1] == 3 * len(filled)  # 3/4 of 4 bytes each
    assert sum(r[3][0] for r in results) == 2 * 3 * n * 4


def uneven(here):
    return collectives.all_reduce(here, torch.ones(3 + here.rank))


def unlike(here):
    return collectives.all_gather(here, torch.ones(3 + here.rank))


@pytest.mark.parametrize("task_", [uneven, unlike])
def test_uneven_shapes_are_refused(task_):
    with pytest.raises(teams.TeamError, match="must bring the same shape"), \
            teams.team(2) as ranks:
        ranks.run(task_)


def test_what_cannot_be_shared_or_sent_is_refused():
    with pytest.raises(ValueError, match="cannot share a tensor of shape"):
        collectives.reduce_scatter(Rank(0, 2), torch.ones(3))
    with pytest.raises(ValueError, match="cannot send"):
        Rank(0, 2).send(torch.ones(1, dtype=torch.bool), 1)
    with pytest.raises(ValueError, match="cannot share 4 heads"):
        tensor.split(task.build(), Rank(0, 3))
    with pytest.raises(ValueError, match="cannot share 4 layers"):
        pipeline.Stage(task.build(), 0, 3)
    with pytest.raises(ValueError, match="cannot share 16 texts"):
        pipeline.train(Rank(0, 1), 3)
    with pytest.raises(ValueError, match="stages 1, 2 and 3"):
        sharded.train(Rank(0, 1), 4)
    with pytest.raises(ValueError, match="GPipe or 1F1B"):
        schedules.order(0, 2, 2, "2F2B")


def test_our_adam_is_torchs(reference):
    model = task.build()
    optimiser = torch.optim.Adam(model.parameters(), lr=task.LR, eps=task.EPS)
    for step in range(task.N_STEPS):
        optimiser.zero_grad()
        task.loss_of(model, task.batch(step)).backward()
        optimiser.step()
    for name, w in model.named_parameters():
        assert (w - reference.weights[name]).abs().max() < 1e-6, name
    assert reference.losses[0] > reference.losses[-1] + 1  # it learns


def held(stage, n):
    return {"weights": stage >= 3, "gradients": stage >= 2, "optimiser": stage >= 1}


TEAMS = [pytest.param("two", marks=pytest.mark.weekly), "four"]


@pytest.mark.parametrize("team_", TEAMS)
def test_copies_and_shards_are_equal_to_one_process(team_, request, reference):
    ranks = request.getfixturevalue(team_)
    for stage in range(4):
        results = ranks.run(data.train) if stage == 0 else ranks.run(sharded.train, stage)
        loss, weight = task.differences(results, reference)
        assert loss < 1e-6 and weight < 1e-6, stage
        formula = (data.bytes_sent(ranks.size) if stage == 0 else
                   sharded.bytes_sent(ranks.size, stage))
        assert {r.sent for r in results} == {formula}
        planned = cost.state_bytes(task.N_PARAMETERS, "all fp32", ranks.size, stage)
        for part, size in results[0].held.items():
            assert size == planned[part], (stage, part)


@pytest.mark.parametrize("team_", TEAMS)
def test_slices_are_equal_to_one_process(team_, request, reference):
    ranks = request.getfixturevalue(team_)
    results = ranks.run(tensor.train)
    loss, weight = task.differences(results, reference)
    assert loss < 1e-6 and weight < 1e-6
    assert set(results[0].weights) == set(reference.weights)
    assert {r.sent for r in results} == {tensor.bytes_sent(ranks.size)}
    one = tensor.bytes_sent(ranks.size, 1)  # what is drawn of a step: its bytes, all its work
    assert {sum(e[2] for e in r.events if e[0] == "send") for r in results} == {one}
    matrices = 12 * task.CONFIG.n_layers * task.CONFIG.d_model**2 // ranks.size
    work = 3 * task.flops(task.batch(0), matrices)
    assert {sum(e[1] for e in r.events if e[0] == "work") for r in results} == {work}
    assert results[0].held["weights"] < reference.held["weights"] * (0.4 if ranks.size == 4
                                                                     else 0.6)


@pytest.mark.parametrize(("team_", "schedule", "n_micro"), [
    ("two", "GPipe", 2), ("two", "1F1B", 16), ("four", "GPipe", 8), ("four", "1F1B", 1),
    ("four", "1F1B", 8),
])
def test_stages_are_equal_to_one_process(team_, schedule, n_micro, request, reference):
    ranks = request.getfixturevalue(team_)
    results, kept = zip(*ranks.run(pipeline.train, n_micro, schedule), strict=True)
    loss, weight = task.differences(list(results), reference)
    assert loss < 1e-6 and weight < 1e-6
    assert {name for r in results for name in r.weights} == set(reference.weights)
    assert sum(r.sent for r in results) == pipeline.bytes_sent(ranks.size)
    assert list(kept) == [n_micro if schedule == "GPipe" else min(n_micro, ranks.size - i)
                          for i in range(ranks.size)]
    takes = timeline.replay([r.events for r in results], 1e9, 1e15)
    orders = [schedules.order(i, ranks.size, n_micro, schedule) for i in range(ranks.size)]
    worked = [sum(kind == "work" for kind, *_ in row) for row in takes]
    assert worked == [len(row) for row in orders]


def test_a_wrong_layout_would_be_seen(reference):
    """The bound is no formality: gradients of half of the batch fail it by far."""
    half = task.alone()
    half.losses[3] += 2e-6
    assert task.differences([half], reference)[0] > 1e-6
    model = task.build()
    off = task.Adam(model.parameters())
    for step in range(task.N_STEPS):
        task.loss_of(model, task.batch(step)[:8]).backward()
        off.step()
        off.zero_grad()
    weights = {name: p.detach() for name, p in model.named_parameters()}
    assert max(float((weights[n] - reference.weights[n]).abs().max()) for n in weights) > 1e-3


def test_job_files_are_what_their_programs_read():
    script = cluster.job("Slurm")
    assert subprocess.run(["bash", "-n"], input=script, text=True).returncode == 0
    assert script.startswith("#!/bin/bash\n")
    service, job = yaml.safe_load_all(cluster.job("Kubernetes"))
    container = job["spec"]["template"]["spec"]["containers"][0]
    words = [word.partition("=")[0] for word in container["args"] if word.startswith("--")]
    for word in words:
        assert word in script  # both start the same program with the same options
    name = service["metadata"]["name"]
    assert any(f"{name}-0.{name}:" in word for word in container["args"])
    assert job["spec"]["template"]["spec"]["subdomain"] == name
    assert f"--nnodes={job['spec']['completions']}" in container["args"]
    with pytest.raises(ValueError, match="choose from"):
        cluster.job("none")
