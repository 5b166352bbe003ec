"""How related, and when true?

Pure rules about links: which intervals a new one adds, what an invalidation closes, how a
neighbourhood is walked and paths are found without visiting anything twice, how namespaces become a
tree, where a drawing puts its nodes. Rows are fetched by the caller, a whole frontier per question;
nothing here touches a store, a clock or a file.

The one decision that is not obvious: a walk yields memories, not paths. One memory stands once, on
a shortest path, so that work and answers grow with the links looked at and never with the number of
ways through them.
"""
