"""Numbers in the sentences of a page that nothing computed: a result belongs to a cell, and is glued into its sentence.

Judged are digits in prose, captions included, and shares in words ("six in ten"); in formulas only what looks like a
result: a decimal number with two significant digits, or a percentage. A number is fine if it is small, a dimension,
part of a name, a year beside its source, a setting in a code cell of the page, or given in ``book/given.yml``.
"""

import ast
import re

WORDS = "one two three four five six seven eight nine ten".split()
SHARE = re.compile(
    rf"\b(?:one in|(?:{'|'.join(WORDS[1:])}) (?:in|of|out of)) (?:every |a )?(?:ten|twenty|hundred|thousand)\b", re.I
)
NUMBER = re.compile(r"(?<![\w.,/-])[-−]?\d+(?:,\d{3})+(?!,?\d)|(?<![\w.,/-])[-−]?\d*\.?\d+(?:e[-+−]?\d+)?")
IN_FORMULA = re.compile(r"(?<![\w.])\d*\.\d+|(?<![\w.])\d+(?=\s*\\?%)")
DIMENSION = re.compile(r"\d+(?: ?× ?\d+)+")
PLACE = re.compile(
    r"\b(?:chapters?|sections?|figures?|equations?|pages?|tables?|exercises?)\s+\d+(?:(?:, | and |–)\d+)*", re.I
)
PERCENT = re.compile(r"\s*(?:\\?%|percent\b)")
YEAR = re.compile(r"(?:1[6-9]|20)\d\d")
FENCE = re.compile(r"^(`{3,}|~{3,})(.*)\n((?:.*\n)*?)\1`*[ ]*$", re.MULTILINE)
CAPTION = re.compile(r"^:?caption: *(.*)$", re.MULTILINE)
CITED = "¶"  # stands where a citation stood


def prose(text):
    """The sentences of a Markdown cell, with a mark for each citation, and its formulas."""
    formulas = []

    def block(match):
        name, body = match[2].strip(), match[3]
        if name.startswith("{math}"):
            formulas.append(body)
            return ""
        return "\n\n".join(CAPTION.findall(body))

    def formula(match):
        formulas.append(match[1])
        return " "

    text = FENCE.sub(block, text + "\n")
    text = re.sub(r"\$\$(.*?)\$\$", formula, text, flags=re.DOTALL)
    text = re.sub(r"(\\begin\{[a-z]+\*?\}.*?\\end\{[a-z]+\*?\})", formula, text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"^:{3,}.*$|^\([\w-]+\)=$|^:[\w-]+:.*$|^%.*$", "", text, flags=re.MULTILINE)  # heads, labels, options
    text = re.sub(r"\{cite[:\w]*\}`[^`]*`", CITED, text)
    text = re.sub(r"(?:\{[\w:-]+\})?`[^`]*`", "", text)  # roles and code
    text = re.sub(r"(?<!\\)\$([^$]+)\$", formula, text)
    text = re.sub(r"\]\([^)]*\)|<https?:[^>]*>|https?:\S+", "]", text)
    text = re.sub(r"^(#+ *|[-*] +|> *|\|)?(?:\d+[.)] +)?", "", text, flags=re.MULTILINE)  # marks and numbering
    paragraphs = re.split(r"\n\s*\n|\n(?=\|)", text)
    sentences = [re.split(r"(?<=[.!?]) +(?=[A-Z])", " ".join(paragraph.split())) for paragraph in paragraphs]
    return [sentence for paragraph in sentences for sentence in paragraph if sentence], formulas


def settings(cells):
    """The numbers that the code cells of a page set: their literals, but for what is asserted or compared."""
    found = set()
    for cell in cells:
        waiting = [ast.parse(re.sub(r"^[%!].*$", "", cell.source, flags=re.MULTILINE))]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.Constant) and type(node.value) in (int, float):
                found.add(float(node.value))
            elif not isinstance(node, (ast.Assert, ast.Compare)):
                waiting += ast.iter_child_nodes(node)
    return found


def value(number):
    return float(number.replace(",", "").replace("−", "-"))


def is_name(sentence, match, spans):
    """Part of a name, a dimension or a place, or a year beside its source."""
    before, after = sentence[: match.start()], sentence[match.end() :]
    if re.match(r"\w|-[A-Za-z]", after) or any(start <= match.start() < end for start, end in spans):
        return True
    beside = CITED in sentence or re.search(r"(?:[A-Z]\w+,? |\()$", before)
    return bool(YEAR.fullmatch(match[0]) and beside)


def unproved(notebook):
    """Every number, as it stands, that needs a reason, with its sentence or formula."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    known, found = settings(code), []
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    texts += [cell.metadata.get("mystnb", {}).get("figure", {}).get("caption", "") for cell in code]
    for sentences, formulas in map(prose, texts):
        for sentence in sentences:
            found += [(match[0], sentence) for match in SHARE.finditer(sentence)]
            spans = [match.span() for pattern in (DIMENSION, PLACE) for match in pattern.finditer(sentence)]
            for match in NUMBER.finditer(sentence):
                if not is_name(sentence, match, spans) and not is_known(match[0], sentence[match.end() :], known):
                    found.append((match[0], sentence))
        for formula in formulas:
            for match in IN_FORMULA.finditer(formula):
                percent = PERCENT.match(formula[match.end() :])
                significant = len(match[0].replace(".", "").lstrip("0"))
                if (percent or significant > 1) and not is_known(match[0], formula[match.end() :], known):
                    found.append((match[0], formula.strip()))
    return found


def is_known(number, after, known):
    """Small, or a setting of the page, as a number or as a percentage."""
    amount, percent = abs(value(number)), PERCENT.match(after)
    if percent:
        return amount in known or amount / 100 in known
    return amount in known or (amount <= 12 and amount == int(amount) and "." not in number)


def problems(notebooks, given):
    """Numbers without a reason, in words, and reasons without a number.

    Parameters
    ----------
    notebooks : dict of str to notebook
        The pages by their names.
    given : dict of str to dict
        For each page, the numbers as they stand on it, each with the reason why no cell computes it.
    """
    found = [f"{page}: given.yml has no such page" for page in sorted(set(given) - set(notebooks))]
    for page, notebook in notebooks.items():
        reasons, open_ = given.get(page) or {}, unproved(notebook)
        found += [
            f"{page}: {number!r} is given without a reason" for number, why in reasons.items() if not str(why).strip()
        ]
        found += [
            f"{page}: {number!r} is neither glued nor given: {words[:160]!r}"
            for number, words in open_
            if number not in reasons
        ]
        unused = set(reasons) - {number for number, _ in open_}
        found += [f"{page}: {number!r} is given, but not needed" for number in sorted(unused)]
    return found
