"""What keeps strangers out: sessions, sign-in with its limits, tokens against forged forms, headers, safe redirects.

Read `guard.py` first: it is what every request passes. The rules come from OWASP ASVS 5.0 (V3 web front end,
V6 authentication, V7 sessions).
"""

from loanflow_web.security.forgery import token_for
from loanflow_web.security.redirects import safe_path
from loanflow_web.security.sessions import Session, Sessions
from loanflow_web.security.sign_in import SignIn, TooManyTries

__all__ = ["Session", "Sessions", "SignIn", "TooManyTries", "safe_path", "token_for"]
