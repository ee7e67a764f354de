"""axe-core on every kind of page, light and dark, desk and phone: no serious finding; and what axe does not measure."""

import os
from pathlib import Path

import pytest

from loanflow import Actor
from tests.browser.conftest import DESKTOP, PHONE

AXE = Path(__file__).parents[2] / "web" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PLACES = [
    "login",
    "inbox",
    "task",
    "errors",
    "task-decisions",
    "task-progress",
    "case",
    "decision",
    "data",
    "audit-entries",
    "cases",
    "products",
    "application",
    "me",
    "missing",
]


def serious_findings(page):
    if not AXE.exists():
        assert not os.environ.get("CI"), "axe-core is not installed: npm ci in web/frontend"
        pytest.skip("axe-core is not installed: npm ci in web/frontend")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", TAGS)
    return [
        f"{violation['id']} {[node['target'] for node in violation['nodes'][:3]]} {violation['nodes'][0]['failureSummary']}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
    ]


@pytest.fixture(scope="module")
def paths(bank):
    case = bank.case()
    task = bank.task(case)
    bank.engine.claim(task.id, by=Actor("li.wenbo", groups=("officer",)))
    return {
        "login": "/login",
        "inbox": "/tasks?queue=team",
        "task": f"/tasks/{task.id}",
        "errors": f"/tasks/{task.id}",
        "task-decisions": f"/tasks/{task.id}?tab=decisions",
        "task-progress": f"/tasks/{task.id}?tab=progress",
        "case": f"/cases/{case.id}",
        "decision": f"/cases/{case.id}/decisions",
        "data": f"/cases/{case.id}/data",
        "audit-entries": f"/cases/{case.id}/audit",
        "cases": "/cases",
        "products": "/applications/new",
        "application": "/applications/new/personal-credit",
        "me": "/me",
        "missing": "/no-such-page",
    }


LOOKS = {"desktop": (DESKTOP, False, "zh"), "dark-en": (DESKTOP, True, "en"), "phone": (PHONE, False, "zh")}


KEY_PLACES = ("inbox", "errors", "case", "decision", "audit-entries", "application")


@pytest.mark.parametrize(
    ("look", "place"),
    [("desktop", place) for place in PLACES if place != "login"] + [(look, place) for look in ("dark-en", "phone") for place in KEY_PLACES],
)
def test_no_serious_finding(paths, window, look, place):
    size, dark, lang = LOOKS[look]
    there = window(dark=dark, lang=lang, **size)
    there.enter("li.wenbo")
    page = there.open(paths[place])
    if place == "errors":
        page.locator("[data-submit]").click()
        page.wait_for_selector("#error-summary")
    assert not there.is_too_wide()
    assert not serious_findings(page)


def test_the_log_in_page_has_no_serious_finding(window):
    assert not serious_findings(window().open("/login"))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_edges_of_fields_stand_out_three_to_one(paths, window, dark):
    there = window(dark=dark)
    there.enter("li.wenbo")
    page = there.open(paths["task"])
    ratio = page.evaluate(
        """() => {
          const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number)
            .map((part) => part / 255).map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
            .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
          const style = getComputedStyle(document.querySelector("textarea.input"));
          const [one, two] = [light(style.borderTopColor), light(style.backgroundColor)].sort((a, b) => b - a);
          return (one + 0.05) / (two + 0.05);
        }"""
    )
    assert ratio >= 3


def test_focus_is_never_under_the_sticky_bar(paths, window):
    there = window(**PHONE)
    there.enter("li.wenbo")
    page = there.open(paths["task"])
    hidden = page.evaluate(
        """() => {
          const bar = document.querySelector(".actions-bar");
          const found = [];
          for (const field of document.querySelectorAll(".work-form input:not([type=hidden]), .work-form textarea, .work-form select")) {
            field.focus();
            const box = (field.closest("label") || field).getBoundingClientRect();
            if (box.top >= bar.getBoundingClientRect().top) found.push(field.name);
          }
          return found;
        }"""
    )
    assert not hidden


def test_every_page_reflows_at_320_pixels(paths, window):
    there = window(viewport={"width": 320, "height": 700})
    there.enter("li.wenbo")
    wide = []
    for place in PLACES:
        there.open(paths[place])
        if there.is_too_wide():
            wide.append(place)
    assert not wide


def test_every_page_has_one_first_heading_and_a_way_past_the_navigation(paths, window):
    there = window()
    there.enter("li.wenbo")
    for place in PLACES:
        if place == "login":
            continue
        page = there.open(paths[place])
        visible = page.evaluate("[...document.querySelectorAll('h1')].filter((heading) => heading.offsetParent !== null).length")
        assert visible == 1, place
        assert page.locator("a.skip-link[href='#main']").count() == 1, place
