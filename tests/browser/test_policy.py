"""The content security policy holds in a real browser, and what people type runs nowhere."""

from loanflow import Actor


def test_nothing_on_any_page_breaks_the_policy(bank, window):
    case = bank.case(applicant="<img src=x onerror=alert(1)>")
    task = bank.task(case)
    bank.engine.claim(task.id, by=Actor("li.wenbo", groups=("officer",)))
    there = window()
    broken: list[str] = []
    dialogs: list[str] = []
    there.context.expose_function("reportBreach", lambda text: broken.append(text))
    there.context.add_init_script(
        "document.addEventListener('securitypolicyviolation', (event) => "
        "window.reportBreach(event.violatedDirective + ' ' + event.blockedURI))"
    )
    there.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page = there.enter("li.wenbo")
    for path in (
        "/tasks?queue=team",
        f"/tasks/{task.id}",
        f"/tasks/{task.id}?tab=decisions",
        f"/tasks/{task.id}?tab=progress",
        f"/cases/{case.id}",
        f"/cases/{case.id}/decisions",
        f"/cases/{case.id}/audit",
        f"/cases/{case.id}/data",
        "/applications/new/personal-credit",
        "/cases?q=%3Cscript%3E",
    ):
        there.open(path)
        page.wait_for_selector("html[data-ready]")
    assert not broken
    assert not dialogs


def test_an_inline_script_would_be_stopped(bank, window):
    there = window()
    page = there.log_in("li.wenbo")
    page.evaluate("() => { const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.body.append(s); }")
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in complaint for complaint in there.complaints)
    there.complaints.clear()
