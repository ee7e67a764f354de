"""Nothing is done for a form that our own page did not send."""

import pytest

from loanflow_web.accounts import DEMO_PASSWORD
from loanflow_web.permissions import OF_ROUTE
from tests.web.bank import token_in


def writing_routes(app):
    return sorted(rule.endpoint for rule in app.url_map.iter_rules() if "POST" in rule.methods)


def path_of(bank, endpoint):
    with bank.app.test_request_context():
        rule = next(rule for rule in bank.app.url_map.iter_rules() if rule.endpoint == endpoint)
        values = {"task_id": "t", "process_key": "personal-credit", "case_id": "c"}
        return bank.app.url_map.bind("localhost").build(endpoint, {name: values[name] for name in rule.arguments})


def test_every_writing_route_refuses_a_form_without_the_token(bank):
    person = bank.person("li.wenbo")
    endpoints = writing_routes(bank.app)
    assert len(endpoints) >= 9
    for endpoint in endpoints:
        answer = person.client.post(path_of(bank, endpoint), data={"csrf_token": "0" * 64})
        assert answer.status_code == 400, endpoint
        assert "页面已失效" in answer.text


def test_a_forged_claim_changes_nothing(bank):
    case = bank.case()
    task = bank.task(case)
    person = bank.person("zhang.ning")
    assert person.client.post(f"/tasks/{task.id}/claim").status_code == 400
    assert bank.engine.task(task.id).assignee is None


def test_the_token_of_another_visitor_is_refused(bank):
    case = bank.case()
    task = bank.task(case)
    victim, attacker = bank.person("zhang.ning"), bank.person("wang.fang")
    token = token_in(attacker.get("/me"))
    assert victim.client.post(f"/tasks/{task.id}/claim", data={"csrf_token": token}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_the_right_token_from_another_origin_is_refused(bank, headers):
    person = bank.person("wang.fang")
    token = token_in(person.get("/me"))
    assert person.client.post("/theme", data={"csrf_token": token, "theme": "dark"}, headers=headers).status_code == 400


def test_our_own_origin_is_accepted(bank):
    person = bank.person("wang.fang")
    answer = person.post("/theme", {"theme": "dark"}, headers={"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 302


def test_logging_somebody_in_from_another_site_is_refused(bank):
    answer = bank.visitor().post("/login", data={"account": "wang.fang", "password": DEMO_PASSWORD})
    assert answer.status_code == 400


def test_reading_routes_write_nothing(bank):
    for rule in bank.app.url_map.iter_rules():
        if rule.endpoint in OF_ROUTE and "POST" in rule.methods:
            assert "GET" not in rule.methods, f"{rule.endpoint} must not be both"
