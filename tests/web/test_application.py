"""Starting an application from its start form."""

import re

import pytest

from tests.web.bank import APPLICATION

PATH = "/applications/new/personal-credit"


@pytest.fixture(scope="module")
def officer(bank):
    return bank.person("li.wenbo")


def test_the_products_are_listed(officer):
    page = officer.get("/applications/new").text
    assert "个人信用贷" in page
    assert "企业贷款" in page


def test_the_start_form_starts_a_case(bank, officer):
    page = officer.get(PATH).text
    number = re.search(r'name="application_id" value="(\w{8})"', page)[1]
    answer = officer.post(PATH, {**APPLICATION, "application_id": number})
    assert answer.status_code == 302
    case = bank.engine.case(answer.headers["Location"].rsplit("/", 1)[1])
    assert case.business_key == f"LN-20261123-{number}"
    assert case.started_by == "li.wenbo"
    assert bank.engine.variables(case.id)["amount"] == 80000


def test_the_same_page_sent_twice_starts_one_case(bank, officer):
    page = officer.get(PATH).text
    number = re.search(r'name="application_id" value="(\w{8})"', page)[1]
    first = officer.post(PATH, {**APPLICATION, "application_id": number})
    second = officer.post(PATH, {**APPLICATION, "application_id": number})
    assert first.headers["Location"] == second.headers["Location"]


def test_a_wrong_application_says_what_is_wrong(officer):
    answer = officer.post(PATH, {**APPLICATION, "phone": "12", "amount": "80050", "bureau_consent": ""})
    assert answer.status_code == 422
    assert "请输入 11 位手机号" in answer.text
    assert "须勾选此项" in answer.text
    assert 'value="张晓岚"' in answer.text


def test_conditions_are_the_servers(officer):
    page = officer.post(f"{PATH}/form", {**APPLICATION, "employment": "retired"}).text
    assert 'name="employer"' not in page
    assert 'name="monthly_income"' in page


def test_an_unknown_product_is_not_found(officer):
    assert officer.get("/applications/new/no-such").status_code == 404
