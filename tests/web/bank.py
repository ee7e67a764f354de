"""A bank with the shipped products, its web application, and people who log in without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from loanflow import Actor, Engine, TurnableClock
from loanflow.lending import connectors, products
from loanflow.records import Case, Task
from loanflow_web import Settings, create_app
from loanflow_web.desk import KEY
from loanflow_web.security import token_for

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 6, 2, tzinfo=UTC)
COOKIE = "loanflow_session"
TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]{64})"')

APPLICATION: dict[str, Any] = {
    "applicant": "张晓岚",
    "national_id": "420106199003072338",
    "phone": "13812346672",
    "employment": "employed",
    "employer": "武汉长江仪表有限公司",
    "years_employed": "6",
    "residence": "own",
    "monthly_income": "12000",
    "monthly_debt": "1500",
    "amount": "80000",
    "term_months": "24",
    "purpose": "renovation",
    "account_no": "6222021234567890123",
    "existing_customer": "true",
    "bureau_consent": "true",
}

# Scores between decline and approval, so that a person reviews it.
MIDDLING = {"residence": "rent", "years_employed": "1", "existing_customer": "", "amount": "120000", "monthly_debt": "3000"}


def token_in(page: TestResponse | str) -> str:
    """Return the form token of a page."""
    found = TOKEN.search(page if isinstance(page, str) else page.text)
    assert found, "the page has no form"
    return found[1]


class Person:
    """Somebody at a browser without scripts, logged in."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def post(self, path: str, values: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form as a page of this person would: with the token of their session."""
        cookie = self.client.get_cookie(COOKIE)
        assert cookie is not None
        return self.client.post(path, data={"csrf_token": token_for(cookie.value), **(values or {})}, **options)


@dataclass
class Bank:
    """An engine with the products and the application over it."""

    engine: Engine
    clock: TurnableClock
    app: Flask
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def visitor(self) -> FlaskClient:
        return self.app.test_client()

    def person(self, user: str) -> Person:
        """Return somebody who is logged in; the log-in page itself is tested apart, its passwords take their time."""
        client = self.app.test_client()
        client.set_cookie(COOKIE, self.app.extensions[KEY].sessions.open(user, source="127.0.0.1"))
        return Person(client)

    def case(self, **changes: Any) -> Case:
        """Start a personal application by Li Wenbo, and run what is automatic up to the pre-review."""
        started = self.engine.start(
            "personal-credit",
            key=f"LN-TEST-{next(self.numbers):04}",
            by=Actor("li.wenbo", groups=("officer",)),
            variables={**APPLICATION, **changes},
            validate=True,
        )
        self.engine.run_due()
        return self.engine.case(started.id)

    def task(self, case: Case) -> Task:
        """Return the one open task of a case."""
        (task,) = self.engine.tasks_of(case.id)
        return task


def make_bank(folder: Path, **settings: Any) -> Bank:
    clock = TurnableClock(NOW)
    engine = Engine(f"sqlite:///{folder / 'bank.db'}", handlers=[connectors()], clock=clock)
    engine.upgrade_database()
    engine.deploy(products.files(), by="admin")
    app = create_app(engine, settings=Settings(**settings))
    app.testing = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return Bank(engine=engine, clock=clock, app=app)
