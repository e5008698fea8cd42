"""How much the study asks: for measuring, for pairs to learn from, and of whom."""

N_MEASURED, N_TRIES = 100, 64  # test questions, and tries at each in the end
N_ASKED, N_EACH = 200, 8  # questions, and answers to each, from which pairs are made
JUDGES = ("strict", "hurried")  # who says which answer of a pair is better
