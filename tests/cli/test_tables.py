"""Decision tables on the command line: tried against rows of cases, and carried to a workbook and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from loanflow import dmn
from loanflow.cli import main
from loanflow.errors import DefinitionError

openpyxl = pytest.importorskip("openpyxl")

ROOT = Path(__file__).parents[2]
TABLES = ROOT / "decision_tables"
RISK = str(TABLES / "risk_grade.dmn")
PRICING = str(TABLES / "pricing.dmn")


def run(*arguments, exit_code=0):
    result = CliRunner().invoke(main, [str(one) for one in arguments], catch_exceptions=False)
    assert result.exit_code == exit_code, result.output
    return result.output


def written(path, *rows):
    path.write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
    return path


# --- loanflow test


def test_rows_that_hold_are_counted(tmp_path):
    cases = written(tmp_path / "c.csv", ("case", "risk_grade", "term_months", "base_rate"), ("short", "A", "12", "4.35"))
    assert "1 cases: 1 passed, 0 failed" in run("test", PRICING, cases, "--decision", "base_rate")


def test_a_row_that_fails_is_explained_cell_by_cell(tmp_path):
    cases = written(tmp_path / "c.csv", ("case", "risk_grade", "term_months", "base_rate"), ("短期", "A", "12", "9.99"))
    text = run("test", PRICING, cases, "--decision", "base_rate", exit_code=1)
    assert "line 2: 短期: failed" in text
    assert "base_rate: expected 9.99, found 4.35" in text
    assert "✓" in text
    assert "1 cases: 0 passed, 1 failed" in text


def test_labels_name_columns_and_null_is_a_value(tmp_path):
    model = dmn.load(PRICING)
    table = next(one for one in model.models[0].decisions if one.id == "base_rate").logic
    assert isinstance(table, dmn.DecisionTable)
    labels = [clause.title for clause in table.inputs]
    cases = written(tmp_path / "c.csv", (*labels, table.outputs[0].title), ("A", "12", "4.35"), ("Z", "12", "null"))
    assert "2 passed" in run("test", PRICING, cases, "--decision", "base_rate")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_cases_are_read_as_spreadsheets_save_them(tmp_path, encoding, separator):
    cases = tmp_path / "c.csv"
    rows = [("案例", "risk_grade", "term_months", "base_rate"), ("短期", "A", "12", "4.35"), ("没有", "Z", "12", "9.99")]
    cases.write_bytes("\r\n".join(separator.join(row) for row in rows).encode(encoding))
    text = run("test", PRICING, cases, "--decision", "base_rate", exit_code=1)
    assert "没有: failed" in text
    assert "1 passed, 1 failed" in text


def test_what_would_be_overlooked_is_refused(tmp_path):
    cases = written(tmp_path / "c.csv", ("risk_grade", "given: risk_grade", "base_rate"), ("A", "B", "4.35"))
    assert "two columns give risk_grade" in run("test", PRICING, cases, "--decision", "base_rate", exit_code=1)
    written(cases, ("risk_grade", "base_rate"), ("A", "4.35", "12"))
    assert "line 2 has a value in a column without heading" in run("test", PRICING, cases, "--decision", "base_rate", exit_code=1)


def test_merged_cells_are_refused(tmp_path):
    book = openpyxl.Workbook()
    for row in (("risk_grade", "term_months", "base_rate"), ("A", 12, 4.35), (None, 24, 4.75)):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    book.save(tmp_path / "c.xlsx")
    text = run("test", PRICING, tmp_path / "c.xlsx", "--decision", "base_rate", exit_code=1)
    assert "A2:A3 merged; unmerge them" in text


def test_a_text_that_looks_like_a_number_is_shown_in_quotes():
    text = run("decide", PRICING, "--decision", "base_rate", "--input", '{"risk_grade": "7", "term_months": 12}', "--explain")
    assert '"7"' in text


def test_decisions_are_listed_with_their_names():
    text = run("decide", PRICING, "--decision", "nothing", exit_code=2)
    assert "base_rate (" in text


def test_an_unknown_column_names_the_nearest(tmp_path):
    cases = written(tmp_path / "c.csv", ("risk_grad", "base_rate"), ("A", "4.35"))
    text = run("test", PRICING, cases, "--decision", "base_rate", exit_code=1)
    assert "did you mean 'risk_grade'" in text


def test_cases_without_an_expectation_are_refused(tmp_path):
    cases = written(tmp_path / "c.csv", ("risk_grade",), ("A",))
    assert "no column says what is expected" in run("test", PRICING, cases, "--decision", "base_rate", exit_code=1)


def test_cases_may_be_a_workbook(tmp_path):
    book = openpyxl.Workbook()
    for row in (("risk_grade", "term_months", "base_rate"), ("A", 12, 4.35)):
        book.active.append(row)
    book.save(tmp_path / "c.xlsx")
    assert "1 passed" in run("test", PRICING, tmp_path / "c.xlsx", "--decision", "base_rate")


def test_several_decisions_ask_for_a_choice(tmp_path):
    cases = written(tmp_path / "c.csv", ("x",), ("1",))
    assert "--decision" in run("test", TABLES, cases, exit_code=2)


def test_a_formula_among_the_cases_is_refused(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(("risk_grade", "base_rate"))
    book.active.append(("A", "=4+0.35"))
    book.save(tmp_path / "c.xlsx")
    assert "cell B2 is a formula" in run("test", PRICING, tmp_path / "c.xlsx", "--decision", "base_rate", exit_code=1)


# --- loanflow export


@pytest.mark.parametrize("path", sorted(TABLES.glob("*.dmn")), ids=lambda path: path.name)
def test_there_and_back_changes_not_one_byte(tmp_path, path):
    target = tmp_path / path.name
    target.write_bytes(path.read_bytes())
    run("export", target, tmp_path / "t.xlsx")
    assert "nothing has changed" in run("export", tmp_path / "t.xlsx", "--into", target)
    assert target.read_bytes() == path.read_bytes()


@pytest.fixture
def pricing(tmp_path):
    target = tmp_path / "pricing.dmn"
    target.write_bytes((TABLES / "pricing.dmn").read_bytes())
    run("export", target, tmp_path / "pricing.xlsx")
    return target


def edited(pricing, edit, **options):
    path = pricing.with_suffix(".xlsx")
    book = openpyxl.load_workbook(path)
    page = next(one for one in book.worksheets if one["B1"].value == "base_rate")
    edit(page)
    book.save(path)
    return run("export", path, "--into", pricing, **options)


def rules(path):
    table = next(one for one in dmn.read(path.read_bytes(), file="x").decisions if one.id == "base_rate").logic
    assert isinstance(table, dmn.DecisionTable)
    return [(*(one.text for one in rule.inputs), *(one.text for one in rule.outputs)) for rule in table.rules]


def test_an_edited_cell_changes_that_cell_alone(pricing):
    before = pricing.read_bytes()

    def edit(page):
        page["D8"] = 4.4

    edited(pricing, edit)
    assert rules(pricing)[0][-1] == "4.4"
    old, new = before.splitlines(), pricing.read_bytes().splitlines()
    assert [line.strip() for line, other in zip(new, old, strict=True) if line != other] == [b"<text>4.4</text>"]


def test_rules_are_added_moved_and_deleted(pricing):
    before = rules(pricing)

    def edit(page):
        page.delete_rows(9)
        page.append([None, '"A","B"', "> 360", 7.5, "更长 <期限> & 更贵", None])
        page.append([None, '"U"', "=5", "1", None, None])
        page.cell(page.max_row, 3).data_type = "s"

    edited(pricing, edit)
    after = rules(pricing)
    assert after == [before[0], *before[2:], ('"A","B"', "> 360", "7.5"), ('"U"', "=5", "1")]
    assert dmn.read(pricing.read_bytes(), file="x").decisions[0].logic.rules[-2].description == "更长 <期限> & 更贵"


def test_columns_are_not_changed_by_a_workbook(pricing):
    def edit(page):
        page["B5"] = "another"

    before = pricing.read_bytes()
    assert "columns are changed in Camunda Modeler" in edited(pricing, edit, exit_code=1)
    assert pricing.read_bytes() == before


def test_no_cell_is_a_formula_whatever_it_begins_with(tmp_path):
    from tests.dmn.written import decision, file, table

    texts = ['"=cmd()"', "=5", "-", "-5", '@"2026-01-01"', "+1", " < 5\n", '"<&>"']
    path = tmp_path / "t.dmn"
    path.write_bytes(file(decision(table(["x"], ["r"], [[text, text] for text in texts], descriptions=["=1+1"]))))
    run("export", path, tmp_path / "t.xlsx")
    page = openpyxl.load_workbook(tmp_path / "t.xlsx").worksheets[0]
    assert {cell.data_type for row in page.iter_rows() for cell in row} <= {"s", "n"}
    assert [page.cell(8 + n, 2).value for n in range(len(texts))] == [text.strip() for text in texts]
    before = path.read_bytes()
    run("export", tmp_path / "t.xlsx", "--into", path)
    assert path.read_bytes() == before


def test_cells_written_in_other_ways_are_kept_and_can_be_edited(tmp_path):
    path = tmp_path / "t.dmn"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<d:definitions xmlns:d="https://www.omg.org/spec/DMN/20191111/MODEL/" id="i" name="n" '
        'namespace="x"><d:decision id="k" name="k"><d:decisionTable><d:input><d:inputExpression><d:text>x</d:text></d:inputExpression>'
        '</d:input><d:output name="r"/><!-- first --><d:rule><d:inputEntry><d:text><![CDATA[< 5]]></d:text></d:inputEntry><d:outputEntry>'
        '<d:text>&quot;a > b&quot;</d:text></d:outputEntry></d:rule><!-- second --><d:rule id="r2"><d:inputEntry><d:text/></d:inputEntry>'
        "<d:outputEntry><d:text>1</d:text></d:outputEntry></d:rule></d:decisionTable></d:decision></d:definitions>",
        encoding="utf-8",
    )
    before = path.read_text()
    run("export", path, tmp_path / "t.xlsx")
    assert "nothing has changed" in run("export", tmp_path / "t.xlsx", "--into", path)
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    book.worksheets[0]["B9"] = ">= 5"
    book.worksheets[0]["D8"] = "why"
    book.save(tmp_path / "t.xlsx")
    run("export", tmp_path / "t.xlsx", "--into", path)
    expected = before.replace("<d:text/>", "<d:text>&gt;= 5</d:text>").replace(
        "<d:rule><d:input", "<d:rule><d:description>why</d:description><d:input"
    )
    assert path.read_text() == expected


@pytest.mark.parametrize(
    ("declared", "codec"), [("GB18030", "gb18030"), ("UTF-16", "utf-16"), ("ISO-8859-1", "latin-1"), ("UTF-8", "utf-8-sig")]
)
def test_a_file_stays_in_the_encoding_that_it_declares(tmp_path, declared, codec):
    name = "Größe" if codec == "latin-1" else "贷款审批"
    written_text = TABLE_OF_TWO.replace("UTF-8", declared).replace("NAME", name)
    path = tmp_path / "t.dmn"
    path.write_bytes(written_text.encode(codec))
    run("export", path, tmp_path / "t.xlsx")
    assert "nothing has changed" in run("export", tmp_path / "t.xlsx", "--into", path)
    assert path.read_bytes() == written_text.encode(codec)
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    book.worksheets[0]["C8"] = '"通过"'
    book.save(tmp_path / "t.xlsx")
    run("export", tmp_path / "t.xlsx", "--into", path)
    edited = written_text.replace('"yes"', "&#36890;&#36807;".join('""') if codec == "latin-1" else '"通过"')
    assert path.read_bytes().decode(codec) == edited
    assert dmn.load(path).evaluate("k", {"x": 1}).value == "通过"


def test_a_file_that_does_not_keep_to_its_encoding_is_left_alone(tmp_path):
    data = TABLE_OF_TWO.replace("UTF-8", "ISO-2022-KR").encode()
    with pytest.raises(DefinitionError, match="dmn/encoding"):
        dmn.with_rules(data.replace(b"NAME", b"\xff\xff"), file="t.dmn", tables={})
    with pytest.raises(DefinitionError, match="dmn/encoding"):
        dmn.with_rules(data.replace(b"ISO-2022-KR", b"no-such-encoding"), file="t.dmn", tables={})


TABLE_OF_TWO = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="i" name="NAME" namespace="x"><decision id="k" name="k">
<decisionTable><input><inputExpression><text>x</text></inputExpression></input><output name="r"/>
<rule id="r1"><inputEntry><text>&lt; 5</text></inputEntry><outputEntry><text>"yes"</text></outputEntry></rule>
<rule id="r2"><inputEntry><text>&gt;= 5</text></inputEntry><outputEntry><text>"no"</text></outputEntry></rule>
</decisionTable></decision></definitions>
"""


def test_an_empty_table_takes_its_first_rules(tmp_path):
    from tests.dmn.written import decision, file, table

    path = tmp_path / "t.dmn"
    path.write_bytes(file(decision(table(["x"], ["r"], []))))
    run("export", path, tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    book.worksheets[0].append([None, "-", 1])
    book.save(tmp_path / "t.xlsx")
    run("export", tmp_path / "t.xlsx", "--into", path)
    assert dmn.load(path).evaluate("decision", {"x": 5}).value == 1


def test_an_entry_of_a_context_can_be_expected(tmp_path):
    rows = [
        ("risk_grade", "term_months", "amount", "existing_customer", "purpose", "credit_report.id", "expected: annual_rate"),
        ("B", "24", "80000", "true", "renovation", "1", "5.9"),
    ]
    cases = written(tmp_path / "c.csv", *rows)
    assert "1 passed" in run("test", PRICING, cases, "--decision", "pricing")


@pytest.mark.parametrize("dialect", ["spec", "camunda7", "camunda8"])
@pytest.mark.parametrize(("policy", "aggregation", "expected"), [("COLLECT", "", '"[7]"'), ("COLLECT", "SUM", "7"), ("FIRST", "", "7")])
def test_what_several_rules_collect_is_a_list_and_a_sum_is_not(tmp_path, dialect, policy, aggregation, expected):
    from tests.dmn.written import decision, file, table

    path = tmp_path / "t.dmn"
    body = table(["x"], [{"name": "r", "typeRef": "number"}], [["< 5", "7"], [">= 5", "8"]], policy=policy, aggregation=aggregation)
    path.write_bytes(file(decision(body), dialect=dialect))
    cases = written(tmp_path / "c.csv", ("x", "r"), ("1", expected))
    assert "1 passed" in run("test", path, cases)
