"""Two hundred made-up applications: fictional persons and firms, the same on every machine.

National ids and credit codes are well-formed (their check digits hold) but lie in an administrative region that does
not exist (99), so they belong to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from loanflow.lending.bureau import Standing, standing_of
from loanflow.lending.draws import Draws

PERSONAL = "personal-credit"
ENTERPRISE = "enterprise-credit"
SAMPLES_A_DAY = 8
_LARGE = frozenset({153, 155, 158})
"""Recent applicants for large amounts: reviewers find work on their desks."""

_OFFICERS = ("li.wenbo", "zhang.ning", "liu.yang", "huang.xin")
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN_NAMES = "子轩雨桐浩然思远晓岚佳怡立群建国静宜文博志强秀英海燕明辉丽娜国栋春梅宇航欣然伟业"
_GIVEN = tuple(_GIVEN_NAMES[at : at + 2] for at in range(0, len(_GIVEN_NAMES), 2))
_EMPLOYERS = (
    "江汉机电有限公司",
    "云栖软件有限公司",
    "锦程物流有限公司",
    "明泽精密零件厂",
    "东湖第三小学",
    "长丰百货商场",
    "南望建材经营部",
    "晨曦食品有限公司",
)
_FIRM_NAMES = ("锦程", "明泽", "云帆", "恒达", "新禾", "远望", "鼎盛", "瑞丰", "嘉禾", "海川")
_PLACES = ("武汉", "苏州", "杭州", "成都", "长沙", "合肥", "南昌", "郑州")
_TRADES = (
    ("manufacturing", "精密制造"),
    ("trade", "商贸"),
    ("technology", "软件科技"),
    ("construction", "建筑工程"),
    ("property", "置业"),
    ("agriculture", "农业发展"),
    ("services", "物流"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a script needs beside the form: how this customer behaves, and how long people take.

    ``missing_rounds`` is how often material is found missing; ``withdraws`` says the customer gives up when asked for
    it, ``lapses`` that they never answer. ``review_delay`` is how long the review lies. ``mood`` (0 to 1) tips
    decisions that the figures leave open. ``returned_once`` sends an enterprise back from the final decision;
    ``health`` is what its investigators find and ``statements`` the figures its officer uploads.
    """

    missing_rounds: int = 0
    withdraws: bool = False
    lapses: bool = False
    review_delay: timedelta = timedelta(hours=1)
    mood: float = 0.5
    recusals: tuple[str, ...] = ()
    returned_once: bool = False
    health: str = "sound"
    statements: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType[str, Decimal]({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One sample: which product, under which business key, submitted by which officer, with which form values."""

    product: str
    key: str
    officer: str
    arrives_after: timedelta
    variables: Mapping[str, Any]
    plan: Plan = field(default_factory=Plan)


def sample_applications(count: int = 200) -> tuple[Application, ...]:
    """Return the samples in the order they come in: four of five are persons.

    The first ``n`` samples of a longer list are the samples of the list of ``n``.

    >>> sample_applications(3) == sample_applications(5)[:3]
    True
    """
    found: list[Application] = []
    numbers = {PERSONAL: 0, ENTERPRISE: 0}
    for index in range(count):
        product = ENTERPRISE if index % 5 == 3 else PERSONAL
        numbers[product] += 1
        make = _enterprise if product == ENTERPRISE else _personal
        found.append(make(numbers[product], _arrival(index)))
    return tuple(found)


def _arrival(index: int) -> timedelta:
    # Between nine and half past four.
    day, place = divmod(index, SAMPLES_A_DAY)
    return timedelta(days=day, hours=9, minutes=place * 55 + Draws("arrival", index).whole(0, 40))


# Persons


def _personal(number: int, arrives_after: timedelta) -> Application:
    key = f"PC-{number:04d}"
    draws = Draws("personal", number)
    tier = draws.pick(("strong", "middling", "weak"), (0.5, 0.32, 0.18))
    large = number in _LARGE
    if large:
        tier = "strong"
    age = draws.whole(23, 58)
    standing = draws.pick(
        (Standing.UNKNOWN, Standing.PRIME, Standing.FAIR, Standing.WEAK, Standing.BAD),
        {
            "strong": (0.0 if large else 0.03, 0.80, 0.15, 0.02, 0.0),
            "middling": (0.08, 0.30, 0.45, 0.15, 0.02),
            "weak": (0.10, 0.08, 0.30, 0.35, 0.17),
        }[tier],
    )
    income = draws.whole(*{"strong": (90, 260), "middling": (50, 120), "weak": (22, 70)}[tier]) * 100
    employment = draws.pick(
        ("public", "employed", "self_employed", "retired", "none"),
        {"strong": (0.3, 0.6, 0.1, 0.0, 0.0), "middling": (0.1, 0.6, 0.25, 0.05, 0.0), "weak": (0.02, 0.5, 0.3, 0.06, 0.12)}[tier],
    )
    amount = draws.whole(*{"strong": (20, 180), "middling": (20, 120), "weak": (10, 100)}[tier]) * 1000
    if tier == "strong" and (draws.chance(0.06) or large):
        amount, income = draws.whole(210, 300) * 1000, max(income, 14_000)
    purpose = draws.pick(
        ("consumption", "renovation", "education", "medical", "vehicle", "other", "property", "securities"),
        (0.34, 0.26, 0.12, 0.06, 0.14, 0.05, 0.02, 0.01),
    )
    working = employment not in ("retired", "none")
    variables: dict[str, Any] = {
        "applicant": draws.pick(_SURNAMES) + draws.pick(_GIVEN),
        "phone": f"1990000{draws.whole(0, 9999):04d}",
        "national_id": _national_id(draws, age, standing),
        "employment": employment,
        "residence": draws.pick(("own", "mortgage", "family", "rent"), (0.3, 0.3, 0.15, 0.25)),
        "monthly_income": income,
        "monthly_debt": round(income * draws.share() * {"strong": 0.15, "middling": 0.3, "weak": 0.5}[tier] / 100) * 100,
        "amount": amount,
        "term_months": draws.pick((12, 24, 36), (0.35, 0.35, 0.3)),
        "purpose": purpose,
        "account_no": f"622299{draws.whole(10**9, 10**10 - 1)}",
        "existing_customer": draws.chance(0.35),
        "bureau_consent": True,
    }
    if working:
        variables["employer"] = draws.pick(_EMPLOYERS)
        variables["years_employed"] = draws.whole(*{"strong": (3, 20), "middling": (1, 10), "weak": (0, 4)}[tier])
    missing = 0 if large else draws.pick((0, 1, 2, 4), (0.84, 0.11, 0.03, 0.02))
    plan = Plan(
        missing_rounds=missing,
        withdraws=missing > 0 and draws.chance(0.15),
        lapses=missing > 0 and number <= 70 and draws.chance(0.15),
        review_delay=draws.pick(
            (timedelta(minutes=40), timedelta(hours=2, minutes=10), timedelta(hours=5), timedelta(hours=20), timedelta(hours=60)),
            (0.40, 0.30, 0.16, 0.10, 0.04),
        ),
        mood=draws.share(),
    )
    return Application(
        product=PERSONAL,
        key=key,
        officer=draws.pick(_OFFICERS),
        arrives_after=arrives_after,
        variables=MappingProxyType(variables),
        plan=plan,
    )


def _national_id(draws: Draws, age: int, standing: Standing) -> str:
    # Born so many years before 2026, in a region that does not exist; the sequence is chosen so that the simulated
    # bureau knows the person the way the sample wants it.
    born = f"{2026 - age - 1}{draws.whole(1, 12):02d}{draws.whole(1, 28):02d}"
    region = f"9901{draws.whole(1, 20):02d}"
    start = draws.whole(0, 998)
    for step in range(999):
        body = f"{region}{born}{(start + step) % 999 + 1:03d}"
        full = body + id_check_digit(body)
        if standing_of(full) is standing:
            return full
    raise AssertionError(f"no sequence of {region}{born} is {standing}")


def id_check_digit(body: str) -> str:
    """Return the check digit of a resident identity number (GB 11643, ISO 7064 MOD 11-2).

    >>> id_check_digit("11010519491231002")
    'X'
    """
    weighted = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return "10X98765432"[weighted % 11]


# Enterprises

_PERCENT: Mapping[str, Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        "sound": {"debt": (22, 50), "liquidity": (130, 220), "growth": (102, 125), "margin": (5, 14), "cash": (60, 180)},
        "fair": {"debt": (45, 68), "liquidity": (95, 160), "growth": (95, 110), "margin": (1, 6), "cash": (20, 90)},
        "strained": {"debt": (66, 92), "liquidity": (60, 110), "growth": (75, 99), "margin": (-8, 1), "cash": (-30, 20)},
    }
)
_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def _enterprise(number: int, arrives_after: timedelta) -> Application:
    key = f"EC-{number:04d}"
    draws = Draws("enterprise", number)
    industry, trade = draws.pick(_TRADES, (0.26, 0.2, 0.18, 0.12, 0.08, 0.06, 0.1))
    health = draws.pick(("sound", "fair", "strained"), (0.5, 0.33, 0.17))
    amount = draws.pick((800_000, 2_000_000, 3_500_000, 6_000_000, 12_000_000, 25_000_000), (0.16, 0.28, 0.2, 0.16, 0.12, 0.08))
    assets = Decimal(amount * draws.whole(3, 9))
    percent = _PERCENT[health]
    liabilities = assets * draws.whole(*percent["debt"]) / 100
    current_liabilities = liabilities * draws.whole(50, 80) / 100
    current_assets = min(assets, current_liabilities * draws.whole(*percent["liquidity"]) / 100)
    revenue = assets * draws.whole(60, 160) / 100
    variables: dict[str, Any] = {
        "company": f"{draws.pick(_PLACES)}{draws.pick(_FIRM_NAMES)}{trade}有限公司",
        "uscc": _credit_code(draws),
        "legal_representative": draws.pick(_SURNAMES) + draws.pick(_GIVEN),
        "industry": industry,
        "phone": f"027-8700{draws.whole(0, 9999):04d}",
        "amount": amount,
        "term_months": draws.pick((12, 24, 36), (0.6, 0.25, 0.15)),
        "collateral": draws.pick(("mortgage", "pledge", "guarantee", "none"), (0.4, 0.15, 0.3, 0.15)),
        "account_no": f"4200{draws.whole(10**11, 10**12 - 1)}",
        "purpose": draws.pick(("采购原材料", "扩建产线", "补充流动资金", "支付工程款", "采购设备")),
        "credit_consent": True,
    }
    statements = {
        "total_assets": assets,
        "total_liabilities": liabilities,
        "current_assets": current_assets,
        "current_liabilities": current_liabilities,
        "revenue": revenue,
        "previous_revenue": revenue * 100 / draws.whole(*percent["growth"]),
        "net_profit": revenue * draws.whole(*percent["margin"]) / 100,
        "operating_cash_flow": Decimal(amount) * draws.whole(*percent["cash"]) / 100,
    }
    plan = Plan(
        health=health,
        statements=MappingProxyType({name: figure.quantize(Decimal("0.01")) for name, figure in statements.items()}),
        mood=draws.share(),
        recusals=tuple(member for member in ("zhao.min", "he.ying") if draws.chance(0.06)),
        returned_once=draws.chance(0.10),
    )
    return Application(
        product=ENTERPRISE,
        key=key,
        officer=draws.pick(_OFFICERS),
        arrives_after=arrives_after,
        variables=MappingProxyType(variables),
        plan=plan,
    )


def _credit_code(draws: Draws) -> str:
    body = "91990100" + "".join(draws.pick(_CODE) for _ in range(9))
    return body + credit_code_check(body)


def credit_code_check(body: str) -> str:
    """Return the check character of a unified social credit code (GB 32100, MOD 31-3).

    >>> credit_code_check("91350100M000100Y4")
    '3'
    """
    weighted = sum(_CODE.index(sign) * pow(3, place, 31) for place, sign in enumerate(body))
    return _CODE[(31 - weighted % 31) % 31]
