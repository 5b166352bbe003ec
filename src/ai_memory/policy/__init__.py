"""May they? One engine answers Allow, Deny or Pending, with reasons.

Pure: a request and the facts it is judged by go in, a decision comes out. Ask it on a snapshot
before slow work, and again inside the transaction, where the answer counts. It imports no store.
"""
