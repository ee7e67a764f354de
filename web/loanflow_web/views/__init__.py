"""What pages show, shaped from what the engine answers: frozen values, every text already in the reader's language.

Templates only place these values; they decide nothing. A file per noun; `vocabulary.py` says what variables are called.
"""
