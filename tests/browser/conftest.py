"""A bank in a thread, Debian's Chromium in front of it, and a watch on what the browser complains about."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

from loanflow_web.accounts import DEMO_PASSWORD
from loanflow_web.desk import KEY
from tests.web.bank import COOKIE, Bank, make_bank

CHROMIUM = os.environ.get("LOANFLOW_TEST_CHROMIUM") or shutil.which("chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
)
DESKTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
SAID_BY_A_REFUSED_FORM = "the server responded with a status of 4"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is not installed: apt-get install chromium fonts-noto-cjk")
        pytest.skip("chromium is not installed: apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    opened = make_bank(tmp_path_factory.mktemp("bank"), trusted_hosts=("127.0.0.1", "localhost"))
    yield opened
    opened.engine.close()


@pytest.fixture(scope="session")
def address(bank: Bank) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, bank.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(timeout=5)


class Window:
    """A browser window of one person; everything the browser complained about is kept."""

    def __init__(self, context: BrowserContext, address: str, bank: Bank) -> None:
        self.context = context
        self.bank = bank
        self.address = address
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        # A refused form is answered with 4xx, which Chromium notes in the console.
        if message.type in ("error", "warning") and SAID_BY_A_REFUSED_FORM not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def enter(self, user: str) -> Page:
        """Be logged in; the log-in page itself is tested apart."""
        token = self.bank.app.extensions[KEY].sessions.open(user, source="127.0.0.1")
        self.context.add_cookies([{"name": COOKIE, "value": token, "url": self.address}])
        return self.page

    def log_in(self, user: str) -> Page:
        """Log in as people do."""
        page = self.open("/login")
        page.fill("#account", user)
        page.fill("#password", DEMO_PASSWORD)
        page.press("#password", "Enter")
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    def is_too_wide(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


@pytest.fixture
def window(browser: Browser, address: str, bank: Bank) -> Iterator[Callable[..., Window]]:
    """Return windows; afterwards nothing may have been complained about in any of them."""
    opened: list[Window] = []

    def make(*, lang: str = "zh", dark: bool = False, scripts: bool = True, **options: Any) -> Window:
        context = browser.new_context(
            **(options or DESKTOP),
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        context.set_default_timeout(8000)
        if lang != "zh":
            context.add_cookies([{"name": "loanflow_lang", "value": lang, "url": address}])
        opened.append(Window(context, address, bank))
        return opened[-1]

    yield make
    complaints = [complaint for each in opened for complaint in each.complaints]
    for each in opened:
        each.context.close()
    assert not complaints
