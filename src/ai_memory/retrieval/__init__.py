"""Which ones matter? Words, windows, lexical evidence, fusion, context, budget, proximity.

Recall in four pure steps around two searches the store performs:

1. `question.asked_for` and the query's embedding name what to look for;
2. the store answers with two or three rankings (BM25 of memories; cosines of windows);
3. `fusion.pool` picks the memories whose text is worth reading;
4. `fusion.rank` reads them, scores every hit in [0, 1] and orders them; `budget.fill` cuts.

The one non-obvious decision: the keyword index only finds candidates and counts for a part of the
score. What decides is `lexical`: how densely the question's words stand together in one passage
of the text, read again in Python for at most fifty texts. It costs about a millisecond, needs no
second index over passages, and gained more than the vectors did (docs/adr/0005).

Pure: imports no clock, randomness, file, socket, thread or database; modules on the keyword path
do not import numpy either.
"""
