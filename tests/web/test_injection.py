"""What people type and analysts draw is shown as text, wherever it turns up."""

import re
from html.parser import HTMLParser

import pytest
from markupsafe import escape

from loanflow import Actor
from tests.web.bank import ROOT

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "{{7*7}}",
    "{% print(config) %}",
    "javascript:alert(1)",
    "<a href=javascript:alert(1)>x</a>",
    "[x](javascript:alert(1))",
    "![x](https://evil.example/x.png)",
    "<style>*{display:none}</style>",
    "\u202egnp.exe",
    "a\x00b",
    "<!--",
    "]]><script>1</script>",
    "&lt;script&gt;",
    "%3Cscript%3E",
    "=cmd|' /C calc'!A0",
    "<iframe srcdoc='<script>1</script>'>",
    "<math><mtext><script>1</script>",
]


def batched_in_pairs(items):
    return zip(items[::2], items[1::2], strict=True)


FORBIDDEN = {"img", "iframe", "style", "object", "embed", "base", "meta http-equiv"}
LEADING = {"href", "src", "action", "formaction", "xlink:href"}


class Reader(HTMLParser):
    """Reads a page as a browser would, and notes whatever could run."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found = []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag in FORBIDDEN or (tag == "script" and not (values.get("src") or "").startswith("/static/")):
            self.found.append(self.get_starttag_text())
        for name, value in attributes:
            if name.startswith("on") or name in ("style", "srcdoc"):
                self.found.append(f"{tag} {name}={value}")
            if name in LEADING and not re.match(r"/(?!/)|#|$", value or ""):
                self.found.append(f"{tag} {name}={value}")


def assert_harmless(text, place):
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert not reader.found, place


PRINTABLE = [payload for payload in PAYLOADS if "\x00" not in payload]


@pytest.mark.parametrize("payloads", list(batched_in_pairs(PRINTABLE)), ids=lambda pair: pair[0][:12])
def test_a_name_is_text_on_every_page(bank, payloads):
    name, employer = payloads
    case = bank.case(applicant=name[:40], employer=employer)
    task = bank.task(case)
    person = bank.person("li.wenbo")
    for path in (
        "/tasks?queue=team",
        f"/tasks/{task.id}?tab=progress",
        f"/cases/{case.id}",
        f"/cases/{case.id}/data",
        f"/cases/{case.id}/audit",
        f"/cases/{case.id}/decisions",
        "/cases",
    ):
        assert_harmless(person.get(path).text, path)
    data = person.get(f"/cases/{case.id}/data").text
    assert str(escape(name[:40])) in data
    assert str(escape(employer)) in data


def test_a_search_is_text(bank):
    person = bank.person("li.wenbo")
    for payload in PAYLOADS:
        page = person.get("/cases", query_string={"q": payload})
        assert page.status_code == 200
        assert_harmless(page.text, payload)


@pytest.mark.parametrize("payload", PRINTABLE[::2])
def test_an_opinion_is_text_in_the_form_and_in_the_history(bank, payload):
    task = bank.task(bank.case())
    bank.engine.claim(task.id, by=Actor("li.wenbo", groups=("officer",)))
    person = bank.person("li.wenbo")
    refused = person.post(f"/tasks/{task.id}/complete", {"pre_review_opinion": payload})
    assert refused.status_code == 422
    assert_harmless(refused.text, "refused form")
    values = {"pre_review_conclusion": "pass", "pre_review_checks": ["identity", "income", "consent"], "pre_review_opinion": payload}
    assert person.post(f"/tasks/{task.id}/complete", values).status_code == 302
    for path in ("", "/audit", "/data"):
        assert_harmless(person.get(f"/cases/{task.case_id}{path}").text, path)


@pytest.mark.parametrize("place", ["account", "next"])
def test_the_log_in_form_is_text(bank, place):
    visitor = bank.visitor()
    for payload in PAYLOADS:
        assert_harmless(visitor.get("/login", query_string={place: payload}).text, "login")


def test_names_that_analysts_draw_are_text(own_bank):
    evil = "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"
    source = (ROOT / "diagrams" / "personal-credit.bpmn").read_text(encoding="utf-8")
    source = source.replace('name="初审"', f'name="{evil}"').replace('name="个人信用贷"', f'name="{evil}"')
    form = (ROOT / "diagrams" / "personal-pre-review.form").read_text(encoding="utf-8")
    form = re.sub(r'"label": "[^"]+"', '"label": "<script>alert(1)</script>"', form)
    own_bank.engine.deploy({"personal-credit.bpmn": source.encode(), "personal-pre-review.form": form.encode()}, by="admin")
    case = own_bank.case()
    task = own_bank.task(case)
    person = own_bank.person("li.wenbo")
    for path in ("/tasks?queue=team", f"/tasks/{task.id}", f"/cases/{case.id}", "/applications/new", f"/cases/{case.id}/audit"):
        page = person.get(path)
        assert page.status_code == 200
        assert_harmless(page.text, path)
    assert "&lt;script&gt;alert(1)" in person.get(f"/tasks/{task.id}").text
