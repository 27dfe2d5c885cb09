import ast
import re
import xml.etree.ElementTree as ET
from functools import cache
from html import escape, unescape

import pytest

from claims.machine import REPOSITORY
from claims.page.formulas import paragraphs, transcribed, typeset
from claims.page.formulas.letters import ANGLES, GREEK, OPERATORS, SYMBOLS
from claims.page.formulas.tokens import tokens_of

MATH = re.compile(r"<math.*?</math>", re.DOTALL)
WRITTEN = {
    shown: name for table in (GREEK, SYMBOLS, OPERATORS, ANGLES) for name, shown in table.items()
}
WRITTEN |= {"\u221e": "inf"}
ABOVE = r"(\^(?:\{[^{}]*\}|\([^()]*(?:\([^()]*\)[^()]*)*\)|\w+))"
BELOW = r"(_(?:\{[^{}]*\}|\([^()]*\)|[A-Za-z0-9]+))"


def linear(node: ET.Element) -> str:
    """MathML read back as plain text, without spaces and braces: the other way, by other means."""
    parts = [linear(child) for child in node]
    if node.tag == "msqrt":
        return f"sqrt({''.join(parts)})"
    if node.get("class") == "bracketed":
        return f"({''.join(parts)})"
    if node.tag == "mfrac":
        return "/".join(parts)
    if node.tag in ("msub", "msup", "msubsup"):
        signs = {"msub": "_", "msup": "^", "msubsup": "_^"}[node.tag]
        parts[1:] = [_bare(part) for part in parts[1:]]
        return parts[0] + "".join(a + b for a, b in zip(signs, parts[1:], strict=True))
    text = node.text or ""
    return WRITTEN.get(text, text) + "".join(parts)


def read_back(html: str) -> str:
    """The plain text of a transcription, in the same form as `plain`."""
    text = MATH.sub(lambda found: escape(linear(ET.fromstring(found.group()))), html)  # noqa: S314  ours
    return _bare(unescape(re.sub(r"<[^>]*>", "", text)))


def plain(source: str) -> str:
    """A source without what is drawn and not written; a subscript comes before a power."""
    return _bare(re.sub(ABOVE + BELOW, r"\2\1", source))


def _bare(text: str) -> str:
    return re.sub(r"[\s{}`]", "", text)


def formulae(text: str) -> list[str]:
    """The sources of what is typeset in a text, each on one line."""
    return [unescape(found) for found in re.findall(r'alttext="([^"]*)"', transcribed(text))]


@cache
def statements() -> list[str]:
    """The docstrings of all claims, read without importing anything."""
    return [
        text
        for file in sorted((REPOSITORY / "theorems").rglob("*.py"))
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.decorator_list
        if (text := ast.get_docstring(node))
    ]


def test_no_character_of_any_statement_is_lost_or_changed() -> None:
    found = statements()
    assert len(found) > 300
    wrong = [text for text in found if read_back(paragraphs(text)) != plain(text)]
    assert wrong == []


def test_statements_are_typeset_and_not_left_as_they_are() -> None:
    sources = [source for text in statements() for source in formulae(text)]
    assert len(sources) > 2000
    # Relations that stay outside of formulae are few: those between words.
    outside = sum(len(re.findall(r"&[lg]t;=", MATH.sub("", transcribed(t)))) for t in statements())
    inside = sum(len(re.findall("[<>]=", source)) for source in sources)
    assert outside < inside / 20


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("then lambda_min(H(0)) >= 3/4 lambda_0.", ["lambda_min(H(0)) >= 3/4 lambda_0"]),
        ("with probability >= 1 - delta\nsup_x f(x) <= 1", [">= 1 - delta", "sup_x f(x) <= 1"]),
        ("||W(k) - W(0)||_F <= 4 sqrt(n)/mu for all k", ["||W(k) - W(0)||_F <= 4 sqrt(n)/mu", "k"]),
        ("F(q) > q for q in (0, 1) only", ["F(q) > q", "q in (0, 1)"]),
        ("<grad F(w), w - v> >= 0, by Lemma 3.1", ["<grad F(w), w - v> >= 0"]),
        ("sum_{r=1}^m a_r w_r.x_i'", ["sum_{r=1}^m a_r w_r.x_i'"]),
        (">= 1 - delta\n||u||_2 <= 1", [">= 1 - delta", "||u||_2 <= 1"]),
        ("||u -\nv|| and ||u\n||", ["||u - v||", "||u ||"]),
        ("x_1, ..., x_n are distinct", ["x_1, ..., x_n"]),
        ("K_12,lr^(1) and x_i,x_j", ["K_12,lr^(1)", "x_i", "x_j"]),
        ("for k = 0, 1, 2, ...\nx_k <= 1", ["k = 0", "x_k <= 1"]),
        ("for k = 0, 1, 2, ...\nthe loss falls", ["k = 0"]),
        ("eps |mean - h| of x_1 falls", ["eps", "h", "x_1"]),
        ("x_1 ||prose|| falls", ["x_1"]),
        ("then ||prod A_i||_F <= 1", ["||prod A_i||_F <= 1"]),
        ("f is L_g-smooth and mu-PL", ["f", "L_g"]),
    ],
)
def test_formulae_end_where_prose_begins(text: str, expected: list[str]) -> None:
    assert formulae(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "A step size, and a bound of the paper's own.",
        "See Definition 5.1, (7), (i) and A.2: 40 instances, p. 6.",
        "i.i.d. over-parameterised two-layer networks, m-th and L-smooth.",
        "no formula - a dash - and and/or",
        "lemma_3_1 and du2019.lemma_3_1 are names",
    ],
)
def test_prose_stays_prose(text: str) -> None:
    assert formulae(text) == []


@pytest.mark.parametrize(
    ("text", "mathml"),
    [
        ("x_i^2", "<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>"),
        ("K^(l)_ij", None),
        ("H_inf", "<msub><mi>H</mi><mi>\u221e</mi></msub>"),
        ("2^O(H)", None),
        (
            "q^k'",
            '<msup><mi>q</mi><mrow><mi>k</mi><mo lspace="0" rspace="0">\u2032</mo></mrow></msup>',
        ),
        ("x_i'", '<msub><mi>x</mi><mi>i</mi></msub><mo lspace="0" rspace="0">\u2032</mo>'),
        ("sqrt(n)", "<msqrt><mi>n</mi></msqrt>"),
        ("e^{-t}", "<msup><mi>e</mi><mrow><mo>\u2212</mo><mi>t</mi></mrow></msup>"),
        ("lambda_min", "<msub><mi>\u03bb</mi><mtext>min</mtext></msub>"),
    ],
)
def test_scripts_and_roots_hold_what_they_should(text: str, mathml: str | None) -> None:
    found = transcribed(text)
    assert found.count("<math") == 1
    assert mathml is None or mathml in found


def test_an_order_in_an_exponent_stays_there() -> None:
    assert transcribed("2^O(H) y").count("</msup>") == 1
    assert transcribed("2^O(H) y").index("<mi>H</mi>") < transcribed("2^O(H) y").index("</msup>")
    assert transcribed("A^T(H)").index("<mi>H</mi>") > transcribed("A^T(H)").index("</msup>")


@pytest.mark.parametrize(
    ("text", "within"), [("(q^2)^k' q", True), ("(1 + a)^k'", True), ("f(x)^T'", False)]
)
def test_a_prime_belongs_to_a_letter_above_but_not_to_a_transpose(text: str, within: bool) -> None:
    found = transcribed(text)
    assert (found.index("\u2032") < found.rindex("</msup>")) is within


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("f(w) - gamma (1 - delta)/2 |h_k|^2", ["(1-delta)", "2"]),
        (">= 3/4 lambda_0", ["3", "4"]),
        ("rho^l/(1 - rho)^2 ||z^(1)||", ["rho^l", "(1-rho)^2"]),
        ("|v| h(theta(0))/pi (1 - e^(-t/2))", ["h(theta(0))", "pi"]),
        ("||x_i.x_j||^2/m max_i K_ii", ["||x_i.x_j||^2", "m"]),
        ("B^2/(delta^2 |h|^2) log(2 T/eps)", ["B^2", "(delta^2|h|^2)"]),
        ("d/dt (||W_r||^2 + 1)", ["d", "dt"]),
        ("x_i.x_j/sqrt(n) (1 + a)", ["x_i.x_j", "sqrt(n)"]),
        ("(h/m x)^2", ["h", "m"]),
    ],
)
def test_a_fraction_with_a_factor_behind_it_is_built_up(text: str, parts: list[str]) -> None:
    (found,) = MATH.findall(transcribed(text))
    (fraction,) = ET.fromstring(found).iter("mfrac")  # noqa: S314  ours
    assert [linear(part) for part in fraction] == parts
    assert read_back(transcribed(text)) == plain(text)


@pytest.mark.parametrize(
    "text",
    [
        *("lambda_0/4", "1/(2 n) <= x", "x/n + y", "(x/n) y", "d/d eps KL", "L/log 2"),
        *("h/sum_j |q_j| x", "E/n y", "sum_i x_i/n", "x/2n y", "x/y/z w", "a b / c d"),
        *("e^(-x/2 y)", "x_{1/2 y}", "1/2, x_1", "|x|/|y|", "x/n in S"),
    ],
)
def test_other_fractions_stay_on_their_line(text: str) -> None:
    assert "<mfrac" not in transcribed(text)
    assert "/" in transcribed(text).replace("</", "")


@pytest.mark.parametrize(
    ("text", "bracketed"),
    [("m^(-1/2)", True), ("H_inf^(-1)", True), ("W^(h-1)", False), ("K^(l)_ij", False)],
)
def test_a_power_needs_no_brackets_but_a_layer_does(text: str, bracketed: bool) -> None:
    assert ('class="bracketed"' in transcribed(text)) is bracketed
    assert ("(</mo>" in transcribed(text)) is not bracketed


def test_a_row_and_a_column_of_a_matrix_are_subscripts() -> None:
    found = transcribed("||A_r:||^2 - ||A_:r||^2")
    assert found.count("<msub><mi>A</mi>") == 2
    assert read_back(found) == plain("||A_r:||^2 - ||A_:r||^2")
    assert transcribed("g(A_r:) = 0").count("<msub><mi>A</mi><mrow>") == 1
    assert ":" not in transcribed("x_r: prose").partition("</math>")[0]


def test_an_underscore_without_a_subscript_is_seen() -> None:
    assert transcribed("in [c_, c]").count("<munder><mi>c</mi><mo>_</mo></munder>") == 1


def test_names_with_underscores_are_code() -> None:
    assert transcribed("own_step: as") == "<code>own_step</code>: as"
    assert transcribed("by lemma_3_1") == "by <code>lemma_3_1</code>"
    assert transcribed("with `condition_9`") == "with <code>condition_9</code>"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script> x_1 <img src=x onerror=alert(1)>",
        "x_{<script>alert(1)</script>}",
        "`<b>` (((( ]]] ||| _ ^ ^^ __ x_^ {",
        '"quoted" & \x00 \u2028 lambda_<b>',
    ],
)
def test_what_is_no_markup_stays_none(hostile: str) -> None:
    found = transcribed(hostile)
    assert set(re.findall(r"</?([a-z]+)", found)) <= {
        *("math", "mrow", "mi", "mo", "mn", "mtext", "msub", "msup", "msubsup", "mspace"),
        *("msqrt", "mfrac", "munder", "code", "span"),
    }


def test_pieces_joined_are_the_text() -> None:
    for text in statements()[:50]:
        found = tokens_of(text)
        assert "".join(token.space + token.text for token in found) == text.rstrip()


def test_tex_is_typeset_and_what_cannot_be_read_is_code() -> None:
    assert "<math" in typeset(r"\lambda_{\min}(H) \ge \frac{3}{4}\lambda_0")
    assert typeset(r"\begin{") == r"<code>\begin{</code>"
    assert "<script" not in typeset(r"\text{<script>alert(1)</script>}")


def test_a_list_keeps_its_lines() -> None:
    assert paragraphs("One.\n\n- first\n  goes on\n- second").count("<br>") == 1


@pytest.mark.parametrize(
    ("text", "breaks"),
    [
        ("If x_1 = 0 then\n    x_2 = 0.\nWe go on\nhere.", 2),
        ("If so,\n    (i)  x_1 = 0,\n    (ii) x_2 = 0 and\n         so on.\nChecked.", 3),
        ("x_1 + x_2\n    <= x_3 + x_4\n    + x_5.", 0),
        ("One\nline.", 0),
    ],
)
def test_what_is_set_off_has_a_line_of_its_own(text: str, breaks: int) -> None:
    assert paragraphs(text).count("<br>") == breaks
