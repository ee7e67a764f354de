"""Every route, every role, every kind of object: who gets in, and what the others are told."""

import pytest

from loanflow import Actor
from loanflow_web.accounts import ROLES
from loanflow_web.permissions import OF_ROLE, OF_ROUTE, Permission, permissions_of
from tests.web.bank import MIDDLING

PEOPLE = {
    "officer": "li.wenbo",
    "reviewer": "wang.fang",
    "committee": "chen.jie",
    "approver": "zhou.qian",
    "auditor": "wu.hao",
    "admin": "admin",
}
# 200 opens, 302 leads on, 403 the role may not, 404 the object is not theirs, 422 the form is not right.
STAFF = ("officer", "reviewer", "committee", "approver")
READING = {
    "drawing.sheet": dict.fromkeys(ROLES, 200),
    "home.show": dict.fromkeys(ROLES, 302),
    "login.show": dict.fromkeys(ROLES, 302),
    "preferences.me": dict.fromkeys(ROLES, 200),
    "preferences.keyboard": dict.fromkeys(ROLES, 200),
    "inbox.show": {role: 200 if role in STAFF else 403 for role in ROLES},
    "task.show": {role: 200 if role == "officer" else 404 if role in STAFF else 403 for role in ROLES},
    "application.choose": {role: 200 if role == "officer" else 403 for role in ROLES},
    "application.show": {role: 200 if role == "officer" else 403 for role in ROLES},
    "case.index": dict.fromkeys(ROLES, 200),
    "case.progress": {role: 200 if role in ("officer", "auditor", "admin") else 404 for role in ROLES},
    "case.data": {role: 200 if role in ("officer", "auditor", "admin") else 404 for role in ROLES},
    "case.audit": {role: 200 if role in ("officer", "auditor", "admin") else 404 for role in ROLES},
    "decision.index": {role: 200 if role in ("officer", "auditor", "admin") else 404 for role in ROLES},
    "decision.show": {role: 200 if role in ("officer", "auditor", "admin") else 404 for role in ROLES},
    "audit.index": {role: 200 if role in ("auditor", "admin") else 403 for role in ROLES},
}
WRITING = {
    "login.submit": dict.fromkeys(ROLES, 401),
    "preferences.language": dict.fromkeys(ROLES, 302),
    "preferences.theme": dict.fromkeys(ROLES, 302),
    "task.claim": {role: 302 if role == "officer" else 404 if role in STAFF else 403 for role in ROLES},
    "task.draft": {role: 302 if role == "officer" else 404 if role in STAFF else 403 for role in ROLES},
    "task.refresh": {role: 200 if role == "officer" else 404 if role in STAFF else 403 for role in ROLES},
    "task.complete": {role: 422 if role == "officer" else 404 if role in STAFF else 403 for role in ROLES},
    "task.release": {role: 302 if role == "officer" else 404 if role in STAFF else 403 for role in ROLES},
    "application.submit": {role: 422 if role == "officer" else 403 for role in ROLES},
    "application.refresh": {role: 200 if role == "officer" else 403 for role in ROLES},
    "login.leave": dict.fromkeys(ROLES, 302),
}


@pytest.fixture(scope="module")
def things(bank):
    """A case at its pre-review, which is for officers, with the decision that let it in."""
    case = bank.case()
    decision = bank.engine.decisions(case.id)[0]
    return {"task_id": bank.task(case).id, "case_id": case.id, "decision_id": decision.id, "process_key": "personal-credit"}


@pytest.fixture(scope="module")
def everyone(bank):
    return {role: bank.person(user) for role, user in PEOPLE.items()}


def address(bank, endpoint, things):
    rule = next(rule for rule in bank.app.url_map.iter_rules() if rule.endpoint == endpoint)
    return bank.app.url_map.bind("localhost").build(endpoint, {name: things[name] for name in rule.arguments})


def test_every_route_has_a_permission_and_every_permission_a_route(bank):
    routes = {rule.endpoint for rule in bank.app.url_map.iter_rules()}
    assert routes == set(OF_ROUTE)


def test_every_route_is_in_this_matrix():
    assert {*READING, *WRITING} == set(OF_ROUTE) - {"static"}


@pytest.mark.parametrize("endpoint", READING)
def test_reading(bank, things, everyone, endpoint):
    path = address(bank, endpoint, things)
    assert {role: everyone[role].get(path).status_code for role in ROLES} == READING[endpoint]


@pytest.mark.parametrize("endpoint", WRITING)
def test_writing(bank, things, everyone, endpoint):
    path = address(bank, endpoint, things)
    people = {role: bank.person(user) for role, user in PEOPLE.items()} if endpoint == "login.leave" else everyone
    assert {role: people[role].post(path).status_code for role in ROLES} == WRITING[endpoint]


@pytest.mark.parametrize("endpoint", [endpoint for endpoint, needed in OF_ROUTE.items() if needed is not Permission.PUBLIC])
def test_nobody_gets_in_without_logging_in(bank, things, endpoint):
    visitor = bank.visitor()
    path = address(bank, endpoint, things)
    answer = visitor.post(path) if endpoint in WRITING else visitor.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login")


def test_what_is_missing_and_what_is_not_mine_look_alike(bank, things):
    person = bank.person("chen.jie")
    ids = (things["case_id"], "0198aaaa-0000-7000-8000-000000000000")
    hidden, missing = ((page.status_code, page.text.replace(id, "ID")) for id in ids for page in [person.get(f"/cases/{id}")])
    assert hidden == missing


def test_a_route_without_a_permission_stays_shut(own_bank):
    own_bank.app.view_functions["forgotten"] = lambda: "open"
    own_bank.app.url_map.add(own_bank.app.url_rule_class("/forgotten", endpoint="forgotten"))
    assert own_bank.person("admin").get("/forgotten").status_code == 403


def test_an_unknown_role_allows_nothing():
    assert permissions_of(["root", "officer2"]) == {Permission.PUBLIC}
    assert set(OF_ROLE) == set(ROLES)


def test_lists_hold_only_what_is_theirs(bank, things):
    link = f'href="/cases/{things["case_id"]}"'
    key = bank.engine.case(things["case_id"]).business_key
    assert link in bank.person("li.wenbo").get("/cases").text
    assert link in bank.person("wu.hao").get("/cases").text
    for user in ("chen.jie", "zhou.qian"):
        assert link not in bank.person(user).get("/cases").text
        assert link not in bank.person(user).get(f"/cases?q={key}").text


def test_four_eyes_is_explained_and_kept(bank):
    case = bank.case(**MIDDLING)
    task = bank.task(case)
    reviewer = Actor("wang.fang", groups=("officer", "reviewer"))
    bank.engine.claim(task.id, by=reviewer)
    values = {"pre_review_conclusion": "pass", "pre_review_checks": ["identity", "income", "consent"], "pre_review_opinion": "资料齐全。"}
    bank.engine.complete(task.id, values, by=reviewer, validate=True)
    bank.engine.run_due()
    review = bank.task(case)
    assert review.element_id == "Review"
    person = bank.person("wang.fang")
    page = person.get(f"/tasks/{review.id}").text
    assert "四眼原则：你在本案中已办理「初审」" in page
    assert f'action="/tasks/{review.id}/claim"' not in page
    refused = person.post(f"/tasks/{review.id}/claim")
    assert refused.status_code == 403
    assert bank.engine.task(review.id).assignee is None
