"""The simulated world outside: bureau, ledger, notices, reasons, staff, made-up applications."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from threading import Thread

import pytest

from loanflow.lending import (
    ENTERPRISE,
    PERSONAL,
    REASONS,
    STAFF,
    BureauBusy,
    BureauDown,
    DisbursementLedger,
    NoCreditFile,
    Outbox,
    SimulatedBureau,
    SimulatedCreditAgency,
    connectors,
    reasons_for,
    sample_applications,
)
from loanflow.lending.applications import credit_code_check, id_check_digit
from loanflow.lending.bureau import Standing, made_up_report, standing_of
from loanflow.lending.ledger import DifferentOrder
from loanflow.lending.notices import UnknownTemplate, masked_phone
from loanflow.lending.staff import actor, in_groups


def ids(standing: Standing, count: int) -> list[str]:
    found = (f"99010119900101{number:04d}" for number in range(20000))
    return [each for each in found if standing_of(each) is standing][:count]


def test_the_bureau_answers_the_same_for_ever() -> None:
    person = ids(Standing.FAIR, 1)[0]
    assert made_up_report(person) == made_up_report(person)
    assert (made_up_report(person).report_no or "").startswith("SIM-")


def test_the_bureau_does_not_know_everybody() -> None:
    bureau = SimulatedBureau()
    person = ids(Standing.UNKNOWN, 1)[0]
    with suppress(BureauBusy, NoCreditFile):
        bureau.query(person, idempotency_key="job")
    with pytest.raises(NoCreditFile):
        bureau.query(person, idempotency_key="job")


def test_the_bureau_is_busy_once_at_most() -> None:
    bureau = SimulatedBureau()
    busy = 0
    for person in ids(Standing.PRIME, 200):
        try:
            bureau.query(person, idempotency_key=person)
        except BureauBusy:
            busy += 1
            bureau.query(person, idempotency_key=person)
    assert 4 <= busy <= 40


def test_the_bureau_is_down_as_often_as_it_is_told() -> None:
    bureau = SimulatedBureau()
    person = ids(Standing.PRIME, 1)[0]
    bureau.fail(person, 2)
    for _ in range(2):
        with pytest.raises(BureauDown):
            bureau.query(person, idempotency_key="job")
    assert bureau.query(person, idempotency_key="job").overdue_24m == 0


@pytest.mark.parametrize(("standing", "worst"), [(Standing.PRIME, 0), (Standing.FAIR, 1), (Standing.WEAK, 3), (Standing.BAD, 8)])
def test_reports_fit_the_standing(standing: Standing, worst: int) -> None:
    for person in ids(standing, 30):
        report = made_up_report(person)
        assert report is not None
        assert report.overdue_24m <= worst
        assert Decimal(0) <= report.card_utilisation < 1


def test_the_agency_answers_from_the_code() -> None:
    agency = SimulatedCreditAgency()
    assert agency.report("91990100MA4KLMNP0X") == agency.report("91990100MA4KLMNP0X")


def test_a_payment_is_booked_once(tmp_path: Path) -> None:
    ledger = DisbursementLedger(str(tmp_path / "core.db"))
    threads = [Thread(target=ledger.pay, args=("job-1",), kwargs={"account_no": "1", "amount": Decimal("10.50")}) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(payment.amount, payment.tries) for payment in ledger.payments()] == [(Decimal("10.50"), 8)]
    ledger.close()
    assert DisbursementLedger(str(tmp_path / "core.db")).total() == Decimal("10.50")


def test_a_key_is_not_used_for_another_order() -> None:
    ledger = DisbursementLedger()
    ledger.pay("job-1", account_no="1", amount=Decimal(10))
    with pytest.raises(DifferentOrder):
        ledger.pay("job-1", account_no="1", amount=Decimal(11))
    assert ledger.total() == 10


def test_a_notice_is_sent_once_and_masks_the_phone() -> None:
    outbox = Outbox()
    for _ in range(2):
        outbox.send("job-1", "personal-declined", "PC-1", {"phone": "13812341234", "reason_codes": ["S02", "S03"]})
    (notice,) = outbox.notices()
    assert notice.to == "138****1234"
    assert "13812341234" not in notice.text


@pytest.mark.parametrize("phone", ["", "1", "1234567"])
def test_short_phones_are_masked_whole(phone: str) -> None:
    assert masked_phone(phone) == "****"


def test_an_unknown_template_is_refused_by_name() -> None:
    with pytest.raises(UnknownTemplate, match="personal-declined"):
        Outbox().send("job-1", "personal-refused", "PC-1", {})


def test_a_decline_has_one_to_four_reasons() -> None:
    assert [reason.code for reason in reasons_for(["S01", "S01", "S02", "S03", "S04", "S05"])] == ["S01", "S02", "S03", "S04"]
    with pytest.raises(ValueError, match="at least one"):
        reasons_for([])
    with pytest.raises(ValueError, match="X99"):
        reasons_for(["X99"])


def test_no_reason_says_that_the_score_was_too_low() -> None:
    for reason in REASONS.values():
        assert "评分" not in reason.zh
        assert "score" not in reason.en.lower()


def test_every_code_the_tables_and_forms_give_is_in_the_library() -> None:
    import re

    root = Path(__file__).parents[2]
    texts = [path.read_text(encoding="utf-8") for folder in ("diagrams", "decision_tables") for path in (root / folder).glob("*.*")]
    codes = {code for text in texts for code in re.findall(r'(?<![\w-])"?([ECSM]\d\d)(?![\w-])', text)}
    assert codes <= set(REASONS)
    assert set(REASONS) <= codes


def test_the_topics_are_those_of_the_diagrams() -> None:
    import re

    root = Path(__file__).parents[2] / "diagrams"
    personal = (root / "personal-credit.bpmn").read_text(encoding="utf-8")
    enterprise = (root / "enterprise-credit.bpmn").read_text(encoding="utf-8")
    topics = set(re.findall(r'camunda:topic="([^"]+)"', personal)) | set(re.findall(r'taskDefinition type="([^"]+)"', enterprise))
    assert topics == connectors().topics


def test_staff_can_do_every_task_with_four_eyes_to_spare() -> None:
    for group, least in {"officer": 3, "reviewer": 2, "approver": 2, "approver-region": 2, "approver-head": 2}.items():
        assert len(in_groups((group,))) >= least, group
    assert len({person.id for person in STAFF}) == len(STAFF)
    assert actor("wang.fang").groups == ("reviewer",)
    assert [person.id for person in in_groups(("approver",))][:2] == ["zhou.qian", "lin.tao"]


def test_samples_are_the_same_everywhere() -> None:
    samples = sample_applications()
    assert samples == sample_applications()
    assert Counter(sample.product for sample in samples) == {PERSONAL: 160, ENTERPRISE: 40}
    assert len({sample.key for sample in samples}) == 200
    assert len({sample.variables["national_id"] for sample in samples if sample.product == PERSONAL}) == 160


def test_sample_identities_are_well_formed_and_belong_to_nobody() -> None:
    for sample in sample_applications():
        if sample.product == PERSONAL:
            number = sample.variables["national_id"]
            assert number[-1] == id_check_digit(number[:17])
            assert number.startswith("99")
        else:
            code = sample.variables["uscc"]
            assert code[-1] == credit_code_check(code[:17])
            assert code[2:4] == "99"
