"""How large the models of the study are, and what their runs cost: arithmetic."""

from lessons.gpt.tokenizer import N_BYTES
from lessons.planning.cost import flops_per_token

CONTEXT, BATCH, N_LAYERS, N_HEADS = 64, 8, 2, 4
TOKENS_PER_STEP = CONTEXT * BATCH
FIRST = 256  # steps of the shortest run; others have 2, 4, 8 or 16 times as many


def sizes(width: int) -> dict[str, int]:
    """Return how many parameters a model has: all, and those that are no embeddings.

    Examples
    --------
    >>> sizes(16)
    {'all': 11712, 'body': 6592}
    """
    body = N_LAYERS * (12 * width**2 + 13 * width) + 2 * width  # matrices; biases and norms
    return {"all": body + (N_BYTES + CONTEXT) * width, "body": body}


def flops(width: int, n_tokens: int, counted: str = "all") -> float:
    """Return the operations of a run.

    Parameters
    ----------
    counted : {"all", "body"}
        Every product of matrices; or, as Kaplan et al. count, six for each token and parameter
        that is no embedding, without the output layer and attention between tokens.

    Examples
    --------
    >>> [round(flops(width, 1) / flops(width, 1, "body"), 2) for width in (12, 96)]
    [2.53, 1.21]
    """
    if counted not in ("all", "body"):
        raise ValueError(f"count all or body, not {counted!r}")
    if counted == "body":
        return n_tokens * flops_per_token(sizes(width)["body"])
    products = 12 * N_LAYERS * width**2 + N_BYTES * width  # the embedding is the last layer too
    return n_tokens * flops_per_token(products, N_LAYERS, width, CONTEXT)
