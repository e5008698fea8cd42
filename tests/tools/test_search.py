"""What goes into the index of the search."""

from docutils import nodes

from tools.website import search


def page_with(*children):
    """Return a document with one section that holds another."""
    inner = nodes.section("", nodes.title("", "Inner"), *children, ids=["inner"])
    opening = nodes.paragraph("", "Opening.")
    outer = nodes.section("", nodes.title("", "Page"), opening, inner, ids=["p"])
    document = nodes.document(None, None)
    document += outer
    return document


def parts(*children, with_outputs=False):
    return list(search.Reader({}, with_outputs).parts(page_with(*children)))


def cell(tag, code, shown):
    """Return a cell as MyST-NB leaves it in a document."""
    made = nodes.container("", classes=["cell", tag])
    made += nodes.container("", nodes.literal_block("", code), classes=["cell_input"])
    output = nodes.container("", classes=["cell_output"])
    output += nodes.literal_block("", "printed_name")
    output += nodes.raw("", shown, format="html")
    made += output
    return made


def test_sections_are_parts_and_the_page_is_one():
    loss = nodes.paragraph("", "", nodes.Text("A loss "), nodes.math("", r"\mathbf{L}"))
    head, inner = parts(loss)
    assert (head.anchor, head.title, head.text) == ("", "", ["Opening."])
    assert (inner.anchor, inner.title, inner.text) == ("inner", "Inner", ["A loss L"])


def test_code_is_indexed_by_its_names_and_figures_by_their_titles():
    shown = ('<figure class="explorer" id="explorer-a" x><figcaption id="b">A &amp; B</figcaption>')
    found = parts(cell("tag_hide-cell", "y = nn.MLP(x)  # a.comment", shown))
    assert found[1].names == {"nn.MLP"}
    assert (found[2].anchor, found[2].title, found[2].kind) == ("explorer-a", "A & B", "figure")


def test_what_answers_a_question_is_not_found():
    found = parts(cell("tag_quiz", "the_answer = 3", ""))
    assert found[1].names == set()


def test_lists_that_cells_make_are_read_where_they_are_the_page():
    assert "printed_name" in parts(cell("a", "", ""), with_outputs=True)[1].names


def test_a_term_is_a_part_with_its_names():
    term = nodes.term("", "seed", ids=["term-seed"])
    said = nodes.definition("", nodes.paragraph("", "随机种子."))
    entry = nodes.definition_list_item("", term, said)
    found = parts(nodes.definition_list("", entry, classes=["glossary"]))
    assert [(p.title, p.text, p.kind) for p in found[2:]] == [("seed", ["随机种子."], "term")]
