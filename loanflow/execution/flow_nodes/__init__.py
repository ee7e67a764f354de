"""One SpiffWorkflow task spec per kind of flow node (BPMN 2.0.2, clause 13): read `base.py` first.

Specs are compiled once per definition and shared by threads: they hold no state of a case.
"""
