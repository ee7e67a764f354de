"""Forms that people fill in: Camunda Forms (``.form`` JSON) and generated forms, one internal model for both.

Stands on `loanflow.feel`. Read `model.py` first, then `submission.py`, the only validator there is: HTML pages, REST and
tests all go through it. The marshmallow schema behind it is built per submission, because which fields count depends on
conditions over the values themselves.
"""

from loanflow.forms.checks import check
from loanflow.forms.generated import GeneratedField, from_fields
from loanflow.forms.messages import FieldError
from loanflow.forms.model import Component, ComponentType, Form, Option, Validation
from loanflow.forms.reader import read, survey
from loanflow.forms.submission import Accepted, from_html, validate
from loanflow.forms.view import ComponentView, FormView, view

__all__ = [
    "Accepted",
    "Component",
    "ComponentType",
    "ComponentView",
    "FieldError",
    "Form",
    "FormView",
    "GeneratedField",
    "Option",
    "Validation",
    "check",
    "from_fields",
    "from_html",
    "read",
    "survey",
    "validate",
    "view",
]
