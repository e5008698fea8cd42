"""Questions about this book, each in two wordings, with the passage that answers it.

The first wording takes words of the passage, the second avoids them. The author of the chapter
wrote both, with the passage in view. Another passage may hold an answer too; it counts as missed.
"""

from dataclasses import dataclass

from lessons.data.texts import Passage, passages

WORDINGS = ("its own words", "other words")


@dataclass(frozen=True)
class Question:
    """One thing to ask, in two wordings, with its answer and where it stands.

    Attributes
    ----------
    asked : tuple of str
        The two wordings, in the order of `WORDINGS`.
    answer : str
        Some words that stand in the passage, or nearly so.
    passage : int
        Number of the passage in `passages`.
    """

    asked: tuple[str, str]
    answer: str
    passage: int


#: Beginning of the passage, the question in its words, in other words, and the answer.
ROWS = [
    ("Choosing costs almost two points", "How many points does choosing cost on average?",
     "How much too good does a score look if I pick the winner by it?", "almost two points"),
    ("The wide layer ends between", "Between which values does the wide layer end?",
     "Should I have many neurons next to each other, or stacked up?", "side by side"),
    ("With 100 images and random labels only", "What does the network learn from 100 images with "
     "random labels only?", "Can a model fit its examples perfectly and have understood nothing?",
     "it has learned the list by heart"),
    ("The usual remedy is to stop", "What is the usual remedy, and on which set may one stop at "
     "the top?", "Which of my examples should decide when to end?", "a validation set"),
    ("Now the promise. Bends can be put", "What can a broken line with enough corners come close "
     "to?", "Why can a single row of neurons imitate any shape?",
     "a continuous curve on a bounded interval"),
    ("Every operation is its formula", "In the product, what does each factor get?",
     "When two numbers are multiplied, how is the blame passed back?",
     "the gradient times the other factor"),
    ("The ratio is not exactly two", "Why is the ratio not exactly two?",
     "Why doesn't going back take precisely double?", "the walk and the elementwise slopes"),
    ("Sooner, later and never are all right", "At which rate does the path jump from wall to wall "
     "for ever?", "What step size makes the ball bounce without end?", "at 0.2"),
    ("Three things to notice. Momentum 0.5", "What does much momentum, such as 0.95, do?",
     "What happens when a ball has too large an inertia?", "it overshoots and rings like a bell"),
    ("If examples should not count alike", "What to do if examples should not count alike, "
     "because a class is rare?", "Some categories hardly occur in my data: how can they matter "
     "more?", "multiply each term by a weight"),
    ("The 1/n in MSE is written", "What does nn.MSELoss divide by?",
     "Why did my step size stop working after I averaged instead of adding up?",
     "the number of elements"),
    ("Numpy says nothing. The loss falls", "What has the model learned when numpy says nothing "
     "and the loss falls, then stays?", "What comes out if arrays were broadcast by mistake?",
     "the mean of the targets and no slope"),
    ("Sequences have different lengths", "Which label in torch says that positions do not count?",
     "How is padding kept out of an average?", "−100"),
    ("A loss that rises by a constant factor", "From what does a loss that rises by a constant "
     "factor also come?", "Why might the error explode although nothing is reversed?",
     "a learning rate beyond the edge"),
    ("The two loss curves look alike", "How can you tell the wrong sign from a rate too large?",
     "Which quick experiment separates going uphill from strides that are excessive?",
     "divide the rate by ten"),
    ("The tanh form silences the warning", "What does the tanh form do to the warning and the "
     "harm?", "Why may a fix that makes a message disappear give a poorer result?",
     "almost all digits cancel"),
    ("In the narrow network the update", "In the narrow network, what takes several times as long "
     "as all products together?", "What eats up the seconds when matrices are small?",
     "the update, weight by weight"),
    ("More chips buy time", "What do more chips buy?",
     "Does renting additional GPUs save electricity?", "time and nothing else"),
    ("Does faster hardware lower the cost", "By what factor a year grew the cost of a leading "
     "run?", "Do the biggest models become cheaper as processors get better?",
     "a factor of 2.4 a year"),
    ("One batch. Then train on a single", "Why train on a single batch in every step?",
     "How do I find out quickly whether my code can fit anything at all?",
     "the loss must go to zero"),
    ("The two lines in the middle are often", "What does eval() change, and what does "
     "inference_mode() change?", "Do I still need to switch off gradients if dropout is disabled?",
     "neither implies the other"),
    ("Every fault shows at another place", "What does each step follow without zero_grad()?",
     "What goes wrong if old slopes are never cleared?", "the sum of all gradients so far"),
    ("As for activation functions, sigmoid", "What is the known fault of the activation functions "
     "sigmoid and tanh?", "Why did people stop using squashing nonlinearities in deep stacks?",
     "their slope is small nearly everywhere"),
    ("The second is inside the network", "Over what does layer normalisation standardise each "
     "example?", "How do the two ways of rescaling hidden values differ?", "over its units"),
    ("Data augmentation makes new training", "Why is turning a digit upside down no data "
     "augmentation?", "How can I get additional pictures without annotating any?",
     "changes that leave the label as it is"),
    ("A language model gives a probability", "What is a bigram model?",
     "What does the most basic text predictor do?", "it counts which follows which"),
    ("Whether the mask works should be", "How should it be tested whether the mask works?",
     "How can I make sure that my transformer cannot peek at the future?",
     "change the last token; nothing before it may move"),
    ("To write one more token", "What is kept in a key-value cache to write one more token?",
     "Why isn't everything computed again for every generated piece?", "their keys and values"),
    ("More text makes counting better", "What do twenty times the tokens from 0.4 MB do to the "
     "GPT?", "Does training for longer on a tiny corpus help?", "it learns the text by heart"),
    ("Each row has three seeds. A hundred", "What does clearly below 1 mean before any training?",
     "Why should I be suspicious if the first error is already low?",
     "the answer is in the question"),
    ("Log the largest attention score", "What should be logged when the loss of no norm on "
     "queries and keys stays high?", "Which quantity should I monitor if a transformer doesn't "
     "improve and I can't see the reason?", "the largest attention score"),
    ("A kernel is nine numbers", "How many times would a dense layer have to learn the nine "
     "numbers of a kernel?", "Why is sharing weights across a picture economical?",
     "64 times, once for each place"),
    ("Twelve voices in one take beat", "What do twelve voices in one take beat?",
     "Should I record additional people, or more repetitions?", "ask as many people as you can"),
    ("chapter 10-small-gpt made a text", "Why does the causal mask go when a picture is cut into "
     "squares?", "How can an image be fed to a language architecture?",
     "each square goes through one linear layer"),
    ("On most machines the smallest model", "Which model does the fewest operations in a second "
     "on most machines?", "Is counting arithmetic a reliable guide to duration?",
     "the smallest model"),
    ("In this chain a GPU leads", "From when is gradient descent, the sixth in the chain?",
     "How old is the idea of walking downhill on an error?", "it is from 1847"),
]


def questions(kept: tuple[Passage, ...] | None = None) -> list[Question]:
    """Return all questions, with the numbers of their passages.

    Parameters
    ----------
    kept : tuple of Passage, optional
        The passages; if not given, those of the snapshot.

    Raises
    ------
    ValueError
        If a beginning fits no passage or several.

    Examples
    --------
    >>> questions()[0].answer
    'almost two points'
    """
    kept = passages() if kept is None else kept
    out = []
    for begins, own, other, answer in ROWS:
        fits = [i for i, passage in enumerate(kept) if passage.text.startswith(begins)]
        if len(fits) != 1:
            raise ValueError(f"{len(fits)} passages begin with {begins!r}, must be one")
        out.append(Question((own, other), answer, fits[0]))
    return out
