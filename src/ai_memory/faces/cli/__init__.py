"""The command line: words in, lines or JSON out, an exit code.

Every operation of the registry that stands on the command line is a command here. Its options come
from its fields, so none is declared twice; what a field cannot say (a short option, which field is
written without a dash) is in `option`. The commands that are no operations (serve, mcp, config,
doctor, eval, bench, reembed) each have a module.

The one non-obvious decision: `store` and `recall` at the keyword level must answer within 200 ms,
most of which is Python importing modules. So a call builds the parser of its own command only and
imports only that command's module; whatever a rare case needs is imported where it is needed
(docs/adr/0024).

Results go to stdout, everything else to stderr. With `--json` a result is one line of JSON on
stdout and an error is one line of JSON on stderr. This package holds no rule of memory: it makes a
Command and shows a result. It must never import another face at the top of a module, but for the
table of routes, which `remote` calls by.
"""
