"""The web side of LoanFlow: task lists, forms, cases and decisions in a browser, rendered by the server.

Stands on `loanflow` and never inside it. `create_app` makes a Flask application over an engine, `serve` runs one.
Every page works with scripts off. Read `app.py` first, then `permissions.py` (which route asks for what) and
`pages/task.py`.
"""

from loanflow_web.accounts import Accounts, User
from loanflow_web.app import create_app
from loanflow_web.serving import serve
from loanflow_web.settings import Settings

__all__ = ["Accounts", "Settings", "User", "create_app", "serve"]
