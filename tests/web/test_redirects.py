"""A redirect leads to our own pages, whatever the address says."""

import pytest

from loanflow_web.accounts import DEMO_PASSWORD
from loanflow_web.security import safe_path
from tests.web.bank import token_in

EVIL = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%5cevil.example",
    "/%2f%2fevil.example",
    "/%2fevil.example",
    "/%252fevil.example",
    "https:evil.example",
    "https://evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/tasks\r\nSet-Cookie: a=b",
    "/tasks%0d%0aSet-Cookie:a=b",
    "/\tevil.example",
    "/%09/evil.example",
    " //evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/../../x",
    "tasks",
    "",
    "/" + "a" * 3000,
    "/tasks\u2028",
    "/＠evil.example",
]


@pytest.mark.parametrize("target", EVIL)
def test_a_target_that_could_leave_is_refused(target):
    assert safe_path(target) == "/"


@pytest.mark.parametrize("target", ["/", "/tasks", "/tasks?queue=team&due=today", "/cases/0198-ab/decisions/0198-cd", "/cases?q=%E5%BC%A0"])
def test_our_own_paths_are_kept(target):
    assert safe_path(target) == target


@pytest.mark.parametrize("target", EVIL[:12])
def test_log_in_leads_home_instead(bank, target):
    client = bank.visitor()
    page = client.get("/login")
    values = {"csrf_token": token_in(page), "account": "wang.fang", "password": DEMO_PASSWORD, "next": target}
    answer = client.post("/login", data=values)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/"


def test_log_in_leads_back_to_where_one_was_going(bank):
    client = bank.visitor()
    sent = client.get("/cases?q=LN")
    assert sent.headers["Location"] == "/login?next=/cases?q%3DLN"
    page = client.get(sent.headers["Location"])
    values = {"csrf_token": token_in(page), "account": "wang.fang", "password": DEMO_PASSWORD, "next": "/cases?q=LN"}
    assert client.post("/login", data=values).headers["Location"] == "/cases?q=LN"


@pytest.mark.parametrize("path", ["/theme", "/language"])
def test_preferences_lead_home_instead(bank, path):
    person = bank.person("wang.fang")
    answer = person.post(path, {"next": "//evil.example", "theme": "dark", "language": "en"})
    assert answer.headers["Location"] == "/"
