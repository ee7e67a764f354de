"""The pages of a case: drawing with token, steps, timeline, data, decisions, audit."""

import re

import pytest

from loanflow import Actor
from tests.web.bank import MIDDLING


@pytest.fixture(scope="module")
def case(bank):
    return bank.case()


@pytest.fixture(scope="module")
def officer(bank):
    return bank.person("li.wenbo")


def test_progress_shows_where_the_case_stands(officer, case):
    page = officer.get(f"/cases/{case.id}").text
    assert re.search(r'<g class="lf-node lf-current" id="node-PreReview"', page)
    assert re.search(r'<g class="lf-node lf-done" id="node-', page)
    assert re.search(r'<li class="current" aria-current="step">.*?初审', page, re.DOTALL)
    assert "提交申请" in page
    assert "李文博" in page
    assert "哈希链已校验" in page


def test_what_was_sent_back_is_no_longer_done(own_bank):
    case = own_bank.case(**MIDDLING)
    first = own_bank.task(case)
    conclusion = {"pre_review_conclusion": "pass", "pre_review_checks": ["identity"], "pre_review_opinion": "ok"}
    own_bank.engine.complete(first.id, conclusion, by=Actor("li.wenbo", groups=("officer",)))
    officer = own_bank.person("li.wenbo")
    done = set(re.findall(r'<g class="lf-node lf-done" id="node-(\w+)"', officer.get(f"/cases/{case.id}").text))
    assert {"PreReview", "Assessment", "Route", "BureauQuery"} <= done
    review = own_bank.task(case)
    own_bank.engine.send_back(review.id, "PreReview", reason="流水缺失", by=Actor("wang.fang", groups=("reviewer",)))
    page = officer.get(f"/cases/{case.id}").text
    left = set(re.findall(r'<g class="lf-node lf-done" id="node-(\w+)"', page))
    assert left == done - {"PreReview", "PreReviewConclusion", "Assessment", "Route", "RouteTaken"}
    assert re.search(r'<g class="lf-node lf-current" id="node-PreReview"', page)
    assert "退回" in page


def test_the_drawing_grows_and_shrinks_by_links(officer, case):
    widths = [
        float(re.search(r'class="lf-drawing"[^>]* width="([\d.]+)"', officer.get(f"/cases/{case.id}?zoom={zoom}").text)[1])
        for zoom in (50, 100)
    ]
    assert widths[1] == pytest.approx(2 * widths[0])
    assert officer.get(f"/cases/{case.id}?zoom=9999999").status_code == 200


def test_personal_identifiers_are_masked(officer, case):
    for path in ("", "/data", "/audit"):
        page = officer.get(f"/cases/{case.id}{path}").text
        for secret in ("420106199003072338", "13812346672", "6222021234567890123"):
            assert secret not in page, path
    assert "4201••••2338" in officer.get(f"/cases/{case.id}/data").text


def test_a_decision_is_explained_cell_by_cell(bank, officer, case):
    page = officer.get(f"/cases/{case.id}/decisions").text
    assert "lf-dt-hit" in page
    assert "lf-dt-true" in page
    assert "命中策略" in page
    record = bank.engine.decisions(case.id)[0]
    assert officer.get(f"/cases/{case.id}/decisions/{record.id}").status_code == 200


def test_a_decision_of_another_case_is_not_found(bank, officer, case):
    other = bank.engine.decisions(bank.case().id)[0]
    assert officer.get(f"/cases/{case.id}/decisions/{other.id}").status_code == 404


def test_the_audit_page_holds_every_entry_with_its_hash(bank, officer, case):
    page = officer.get(f"/cases/{case.id}/audit").text
    history = bank.engine.history(case.id)
    assert page.count('class="hash"') == len(history)
    assert history[-1].hash[:10] in page
    assert f"共 {len(history)} 条" in page


def test_a_changed_entry_is_found_and_named(own_bank):
    case = own_bank.case()
    with own_bank.engine.store.engine.begin() as connection:
        connection.exec_driver_sql("update loanflow_audit_entries set actor = 'somebody' where seq = 3")
    auditor = own_bank.person("wu.hao")
    page = auditor.get(f"/cases/{case.id}/audit").text
    assert "哈希链断裂" in page
    assert "第 3 条" in page
    assert "1 条哈希链断裂" in auditor.get("/audit").text


def test_cases_are_found_by_number_and_by_name(bank, officer, case):
    for text in (case.business_key, case.business_key[:9], "张晓"):
        assert case.business_key in officer.get("/cases", query_string={"q": text}).text
    nothing = officer.get("/cases", query_string={"q": "100%_none"}).text
    assert "没有符合条件的案件" in nothing
    assert "100%_none" in nothing


def test_pages_speak_english(bank, case):
    person = bank.person("li.wenbo")
    person.post("/language", {"language": "en"})
    page = person.get(f"/cases/{case.id}").text
    assert '<html lang="en"' in page
    assert "Pre-review" in page
    assert "Timeline" in page
    assert "时间线" not in page
