"""What a lender needs beyond an engine, on the public API only: the loan products' outside world, and a demonstration bank.

Nothing below this room knows what a loan is. The products themselves are files: ``diagrams/`` and ``decision_tables/``.
``connectors()`` answers the topics they name, against simulated systems; ``demo.run`` plays sample applications
through them with scripted staff; ``tell`` recounts one case. Read ``connectors.py`` first, then ``demo.py``.

>>> from loanflow.lending import connectors
>>> "bureau-query" in connectors().topics
True
"""

from loanflow.lending import demo, products
from loanflow.lending.applications import ENTERPRISE, PERSONAL, Application, sample_applications
from loanflow.lending.bureau import BureauBusy, BureauDown, CreditReport, NoCreditFile, SimulatedBureau, SimulatedCreditAgency
from loanflow.lending.connectors import OutsideWorld, connectors
from loanflow.lending.demo import DemoStuck, demo_clock
from loanflow.lending.figures import DemoReport, ProductFigures
from loanflow.lending.ledger import DisbursementLedger, Payment
from loanflow.lending.notices import Notice, Outbox
from loanflow.lending.reasons import REASONS, Reason, reasons_for
from loanflow.lending.staff import STAFF, Person
from loanflow.lending.story import tell

__all__ = [
    "ENTERPRISE",
    "PERSONAL",
    "REASONS",
    "STAFF",
    "Application",
    "BureauBusy",
    "BureauDown",
    "CreditReport",
    "DemoReport",
    "DemoStuck",
    "DisbursementLedger",
    "NoCreditFile",
    "Notice",
    "Outbox",
    "OutsideWorld",
    "Payment",
    "Person",
    "ProductFigures",
    "Reason",
    "SimulatedBureau",
    "SimulatedCreditAgency",
    "connectors",
    "demo",
    "demo_clock",
    "products",
    "reasons_for",
    "sample_applications",
    "tell",
]
