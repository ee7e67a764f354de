"""Every page of the reference and the howtos is there in English and in Chinese, and both say the same."""

import re
from collections import Counter
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
CHINESE = ".zh-CN.md"
EVERY = sorted(page for folder in ("reference", "howto") for page in (DOCS / folder).rglob("*.md"))
PAGES = [page for page in EVERY if not page.name.endswith(CHINESE)]
PROBLEMS = [page for page in PAGES if "problems" in page.parts]

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
HAN = re.compile(r"[\u3400-\u9fff]")
LABEL = re.compile(r"^(wrong|right|错误|正确)\s+")
SPAN = re.compile(r"`([^`\n]+)`")
FIELD = re.compile(r"\*{1,2}([^*\n]+)\*{1,2}")
CODE = re.compile(r'<[^<>]*>|\$\{[^}]*\}|"[^"]*"|[\w.]+\(|--[\w-]+|[\w:.-]+=')


def twin(page: Path) -> Path:
    return page.with_name(page.stem + CHINESE)


def prose(page: Path) -> str:
    return BLOCK.sub("", page.read_text(encoding="utf-8"))


def blocks(page: Path) -> list[tuple[str, list[str]]]:
    return [(language, block.splitlines()) for language, block in BLOCK.findall(page.read_text(encoding="utf-8"))]


def says_the_same(english: str, chinese: str) -> bool:
    """Say whether a line is the same code; words around it, and texts in quotes, may be in Chinese."""
    # Chinese characters are wider, so what stands in columns stands elsewhere.
    english, chinese = (" ".join(LABEL.sub("", line).split()) for line in (english, chinese))
    if not HAN.search(chinese):
        return english.replace('"en"', '"zh"') == chinese
    code = [word for word in CODE.findall(chinese) if not HAN.search(word)]
    return not Counter(code) - Counter(CODE.findall(english)) and len(CODE.findall(english)) == len(CODE.findall(chinese))


def name(page: Path) -> str:
    return str(page.relative_to(DOCS))


def test_no_chinese_page_stands_alone():
    assert [name(page) for page in EVERY if page.name.endswith(CHINESE) and not Path(str(page).replace(CHINESE, ".md")).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_each_page_leads_to_its_twin_at_the_top(page):
    top = "\n".join(page.read_text(encoding="utf-8").splitlines()[:7])
    assert f"[中文]({page.stem}{CHINESE})" in top
    assert f"[English]({page.name})" in "\n".join(twin(page).read_text(encoding="utf-8").splitlines()[:7])


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_both_have_the_same_headings_and_rows(page):
    def bones(one: Path) -> tuple[list[str], list[int]]:
        lines = prose(one).splitlines()
        return [line.split()[0] for line in lines if line.startswith("#")], [line.count("|") for line in lines if line.startswith("|")]

    assert bones(page) == bones(twin(page))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_both_show_the_same_code(page):
    first, second = blocks(page), blocks(twin(page))
    assert [(language, len(lines)) for language, lines in first] == [(language, len(lines)) for language, lines in second]
    pairs = [pair for (_, one), (_, other) in zip(first, second, strict=True) for pair in zip(one, other, strict=True)]
    assert [pair for pair in pairs if not says_the_same(*pair)] == []


@pytest.mark.parametrize("page", PROBLEMS, ids=name)
def test_both_pages_of_a_problem_name_the_same_code(page):
    code = f"{page.parent.name}/{page.stem}"
    assert page.read_text(encoding="utf-8").startswith(f"# {code}: ")
    assert twin(page).read_text(encoding="utf-8").startswith(f"# {code}：")


@pytest.mark.parametrize("page", PROBLEMS, ids=name)
@pytest.mark.parametrize("kind", [SPAN, FIELD], ids=["code", "field"])
def test_the_chinese_page_of_a_problem_leaves_no_code_and_no_field_out(page, kind):
    english, chinese = (set(kind.findall(prose(one) if kind is SPAN else SPAN.sub("", prose(one)))) for one in (page, twin(page)))
    translated = [words for words in chinese if HAN.search(words)]
    assert len(english - chinese) <= len(translated), english - chinese


@pytest.mark.parametrize("page", EVERY, ids=name)
def test_every_link_leads_to_a_page_in_the_same_language(page):
    chinese = page.name.endswith(CHINESE)
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        linked = (page.parent / target).resolve()
        assert linked.exists(), target
        if chinese and linked.suffix == ".md" and linked != Path(str(page).replace(CHINESE, ".md")):
            assert target.endswith(CHINESE) or not twin(linked).exists(), target
        if not chinese and linked != twin(page):
            assert not target.endswith(CHINESE), target


@pytest.mark.parametrize(
    ("english", "chinese", "same"),
    [
        ("wrong   two <bpmn:startEvent />", "错误  两个 <bpmn:startEvent />", True),
        ("wrong   two <bpmn:startEvent />", "错误  两个 <bpmn:endEvent />", False),
        ("wrong   amount > 10", "错误  amount > 1", False),
        ('run --reason "sent on"', 'run --reason "转出"', True),
        ('run --reason "sent on"', 'run "转出"', False),
    ],
)
def test_a_line_may_be_told_in_chinese_and_its_code_may_not_change(english, chinese, same):
    assert says_the_same(english, chinese) is same
