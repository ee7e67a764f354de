"""Random processes that know what they must do: drawn as BPMN, read by our reader, run, and compared step by step.

A process is a tree of blocks (`blocks.py`), drawn at random (`generator.py`), written as a diagram of either Camunda version
(`diagram.py`). `expectation.py` says what may happen next and what must have happened, by a way of its own: blocks that go
on when the one before is done, no tokens. It stands on `activities.py`, that on `scopes.py` and that on `board.py`.
`playing.py` lets both take the same random course and compares; `mutations.py` breaks the engine and asks whether that is noticed.
"""
