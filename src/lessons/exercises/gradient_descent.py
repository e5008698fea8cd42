"""Exercises of the chapter on gradient descent, by difficulty."""

import math

import numpy as np

from lessons.engine.optim import schedule
from lessons.exercises.base import Exercise


def gd_step(theta, grad, lr):
    return theta - lr * grad


def largest_stable_lr(A):
    return 2 / np.linalg.eigvalsh(A).max()


def steps_to_halve(lr, curvature):
    factor = abs(1 - lr * curvature)
    if factor >= 1:
        return math.inf
    n_steps, size = 1, factor
    while size > 0.5:
        n_steps, size = n_steps + 1, size * factor
    return n_steps


def momentum_step(theta, velocity, grad, lr, beta):
    velocity = beta * velocity + grad
    return theta - lr * velocity, velocity


def adam_step(theta, grad, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


def warmup_cosine(step, n_warmup, n_steps):
    return schedule("cosine", n_steps, n_warmup)(step)


def noise_of_batch(grads, B):
    return ((grads - grads.mean(axis=0)) ** 2).sum(axis=1).mean() / B


def _bowl(rng, size):
    M = rng.standard_normal((size, size))
    return M @ M.T / size + 0.1 * np.eye(size)


def _cases_adam(rng):
    m, v = rng.standard_normal(3), rng.random(3)
    yield np.array([1.0, -2.0]), np.array([3.0, -0.5]), np.zeros(2), np.zeros(2), 1
    yield rng.standard_normal(3), rng.standard_normal(3), m, v, 7
    yield rng.standard_normal(3), np.zeros(3), m, v, 1000, 0.01, 0.8, 0.95, 1e-4


EXERCISES = [
    Exercise(
        name="one-step",
        title="Take one step of gradient descent",
        difficulty=1,
        reference=gd_step,
        takeaway="The whole of plain gradient descent is this line, repeated.",
        hints=("The gradient points where the loss rises.", "Subtract lr times the gradient."),
        cases=lambda rng: [
            (np.array([1.0, -2.0]), np.array([0.5, 1.0]), 0.1),
            (rng.standard_normal((3, 2)), rng.standard_normal((3, 2)), 0.03),
        ],
    ),
    Exercise(
        name="largest-stable-lr",
        title="Predict the edge from the Hessian",
        difficulty=1,
        reference=largest_stable_lr,
        takeaway="Only the largest curvature matters for the edge.",
        hints=(
            "The Hessian of ½wᵀAw is A; its eigenvalues are the curvatures.",
            "np.linalg.eigvalsh gives the eigenvalues of a symmetric matrix.",
        ),
        cases=lambda rng: [
            (np.diag([1.0, 10.0]),), (np.array([[2.0, 1.0], [1.0, 2.0]]),), (_bowl(rng, 5),),
        ],
    ),
    Exercise(
        name="momentum-step",
        title="Take one step with momentum",
        difficulty=1,
        reference=momentum_step,
        takeaway="This is torch.optim.SGD with momentum, to the last digit.",
        hints=(
            "The velocity is updated first. The step then uses the new velocity.",
            "velocity = beta * velocity + grad, and return both.",
        ),
        cases=lambda rng: [
            (np.array([1.0]), np.array([2.0]), np.array([4.0]), 0.1, 0.5),
            (rng.standard_normal(4), rng.standard_normal(4), rng.standard_normal(4), 0.05, 0.9),
        ],
    ),
    Exercise(
        name="steps-to-halve",
        title="Count the steps to half the distance",
        difficulty=2,
        reference=steps_to_halve,
        takeaway="Near the edge and near 0 it takes long; in between, one step can do.",
        hints=(
            "Each step multiplies |w| by |1 - lr·λ|.",
            "If that factor is 1 or more, the distance never halves: return np.inf.",
            "Solve factorⁿ = ½ for n with logarithms and round up; a factor of ½ or less "
            "takes one step.",
        ),
        cases=lambda rng: [
            (0.1, 1.0), (0.5, 1.0), (1.0, 1.0), (2.0, 1.0), (0.3, 8.0), (0.19, 10.0), (0.001, 0.7),
        ],
    ),
    Exercise(
        name="adam-step",
        title="Take one step of Adam",
        difficulty=2,
        reference=adam_step,
        takeaway="The first step has length lr in every coordinate, whatever the gradient.",
        hints=(
            "Update m with the gradient and v with its square, each as a running mean.",
            "Divide m by 1 - beta1**t and v by 1 - beta2**t before you use them, but return m "
            "and v as they are.",
            "eps is added to the square root, not under it.",
        ),
        cases=_cases_adam,
        tolerance=1e-9,
    ),
    Exercise(
        name="warmup-cosine",
        title="Write a schedule with warm-up and cosine decay",
        difficulty=2,
        reference=warmup_cosine,
        takeaway="lessons.engine.optim.schedule('cosine', …) gives the same numbers.",
        hints=(
            "There are two cases: step < n_warmup, and the rest.",
            "In the first, (step + 1) / n_warmup.",
            "In the second, let x go from 0 at step n_warmup to 1 at n_steps, and return "
            "(1 + cos(πx)) / 2.",
        ),
        cases=lambda rng: [
            (0, 10, 100), (4, 10, 100), (9, 10, 100), (10, 10, 100), (55, 10, 100), (99, 10, 100),
            (0, 0, 8), (7, 0, 8),
        ],
    ),
    Exercise(
        name="noise-of-batch",
        title="Predict the noise of a mini-batch",
        difficulty=3,
        reference=noise_of_batch,
        takeaway="Twice the batch halves the squared error, so the error falls only by √2.",
        hints=(
            "For B = 1 it is the mean squared distance of a row from the mean row.",
            "The mean of B independent draws has a variance B times smaller, in every coordinate.",
            "Add up the variances of the columns (divided by n, not n - 1), then divide by B.",
        ),
        cases=lambda rng: [
            (np.array([[1.0, 0.0], [3.0, 0.0]]), 1), (np.array([[1.0, 0.0], [3.0, 4.0]]), 4),
            (rng.standard_normal((50, 6)) + 3.0, 8),
        ],
        tolerance=1e-9,
    ),
]
