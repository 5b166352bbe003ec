"""The least that an answer costs: bare library calls over the same data.

A module here stands alone. It imports nothing of ai_memory, so that a floor can neither gain nor
lose by a change of what is measured against it; whoever measures hands it texts, vectors and paths.
"""
