"""Rehearsals: what they reach, what they say of what they did not, and that nothing makes them hang or crash."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanflow.testing.rehearsal import Refused, rehearse
from loanflow.testing.rehearsal.clues import Clues
from loanflow.testing.rehearsal.draws import Draws
from loanflow.testing.rehearsal.guesses import Guesses
from loanflow.testing.rehearsal.learning import learn
from loanflow.testing.rehearsal.patterns import text_like
from tests.testing.drawings import boundary, camunda7, camunda8, end, gateway, job, start, timer, topic, user

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CHOICE = camunda8(
    start(),
    user("ask", name="Ask"),
    gateway("good", name="Good?"),
    user("pay", name="Pay"),
    user("thank", name="Thank"),
    end(),
    end(id="no", name="Refused"),
    flows="""
        start -> ask -> good
        good -> pay: =score > 700
        pay -> thank -> end
        good -> no: default
    """,
)


def play(diagram, runs=60, **more):
    (found,) = rehearse({"loan.bpmn": diagram}, runs=runs, **more).processes
    return found


def files_of(folder, pattern="*"):
    return {str(path): path.read_bytes() for path in sorted((ROOT / folder).glob(pattern)) if path.suffix in (".bpmn", ".dmn", ".form")}


def test_conditions_say_which_values_are_worth_giving():
    found = play(CHOICE)
    assert (found.elements_reached, found.flows_reached) == (found.elements, found.flows)
    assert {end.name for end in found.ends} == {"Done", "Refused"}
    assert sum(way.runs for way in found.variants) == 60
    assert [way.runs for way in found.variants] == sorted((way.runs for way in found.variants), reverse=True)
    assert ("Asked", "Ask", "Good?: =score > 700", "Pay", "Thank", "Done") in {way.names for way in found.variants}
    assert found.given == (("score", ("Ask",)),)


@pytest.mark.parametrize("condition", ["${m.get('k') == 1}", "${n lt 3 and n ne 2}", "${null == x}", "${x != null}"])
def test_both_ways_of_a_condition_are_found(condition):
    found = play(
        camunda7(
            start(),
            gateway("ok"),
            end(),
            end(id="no", name="Refused"),
            flows=f"""
                start -> ok
                ok -> end: {condition}
                ok -> no: default
            """,
        )
    )
    assert {end.name for end in found.ends} == {"Done", "Refused"}


VOTE = """<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>
  <zeebe:loopCharacteristics inputCollection="=members" inputElement="m" outputCollection="votes" outputElement="={m: m, v: vote}" />
</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>"""


def test_what_is_collected_is_guessed_from_what_the_collection_is_compared_with():
    found = play(
        camunda8(
            start(),
            user("vote", VOTE),
            gateway("ok"),
            end(),
            end(id="no", name="Refused"),
            flows="""
                start -> vote -> ok
                ok -> no: =some x in votes satisfies x.v = "no"
                ok -> end: default
            """,
        )
    )
    assert {end.name for end in found.ends} == {"Done", "Refused"}


def ad_hoc(*elements):
    inside = '<bpmn:extensionElements><zeebe:adHoc activeElementsCollection="=chosen" /></bpmn:extensionElements>' + "".join(elements)
    drawn = f'<bpmn:adHocSubProcess id="some" name="Some of these">{inside}</bpmn:adHocSubProcess>'
    return camunda8(start(), drawn, end(), flows="start -> some -> end")


def test_an_ad_hoc_sub_process_begins_with_what_is_drawn_inside():
    found = play(ad_hoc(user("a", name="A"), user("b", name="B")))
    assert found.elements_reached == found.elements
    assert found.incidents == ()
    found = play(ad_hoc(user("a", name="A"), user("b", name="B")), given={"chosen": ["a"]})
    assert [(one.name, one.reason) for one in found.unreached] == [("B", '=chosen, the active elements of "Some of these", never named it')]


def test_what_stops_before_it_begins_is_said_to():
    late = boundary("late", "ask", "<bpmn:timerEventDefinition><bpmn:timeDuration>=hours</bpmn:timeDuration></bpmn:timerEventDefinition>")
    diagram = camunda8(start(timer("R/PT1H")), user("ask", name="Ask"), late, end(), flows="start -> ask -> end\n late -> end")
    assert any("stopped before it began" in one.reason for one in play(diagram).unreached)


def test_what_a_condition_looked_at_is_told_where_it_was_never_true():
    found = play(CHOICE, given={"score": 700})
    (missed,) = found.unreached
    assert (missed.name, missed.type) == ("Pay", "user task")
    assert missed.reason == 'the condition =score > 700 of flow good-pay from "Good?" was never true'
    assert missed.tried == ("score = 700",)
    assert missed.behind == ("Thank", "Done")
    assert [end.name for end in found.ends] == ["Refused"]


@pytest.mark.parametrize("path", sorted((ROOT / "diagrams/patterns").glob("*.bpmn")), ids=lambda path: path.stem)
def test_every_pattern_is_reached_in_full(path):
    files = {str(path): path.read_bytes(), **files_of("diagrams/patterns", "called-process.bpmn")}
    for found in rehearse(files, runs=150).processes:
        assert found.unreached == ()
        # Alone, the called process throws its error to nobody.
        assert [one.code for one in found.incidents] == (["uncaught-error"] if found.process == "pattern-called-process" else [])
        assert (found.elements_reached, found.flows_reached) == (found.elements, found.flows)


@pytest.mark.parametrize("product", ["personal", "enterprise"])
def test_the_products_are_played_with_their_own_tables_and_forms(product):
    found = rehearse({**files_of("diagrams", f"{product}-*"), **files_of("decision_tables")}, runs=120, seed=3).processes[0]
    assert found.incidents == ()
    assert {"已放款", "已拒绝"} <= {end.name for end in found.ends}
    assert found.elements_reached >= found.elements - 2
    assert not [one for one in found.stand_ins if one.kind in ("decision", "form", "process")]


def test_a_seed_gives_the_same_rehearsal_again():
    first, again, other = (rehearse({"a.bpmn": CHOICE}, runs=40, seed=seed).to_dict() for seed in (7, 7, 8))
    assert first == again
    assert first["processes"] != other["processes"]


def test_errors_time_and_messages_come_by_themselves():
    found = play(
        camunda8(
            start(),
            job("query", name="Query"),
            boundary("no-file", "query", '<bpmn:errorEventDefinition errorRef="E" />', name="No file"),
            user("review", name="Review"),
            boundary("late", "review", timer("P2D"), name="Late"),
            boundary("withdrawn", "review", '<bpmn:messageEventDefinition messageRef="M" />', name="Withdrawn", interrupting=False),
            end(),
            end(id="none", name="None"),
            end(id="timeout", name="Timeout"),
            end(id="noted", name="Noted"),
            flows="""
                start -> query -> review -> end
                no-file -> none
                late -> timeout
                withdrawn -> noted
            """,
            outside='<bpmn:error id="E" errorCode="NO_FILE" /><bpmn:message id="M" name="withdraw"><bpmn:extensionElements>'
            '<zeebe:subscription correlationKey="=loan_no" /></bpmn:extensionElements></bpmn:message>',
        )
    )
    assert found.unreached == ()
    assert found.incidents == ()
    assert [(one.kind, one.name) for one in found.stand_ins] == [("handler", "query")]


def test_a_late_timer_is_waited_for_behind_one_that_comes_again_and_again():
    found = play(
        camunda8(
            start(),
            user("answer", name="Answer"),
            boundary("daily", "answer", timer("R/P1D"), name="Daily", interrupting=False),
            boundary("late", "answer", timer("P7D"), name="Late"),
            job("remind", name="Remind"),
            end(),
            end(id="reminded", name="Reminded"),
            end(id="called", name="Called"),
            flows="""
                start -> answer -> end
                daily -> remind -> reminded
                late -> called
            """,
        )
    )
    assert found.unreached == ()
    assert {end.name for end in found.ends} == {"Done", "Reminded", "Called"}


def test_no_error_is_thrown_inside_an_interrupting_event_sub_process_for_another_one_beside_it():
    def beside(id, event, inside):
        body = f'<bpmn:startEvent id="{id}-start"><bpmn:outgoing>{id}-in</bpmn:outgoing>{event}</bpmn:startEvent>{inside}'
        return f'<bpmn:subProcess id="{id}" triggeredByEvent="true">{body}</bpmn:subProcess>'

    cancel = (
        '<bpmn:serviceTask id="cancel" name="Cancel"><bpmn:extensionElements><zeebe:taskDefinition type="cancel" />'
        "</bpmn:extensionElements>"
        "<bpmn:incoming>withdrawn-in</bpmn:incoming></bpmn:serviceTask>"
        '<bpmn:sequenceFlow id="withdrawn-in" sourceRef="withdrawn-start" targetRef="cancel" />'
    )
    tell = (
        '<bpmn:endEvent id="tell" name="Tell"><bpmn:incoming>failed-in</bpmn:incoming></bpmn:endEvent>'
        '<bpmn:sequenceFlow id="failed-in" sourceRef="failed-start" targetRef="tell" />'
    )
    found = play(
        camunda8(
            start(),
            user("review", name="Review"),
            end(),
            beside("withdrawn", '<bpmn:messageEventDefinition messageRef="M" />', cancel),
            beside("failed", '<bpmn:errorEventDefinition errorRef="E" />', tell),
            flows="start -> review -> end",
            outside='<bpmn:error id="E" errorCode="FAILED" /><bpmn:message id="M" name="withdraw"><bpmn:extensionElements>'
            '<zeebe:subscription correlationKey="=loan_no" /></bpmn:extensionElements></bpmn:message>',
        ),
        runs=200,
    )
    assert found.unreached == ()
    assert found.incidents == ()


def test_a_process_nobody_gave_is_stood_in_for_and_one_that_was_given_is_played():
    call = '<bpmn:callActivity id="call" name="Check"><bpmn:extensionElements><zeebe:calledElement processId="check"'
    call += ' propagateAllChildVariables="true" /></bpmn:extensionElements></bpmn:callActivity>'
    caller = camunda8(
        start(),
        call,
        gateway("ok", name="OK?"),
        end(),
        end(id="bad", name="Bad"),
        flows="""
            start -> call -> ok
            ok -> end: =genuine
            ok -> bad: default
        """,
    )
    alone = play(caller)
    assert alone.unreached == ()
    assert [(one.kind, one.name) for one in alone.stand_ins] == [("process", "check")]
    assert alone.given == (("genuine", ("Check",)),)
    called = camunda8(start(), user("look", name="Look"), end(), flows="start -> look -> end", id="check")
    (both,) = rehearse({"loan.bpmn": caller, "check.bpmn": called}, runs=60).processes
    assert both.stand_ins == ()
    assert both.elements == 5 + 3
    assert both.given == (("genuine", ("Look",)),)


@pytest.mark.parametrize(
    "call",
    [
        '<zeebe:calledDecision decisionId="grade" resultVariable="grade" bindingType="deployment" />',
        '<zeebe:calledDecision decisionId="grade" resultVariable="rating" />'
        '<zeebe:ioMapping><zeebe:output source="=rating.grade" target="grade" /></zeebe:ioMapping>',
        '<zeebe:calledDecision decisionId="grade" resultVariable="rating" />'
        '<zeebe:ioMapping><zeebe:output source="=if rating = null then null else rating.grade" target="grade" /></zeebe:ioMapping>',
    ],
    ids=["with a binding", "with an output mapping", "with an output mapping of branches"],
)
def test_a_decision_without_its_table_is_made_up_for_the_conditions_behind_it(call):
    task = f'<bpmn:businessRuleTask id="rate" name="Rate"><bpmn:extensionElements>{call}</bpmn:extensionElements></bpmn:businessRuleTask>'
    found = play(
        camunda8(
            start(),
            task,
            gateway("which", name="Which?"),
            end(),
            end(id="b"),
            end(id="c"),
            flows="""
                start -> rate -> which
                which -> end: =grade = "A"
                which -> b: =grade = "B"
                which -> c: default
            """,
        )
    )
    assert found.unreached == ()
    assert [(one.kind, one.name) for one in found.stand_ins] == [("decision", "grade")]


def test_lists_are_made_up_for_multi_instance():
    loop = '<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=guarantors"'
    loop += ' inputElement="person" /></bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>'
    found = play(camunda8(start(), user("sign", loop, name="Sign"), end(), flows="start -> sign -> end"))
    assert found.incidents == ()
    assert found.unreached == ()
    assert [name for name, _ in found.given] == ["guarantors"]


def test_registered_functions_are_stood_in_for():
    found = play(
        camunda7(
            start(),
            gateway("known", name="Known?"),
            end(),
            end(id="new", name="New"),
            flows="""
                start -> known
                known -> end: ${customers.isKnown(national_id)}
                known -> new: default
            """,
        )
    )
    assert found.unreached == ()
    assert [(one.kind, one.name) for one in found.stand_ins] == [("function", "customers.isKnown")]


def test_incidents_come_with_their_reason():
    found = play(
        camunda7(
            start(timer("R/P1D")),
            gateway("big", name="Big?"),
            end(),
            end(id="small", name="Small"),
            flows="""
                start -> big
                big -> end: ${amount > 5}
                big -> small: default
            """,
        )
    )
    (incident,) = found.incidents
    assert (incident.name, incident.type, incident.code, incident.runs) == ("Big?", "exclusive gateway", "expression-failed", 60)
    assert "reads a variable that does not exist" in incident.message
    assert [(end.element_id, end.name) for end in found.ends] == [(None, "stopped by an incident")]
    assert found.unreached[0].reason.startswith('every token that reached "Big?" stopped there: exclusive gateway')


def test_a_value_that_comes_from_nowhere_is_not_invented_behind_a_form():
    form = b'{"id": "f", "type": "default", "components": [{"id": "a", "key": "amount", "type": "number"}], "schemaVersion": 18}'
    drawn = camunda7(
        '<bpmn:startEvent id="start" name="Asked" camunda:formRef="f" camunda:formRefBinding="latest"></bpmn:startEvent>',
        gateway("big", name="Big?"),
        end(),
        end(id="small", name="Small"),
        flows="""
            start -> big
            big -> end: ${limit > 5}
            big -> small: default
        """,
    )
    (found,) = rehearse({"loan.bpmn": drawn, "f.form": form}, runs=20).processes
    assert "no variable limit" in found.incidents[0].message or "limit" in found.incidents[0].message
    (told,) = rehearse({"loan.bpmn": drawn, "f.form": form}, runs=20, given={"limit": 6}).processes
    assert told.incidents == ()


@pytest.mark.parametrize(
    "flows",
    ["start -> gate -> again -> gate", "start -> gate -> task -> gate"],
    ids=["automatic", "with a person"],
)
def test_an_endless_loop_ends_the_run_not_the_rehearsal(flows):
    middle = gateway("again") if "again" in flows else user("task")
    found = play(camunda8(start(), gateway("gate"), middle, flows=flows), runs=3)
    assert {way.outcome for way in found.variants} <= {"stuck", "unfinished"}


def test_it_stops_when_told_that_it_is_enough():
    asked = iter(range(10_000))
    result = rehearse({"a.bpmn": CHOICE}, runs=1_000, enough=lambda: next(asked) > 50)
    assert result.cut_short
    assert 0 < result.processes[0].runs < 1_000


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.bpmn", b""), ("a.bpmn", CHOICE[:700]), ("a.bpmn", CHOICE.replace(b"=score", b"=(score")), ("a.txt", b"x"), ("a.form", b"{}")],
)
def test_what_cannot_be_loaded_is_refused_with_the_findings_of_check(name, content):
    with pytest.raises(Refused) as refused:
        rehearse({name: content}, runs=1)
    assert refused.value.problems


def test_joins_that_never_complete_are_told():
    found = play(
        camunda8(
            start(),
            gateway("split", name="Split?"),
            user("one", name="One"),
            user("two", name="Two"),
            gateway("join", kind="parallel", name="Both"),
            end(),
            flows="""
                start -> split
                split -> one: =left
                split -> two: default
                one -> join
                two -> join -> end
            """,
        )
    )
    assert [incident.code for incident in found.incidents] == ["join-stuck"]
    assert [one.name for one in found.unreached] == ["Done"]
    assert "stopped there" in found.unreached[0].reason


def test_topics_and_people_are_asked_for_what_is_read_next():
    found = play(
        camunda7(
            start(),
            topic("score", name="Score"),
            gateway("high", name="High?"),
            user("judge", name="Judge"),
            gateway("verdict", name="Verdict?"),
            end(),
            end(id="no", name="No"),
            flows="""
                start -> score -> high
                high -> end: ${score gt 700}
                high -> judge: default
                judge -> verdict
                verdict -> end: ${verdict == 'pass'}
                verdict -> no: default
            """,
        )
    )
    assert found.incidents == ()
    assert found.unreached == ()
    assert found.given == (("score", ("Score",)), ("verdict", ("Judge",)))


def test_escalations_and_undoing_are_rehearsed():
    found = play(
        camunda7(
            start(),
            topic("book", name="Book"),
            boundary("undo", "book", '<bpmn:compensateEventDefinition id="c" />', name="Undo"),
            topic("cancel", name="Cancel").replace(" camunda:type", ' isForCompensation="true" camunda:type'),
            user("review", name="Review"),
            boundary("ask", "review", '<bpmn:escalationEventDefinition escalationRef="X" />', name="Ask", interrupting=False),
            end("<bpmn:compensateEventDefinition />"),
            end(id="asked", name="Asked the boss"),
            '<bpmn:association id="a" associationDirection="One" sourceRef="undo" targetRef="cancel"></bpmn:association>',
            flows="""
                start -> book -> review -> end
                ask -> asked
            """,
            outside='<bpmn:escalation id="X" escalationCode="BOSS" />',
        )
    )
    assert found.unreached == ()
    assert found.incidents == ()


# The parts


@pytest.mark.parametrize(
    ("text", "dialect", "name", "wanted"),
    [
        ("score > 700", "camunda8", "score", {Decimal(700), Decimal(701)}),
        ("700 >= score", "camunda8", "score", {Decimal(700), Decimal(701)}),
        ("score < 0.35", "camunda8", "score", {Decimal("0.35"), Decimal("0.34")}),
        ("score in [10..20]", "camunda8", "score", {Decimal(10), Decimal(20), Decimal(9), Decimal(21)}),
        ("score between 10 and 20", "camunda8", "score", {Decimal(10), Decimal(20)}),
        ('grade = "A" or grade = "B"', "camunda8", "grade", {"A", "B", "something else"}),
        ('grade in ("A", "B")', "camunda8", "grade", {"A", "B"}),
        ("ok", "camunda8", "ok", {True, False}),
        ("not(ok) and other", "camunda8", "ok", {True, False}),
        ("ok = null", "camunda8", "ok", {None}),
        ('date(born) < date("2000-01-01")', "camunda8", "born", {"2026-04-01"}),
        ("${grade == 'A'}", "juel", "grade", {"A", "something else"}),
        ("${grade.equals('A')}", "juel", "grade", {"A"}),
        ("${ok}", "juel", "ok", {True, False}),
        ("${!ok && x}", "juel", "ok", {True, False}),
        ("${empty name}", "juel", "name", {None, "text"}),
        ("${score ge 60}", "juel", "score", {Decimal(60), Decimal(59)}),
        ("${execution.getVariable('score') > 60}", "juel", "score", {Decimal(61)}),
        ("a + score > 60", "camunda8", "score", {Decimal(60), Decimal(100)}),
    ],
)
def test_what_an_expression_tells_of_a_variable(text, dialect, name, wanted):
    clues = Clues()
    want = "boolean" if dialect == "juel" or "ok" in text else None
    reads = learn(text, clues, dialect=dialect, want=want)
    assert name in reads
    assert wanted <= set(clues.variable(name).pool(NOW))


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("applicant.age > 18", dict),
        ('list contains(codes, "X")', list),
        ("count(codes) > 2", list),
        ("some c in codes satisfies c.open", list),
        ("codes[kind = 1].sum > 5", list),
        ("${codes.size() > 2}", list),
    ],
)
def test_shapes_are_learnt_from_how_values_are_read(text, shape):
    clues = Clues()
    names = learn(text, clues, dialect="juel" if "$" in text else "camunda8", want="boolean")
    (name,) = names
    made = [Guesses(clues, Draws(Random(n)), {}).variable(name, NOW) for n in range(20)]
    assert any(isinstance(value, shape) and value for value in made)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^1[3-9][0-9]{9}$",
        r"^[1-9][0-9]{16}[0-9X]$",
        r"\d{3}-\d{4}",
        r"(a|bc){2,3}x?",
        r"[^0-9]+",
        r"\w+@\w+\.(com|cn)",
        r"^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}$",
        r"A.B*",
        r"(?:ab)+\-\.",
    ],
)
@given(seed=st.integers(0, 10_000))
def test_made_up_texts_fit_their_pattern(pattern, seed):
    text = text_like(pattern, Draws(Random(seed)), "field")
    assert text is not None
    assert re.search(pattern, text)


@pytest.mark.parametrize("pattern", [r"(?=a)b", r"(a", r"\p{L}", "*", r"(a)\1", "["])
def test_patterns_beyond_it_are_left(pattern):
    assert text_like(pattern, Draws(Random(1)), "field") is None


def test_draws_can_be_made_again():
    first = Draws(Random(1))
    drawn = [first.of("what", range(1000)) for _ in range(50)]
    second = Draws(Random(2), first.made)
    again = [second.of("what", range(1000)) for _ in range(50)]
    same = sum(a == b for a, b in zip(drawn, again, strict=True))
    assert 30 <= same < 50
