"""SQLAlchemy classes over LoanFlow's tables, to join with your own: cases, tasks, jobs, incidents, events, decisions.

``select(Task, Loan).join(Loan, Loan.number == Task.business_key).where(Task.visible_to("li.na", groups=["reviewer"]))``

They are for reading; what changes a case goes through the engine. With another schema or table prefix than the default, take
the classes from ``mapped_classes(schema=..., table_prefix=...)``.
"""

from loanflow.store.mapped import Case, Decision, Event, Incident, Job, MappedClasses, Task, mapped_classes

__all__ = ["Case", "Decision", "Event", "Incident", "Job", "MappedClasses", "Task", "mapped_classes"]
