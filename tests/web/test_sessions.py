"""Sessions: new at log-in, dead at log-out, after idling, when the account is disabled or its roles change."""

from datetime import timedelta

import pytest

from loanflow_web.accounts import DEMO_PASSWORD
from loanflow_web.desk import KEY
from tests.web.bank import COOKIE, token_in


def cookie_of(client):
    return client.get_cookie(COOKIE).value


def test_log_in_gives_a_new_session_and_ends_the_planted_one(bank):
    client = bank.visitor()
    client.set_cookie(COOKIE, "planted-by-an-attacker-and-known-to-them-0000")
    page = client.get("/login")
    client.post("/login", data={"csrf_token": token_in(page), "account": "wang.fang", "password": DEMO_PASSWORD})
    assert cookie_of(client) != "planted-by-an-attacker-and-known-to-them-0000"
    other = bank.visitor()
    other.set_cookie(COOKIE, "planted-by-an-attacker-and-known-to-them-0000")
    assert other.get("/tasks").status_code == 302


def test_log_in_again_ends_the_session_before(bank):
    person = bank.person("wang.fang")
    before = cookie_of(person.client)
    page = person.get("/me")
    person.client.post("/login", data={"csrf_token": token_in(page), "account": "li.wenbo", "password": DEMO_PASSWORD})
    stolen = bank.visitor()
    stolen.set_cookie(COOKIE, before)
    assert stolen.get("/me").status_code == 302


def test_log_out_ends_the_session_on_the_server(bank):
    person = bank.person("wang.fang")
    stolen = bank.visitor()
    stolen.set_cookie(COOKIE, cookie_of(person.client))
    assert stolen.get("/me").status_code == 200
    assert person.post("/logout").status_code == 302
    assert stolen.get("/me").status_code == 302


def test_the_cookie_is_not_for_scripts_nor_for_other_sites(bank):
    client = bank.visitor()
    page = client.get("/login")
    answer = client.post("/login", data={"csrf_token": token_in(page), "account": "wang.fang", "password": DEMO_PASSWORD})
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith(COOKIE))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_an_idle_session_ends(own_bank):
    person = own_bank.person("wang.fang")
    own_bank.clock.turn(timedelta(minutes=14))
    assert person.get("/me").status_code == 200
    own_bank.clock.turn(timedelta(minutes=14))
    assert person.get("/me").status_code == 200
    own_bank.clock.turn(timedelta(minutes=16))
    assert person.get("/me").status_code == 302


def test_a_busy_session_ends_after_a_working_day(own_bank):
    person = own_bank.person("wang.fang")
    for _step in range(48):
        own_bank.clock.turn(timedelta(minutes=10))
        answer = person.get("/me")
    assert answer.status_code == 302


def test_a_disabled_account_is_out_at_once(own_bank):
    person = own_bank.person("wang.fang")
    own_bank.app.extensions[KEY].accounts.disable("wang.fang")
    assert person.get("/me").status_code == 302


def test_changed_roles_count_at_once(own_bank):
    person = own_bank.person("wang.fang")
    assert person.get("/tasks").status_code == 200
    own_bank.app.extensions[KEY].accounts.change_roles("wang.fang", ["auditor"])
    assert person.get("/tasks").status_code == 403
    assert person.get("/audit").status_code == 200


def test_the_database_holds_no_token_that_opens_a_session(bank):
    person = bank.person("wang.fang")
    token = cookie_of(person.client)
    with bank.engine.store.engine.connect() as connection:
        rows = connection.exec_driver_sql("select token_hash from loanflow_web_session").all()
    assert rows
    assert all(token not in row[0] for row in rows)


@pytest.mark.parametrize("password", ["", "wrong", DEMO_PASSWORD.upper()])
def test_a_wrong_password_and_an_unknown_name_get_one_answer(bank, password):
    answers = []
    for account in ("zheng.kai", "nobody.of.that.name"):
        client = bank.visitor()
        page = client.get("/login")
        answer = client.post("/login", data={"csrf_token": token_in(page), "account": account, "password": password})
        answers.append((answer.status_code, "账号或密码不正确" in answer.text))
    assert answers == [(401, True), (401, True)]


def test_guessing_is_slowed_down(own_bank):
    client = own_bank.visitor()
    codes = []
    for _try in range(10):
        page = client.get("/login")
        answer = client.post("/login", data={"csrf_token": token_in(page), "account": "wang.fang", "password": "guess"})
        codes.append(answer.status_code)
    assert codes == [401] * 8 + [429] * 2
    assert int(answer.headers["Retry-After"]) > 0
    page = client.get("/login")
    right = client.post("/login", data={"csrf_token": token_in(page), "account": "wang.fang", "password": DEMO_PASSWORD})
    assert right.status_code == 429, "the right password must not tell a guesser that it was right"
    own_bank.clock.turn(timedelta(minutes=16))
    page = client.get("/login")
    right = client.post("/login", data={"csrf_token": token_in(page), "account": "wang.fang", "password": DEMO_PASSWORD})
    assert right.status_code == 302


def test_guessing_many_accounts_from_one_place_is_slowed_down(tmp_path):
    from tests.web.bank import make_bank

    bank = make_bank(tmp_path, sign_in_tries_per_source=5)
    client = bank.visitor()
    codes = []
    for number in range(6):
        page = client.get("/login")
        codes.append(client.post("/login", data={"csrf_token": token_in(page), "account": f"guess{number}", "password": "x"}).status_code)
    assert codes == [401] * 5 + [429]
    bank.engine.close()


def test_passwords_are_stored_as_argon2id(bank):
    hashed = bank.app.extensions[KEY].accounts.password_hash("wang.fang")
    assert hashed.startswith("$argon2id$")
