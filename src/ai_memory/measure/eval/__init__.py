"""HOW GOOD? A data set goes into a temporary store, its questions are asked, the answers judged.

The store is filled by ImportMemories and asked by RecallMemories, like anybody's; the data set's
own vocabulary ends at the metadata key that names a memory's unit. Questions never influence each
other: memories are durable (so neither recency nor promotion applies) and the touches that recalls
leave behind are dropped before they are written.

Recalls ask for the maximum of 50 memories, so that a mean reciprocal rank is one over the ranking
and not over a page of it; the tokens reported are those of the first 10, the default page.
"""
