"""HOW GOOD, HOW FAST? `ai-memory eval` and `ai-memory bench`.

Both measure what a user gets: a temporary store, filled and asked through the ordinary operations,
every request a command through `node.execute`. Both say how sure they are: quality comes with
bootstrap intervals, speed beside its floor, the bare library calls that the same answer costs,
measured in turn within the same run, because a machine is never idle twice in the same way.

The one non-obvious decision: floors live in `floor/`, in files that import nothing of ai_memory, so
that a floor can never become slow together with what is measured against it.

It must never import a face, and nothing here is shipped to a store: what a data set looks like is
known to `adapters/formats` alone.
"""
