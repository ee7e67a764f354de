"""The pages, a blueprint per noun. Each asks the engine, shapes what it answers (`loanflow_web.views`), fills a template.

Read `task.py` first: it is where people spend their day.
"""

from loanflow_web.pages import application, audit, case, decision, drawing, home, inbox, login, preferences, task

BLUEPRINTS = (
    home.blueprint,
    login.blueprint,
    preferences.blueprint,
    inbox.blueprint,
    task.blueprint,
    application.blueprint,
    case.blueprint,
    decision.blueprint,
    audit.blueprint,
    drawing.blueprint,
)

__all__ = ["BLUEPRINTS"]
