"""Contract v2. `app` puts it together; `problems` is the one way out for failures.

A handler gets what it needs as arguments: `data: JSONBody[SomeBody]` (see `bodies`),
`caller` or `visitor` (see `authentication`), use cases as named dependencies.
"""
