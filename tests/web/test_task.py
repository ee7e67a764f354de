"""A task from the inbox to the next one, without scripts."""

import re

import pytest

from loanflow import Actor

RIGHT = {
    "pre_review_conclusion": "pass",
    "pre_review_checks": ["identity", "income", "consent"],
    "pre_review_opinion": "身份与收入材料核对一致。",
}


@pytest.fixture
def officer(bank):
    return bank.person("zhang.ning")


@pytest.fixture
def task(bank):
    return bank.task(bank.case())


def claimed(bank, task, user="zhang.ning"):
    return bank.engine.claim(task.id, by=Actor(user, groups=("officer",)))


def test_the_team_queue_offers_the_task_and_claiming_takes_it(bank, officer, task):
    assert task.business_key in officer.get(f"/tasks/{task.id}?queue=team").text
    answer = officer.post(f"/tasks/{task.id}/claim", {"version": task.version, "back": "/tasks?queue=team"})
    assert answer.status_code == 302
    page = officer.get(answer.headers["Location"]).text
    assert "已由你认领" in page
    assert 'name="pre_review_conclusion"' in page
    assert bank.engine.task(task.id).assignee == "zhang.ning"


def test_facts_stand_over_the_task_in_the_words_of_the_form(bank, officer, task):
    page = officer.get(f"/tasks/{task.id}").text
    assert re.search(r"<dt>申请金额</dt><dd>¥80,000</dd>", page)
    assert re.search(r"<dt>期限</dt><dd>24 个月</dd>", page)
    assert re.search(r"<dt>贷款用途</dt><dd>装修</dd>", page)


def test_a_wrong_form_comes_back_with_errors_and_everything_typed(bank, officer, task):
    claimed(bank, task)
    answer = officer.post(f"/tasks/{task.id}/complete", {**RIGHT, "pre_review_opinion": "", "pre_review_checks": []})
    assert answer.status_code == 422
    assert 'id="error-summary"' in answer.text
    assert "项需要修改" in answer.text
    assert re.search(r'value="pass" checked', answer.text)
    assert 'aria-invalid="true"' in answer.text
    assert "此项必填" in answer.text
    assert bank.engine.task(task.id).status == "open"


def test_a_right_form_completes_the_task_and_opens_the_next(bank, task):
    officer = bank.person("liu.yang")
    other = bank.task(bank.case())
    claimed(bank, task, "liu.yang")
    claimed(bank, other, "liu.yang")
    answer = officer.post(f"/tasks/{task.id}/complete", {**RIGHT, "back": "/tasks"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/tasks/{other.id}"
    assert "已提交：初审" in officer.get(answer.headers["Location"]).text
    assert bank.engine.task(task.id).completed_by == "liu.yang"
    last = officer.post(f"/tasks/{other.id}/complete", {**RIGHT, "back": "/tasks"})
    assert last.headers["Location"] == "/tasks"
    assert "你的任务都办完了" in officer.get("/tasks").text


def test_a_draft_is_kept_and_shown_again(bank, officer, task):
    claimed(bank, task)
    officer.post(f"/tasks/{task.id}/draft", {"pre_review_opinion": "写到一半", "back": "/tasks"})
    page = officer.get(f"/tasks/{task.id}").text
    assert "写到一半" in page
    assert "草稿已于" in page


def test_a_draft_saved_by_script_answers_with_a_word(bank, officer, task):
    claimed(bank, task)
    answer = officer.post(f"/tasks/{task.id}/draft", {"pre_review_opinion": "写到一半"}, headers={"X-Requested-With": "loanflow"})
    assert answer.json["words"].startswith("草稿已于")


def test_fields_that_a_choice_reveals_come_from_the_server(bank, officer, task):
    claimed(bank, task)
    page = officer.get(f"/tasks/{task.id}").text
    assert 'name="missing_items"' not in page
    again = officer.post(f"/tasks/{task.id}/form", {"pre_review_conclusion": "supplement", "pre_review_opinion": "缺材料"})
    assert again.status_code == 200
    assert 'name="missing_items"' in again.text
    assert "缺材料" in again.text
    fragment = officer.post(f"/tasks/{task.id}/form", {"pre_review_conclusion": "supplement"}, headers={"X-Requested-With": "loanflow"})
    assert fragment.text.lstrip().startswith('<div class="form-body"')
    assert 'name="missing_items"' in fragment.text


def test_who_is_slower_is_told_who_was_faster(bank, officer, task):
    claimed(bank, task, "li.wenbo")
    answer = officer.post(f"/tasks/{task.id}/claim", {"version": task.version})
    assert answer.status_code == 409
    assert re.search("李文博已于 .* 认领该任务", answer.text)


def test_a_task_done_elsewhere_keeps_the_text(bank, officer, task):
    taken = claimed(bank, task)
    bank.engine.complete(task.id, RIGHT, by=Actor("zhang.ning", groups=("officer",)))
    answer = officer.post(f"/tasks/{task.id}/complete", {**RIGHT, "pre_review_opinion": "另一段意见", "version": taken.version})
    assert answer.status_code == 409
    assert re.search("张宁已在 .* 办结该任务", answer.text)
    assert "另一段意见" in answer.text


def test_a_stale_version_keeps_the_text_and_the_task(bank, officer, task):
    claimed(bank, task)
    answer = officer.post(f"/tasks/{task.id}/complete", {**RIGHT, "version": task.version})
    assert answer.status_code == 409
    assert "任务在你打开后有变动" in answer.text
    assert RIGHT["pre_review_opinion"] in answer.text
    assert bank.engine.task(task.id).status == "open"


def test_what_is_typed_survives_an_error_of_the_server(bank, officer, task, monkeypatch):
    claimed(bank, task)
    monkeypatch.setattr(bank.engine.__class__, "complete", lambda *_arguments, **_more: 1 / 0)
    answer = officer.post(f"/tasks/{task.id}/complete", RIGHT)
    assert answer.status_code == 500
    assert "错误编号" in answer.text
    assert RIGHT["pre_review_opinion"] in officer.get(f"/tasks/{task.id}").text


def test_releasing_gives_the_task_back(bank, officer, task):
    taken = claimed(bank, task)
    answer = officer.post(f"/tasks/{task.id}/release", {"version": taken.version, "back": "/tasks"})
    assert answer.status_code == 302
    assert bank.engine.task(task.id).assignee is None


def test_values_that_the_form_does_not_have_are_not_taken(bank, officer, task):
    claimed(bank, task)
    sent = {**RIGHT, "amount": "1", "score": "100", "approved": "true", "__builtins__": "x", "initiator": "nobody", "back": "/tasks"}
    assert officer.post(f"/tasks/{task.id}/complete", sent).status_code == 302
    variables = bank.engine.variables(task.case_id)
    assert variables["amount"] == 80000
    assert "approved" not in variables
    assert "__builtins__" not in variables


def test_counts_stand_beside_the_queues(bank, officer, task):
    page = officer.get("/tasks?queue=team").text
    total = bank.engine.task_counts(Actor("zhang.ning", groups=("officer",))).claimable
    assert re.search(rf'<span>团队队列</span><span class="count">{total}</span>', page)


def test_no_match_names_the_filter_and_clears_it(bank):
    page = bank.person("zhou.qian").get("/tasks?due=overdue").text
    assert "没有符合条件的任务" in page
    assert "当前筛选：已超时" in page
    assert "清除筛选" in page
