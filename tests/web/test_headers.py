"""Every answer tells the browser what our pages never do."""

import re

import pytest

from loanflow_web.security.headers import POLICY


@pytest.mark.parametrize("path", ["/login", "/", "/tasks", "/no-such-page", "/static/css/base.css", "/static/none.css"])
def test_every_answer_is_protected(bank, path):
    headers = bank.visitor().get(path).headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_the_policy_allows_nothing_inline_and_nobody_to_frame_us():
    assert "default-src 'none'" in POLICY
    assert "frame-ancestors 'none'" in POLICY
    assert "base-uri 'none'" in POLICY
    assert "unsafe" not in POLICY
    assert "nonce" not in POLICY
    assert "*" not in POLICY


def test_pages_are_not_kept_by_caches(bank):
    person = bank.person("wang.fang")
    assert person.get("/tasks").headers["Cache-Control"] == "no-store"


def test_static_files_are_kept_only_under_the_address_of_their_content(bank):
    visitor = bank.visitor()
    assert visitor.get("/static/css/base.css").headers["Cache-Control"] == "no-cache"
    address = re.search(r'href="(/static/css/base\.css\?v=\w+)"', visitor.get("/login").text)[1]
    assert "immutable" in visitor.get(address).headers["Cache-Control"]


def test_no_page_has_inline_script_or_style(bank):
    person = bank.person("wang.fang")
    case = bank.case()
    task = bank.task(case)
    for path in ("/tasks", f"/tasks/{task.id}", "/cases", "/me", "/keyboard"):
        text = person.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text), path


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost:80@evil.example"])
def test_other_host_names_are_refused(bank, host):
    assert bank.visitor().get("/login", headers={"Host": host}).status_code == 400


def test_errors_tell_nothing_of_the_inside(bank, monkeypatch):
    person = bank.person("wang.fang")
    monkeypatch.setattr(bank.engine.__class__, "tasks", lambda *_arguments: 1 / 0)
    answer = person.get("/tasks")
    assert answer.status_code == 500
    assert "ZeroDivision" not in answer.text
    assert "Traceback" not in answer.text
    assert re.search(r"错误编号 [0-9a-f]{8}", answer.text)


def test_an_oversized_request_is_refused(bank):
    answer = bank.visitor().post("/login", data={"account": "x" * 1_100_000})
    assert answer.status_code == 413
