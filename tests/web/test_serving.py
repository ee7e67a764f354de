"""Serving: on loopback only while passwords are known, on a free port, with the address printed."""

import socket
import threading

import pytest

from loanflow_web import Settings, create_app, serve
from loanflow_web.accounts import DEMO_PASSWORD
from loanflow_web.serving import _listen


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "loans.example"])
def test_known_passwords_are_not_offered_to_other_computers(bank, host):
    with pytest.raises(ValueError, match="known passwords"):
        serve(bank.engine, host, 0)


def test_known_passwords_do_not_go_with_https():
    with pytest.raises(ValueError, match="demo=False"):
        Settings(secure_cookies=True)


def test_the_address_and_the_people_are_printed(bank, capsys, monkeypatch):
    monkeypatch.setattr("waitress.server.MultiSocketServer.run", lambda self: None, raising=False)
    monkeypatch.setattr("waitress.server.TcpWSGIServer.run", lambda self: None)
    serve(bank.engine, port=0, automatic_work=False)
    printed = capsys.readouterr().out
    assert "http://127.0.0.1:" in printed
    assert "li.wenbo" in printed
    assert DEMO_PASSWORD in printed


def test_a_port_that_is_taken_gives_way_to_the_next():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = _listen("127.0.0.1", port)
        assert found.getsockname()[1] > port
        found.close()


def test_an_installation_of_its_own_has_no_demonstration_people(bank, tmp_path):
    settings = Settings(
        demo=False, database_url=f"sqlite:///{tmp_path / 'people.db'}", secure_cookies=True, trusted_hosts=("loans.example",)
    )
    app = create_app(bank.engine, settings=settings)
    answer = app.test_client().get("/login", base_url="https://loans.example")
    assert answer.status_code == 200
    assert DEMO_PASSWORD not in answer.text
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-loanflow=")
    assert "Secure" in cookie
    assert "Strict-Transport-Security" in answer.headers


def test_two_threads_may_log_in_at_once(own_bank):
    failures = []

    def work():
        try:
            assert own_bank.person("wang.fang").get("/tasks").status_code == 200
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _each in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
