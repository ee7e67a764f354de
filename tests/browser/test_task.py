"""A working day: log in, claim, fill the form wrongly, rightly, see the next task."""

import re

import pytest
from playwright.sync_api import expect

from loanflow import Actor
from tests.browser.conftest import DESKTOP, PHONE


def two_tasks(bank):
    return [bank.task(bank.case()) for _each in range(2)]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_claim_fill_in_wrongly_then_rightly_and_see_the_next(bank, window, size):
    first, second = two_tasks(bank)
    user = "huang.xin" if size is DESKTOP else "zhang.ning"
    bank.engine.claim(second.id, by=Actor(user, groups=("officer",)))
    there = window(**size)
    page = there.log_in(user)
    assert not there.is_too_wide()
    there.open(f"/tasks/{first.id}?queue=team")
    page.get_by_role("button", name="认领").click()
    expect(page.get_by_text("已由你认领")).to_be_visible()
    assert not there.is_too_wide()

    page.get_by_role("button", name="提交结论").click()
    expect(page.locator("#error-summary")).to_be_focused()
    expect(page.locator("#error-summary")).to_contain_text("此项必填")
    assert not there.is_too_wide()

    page.locator("input[name=pre_review_conclusion][value=pass]").check(force=True)
    expect(page.locator("input[name=pre_review_checks]").first).to_be_visible()
    for check in page.locator("input[name=pre_review_checks]").all():
        check.check()
    page.locator("[name=pre_review_opinion]").fill("身份与收入材料核对一致。")
    page.get_by_role("button", name="提交结论").click()
    page.wait_for_url(re.compile(second.id))
    expect(page.get_by_text("已提交：初审")).to_be_visible()
    assert bank.engine.task(first.id).completed_by == user
    bank.engine.unclaim(second.id, by=Actor("admin", groups=("admin",)))


def test_a_choice_reveals_its_fields_and_keeps_the_caret(bank, window):
    task = bank.task(bank.case())
    bank.engine.claim(task.id, by=Actor("li.wenbo", groups=("officer",)))
    there = window()
    there.enter("li.wenbo")
    page = there.open(f"/tasks/{task.id}")
    expect(page.locator("[name=missing_items]")).to_have_count(0)
    page.locator("input[name=pre_review_conclusion][value=supplement]").check(force=True)
    expect(page.locator("[name=missing_items]").first).to_be_visible()
    expect(page.locator("input[name=pre_review_conclusion][value=supplement]")).to_be_focused()


def test_what_is_typed_is_saved_by_itself(bank, window):
    task = bank.task(bank.case())
    bank.engine.claim(task.id, by=Actor("li.wenbo", groups=("officer",)))
    there = window()
    there.enter("li.wenbo")
    page = there.open(f"/tasks/{task.id}")
    page.locator("[name=pre_review_opinion]").fill("写到一半")
    expect(page.locator("[data-saved]")).to_contain_text("草稿已于")
    page.reload()
    expect(page.locator("[name=pre_review_opinion]")).to_have_value("写到一半")


def test_keys_move_through_the_list_and_are_off_while_typing(bank, window):
    first, second = two_tasks(bank)
    there = window()
    there.enter("liu.yang")
    page = there.open(f"/tasks/{first.id}?queue=team")
    page.keyboard.press("j")
    page.wait_for_url(lambda url: first.id not in url)
    page.keyboard.press("?")
    expect(page.locator("#keyboard-help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keyboard-help")).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(page.locator(".nav-search input")).to_be_focused()
    before = page.url
    page.keyboard.type("jjk?")
    assert page.url == before
    assert second.id


def test_everything_works_without_scripts(bank, window):
    task = bank.task(bank.case())
    there = window(scripts=False)
    page = there.log_in("li.wenbo")
    page.get_by_role("link", name=re.compile("团队队列")).first.click()
    there.open(f"/tasks/{task.id}?queue=team")
    page.get_by_role("button", name="认领").click()
    page.locator("input[name=pre_review_conclusion][value=supplement]").check(force=True)
    page.get_by_role("button", name="更新表单").click()
    page.locator("input[name=missing_items]").first.check()
    page.locator("[name=pre_review_opinion]").fill("缺收入证明。")
    page.get_by_role("button", name="提交结论").click()
    assert bank.engine.task(task.id).completed_by == "li.wenbo"
    there.open(f"/cases/{task.case_id}")
    expect(page.locator("svg.lf-drawing")).to_be_visible()
    page.get_by_role("link", name="决策依据").click()
    expect(page.locator("table.lf-dt").first).to_be_visible()
