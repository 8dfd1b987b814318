"""A headless CMS that releases its own API by canary.

    presentation    HTTP (contract v2, contract v1 over engine v2, the generation switch), CLI
    infrastructure  PostgreSQL, Redis, settings: keeps promises the application asks for
    application     use cases, and the ports they need
    domain          rules only; imports nothing but the standard library
    legacy          engine v1, self-contained; goes when its folder goes

`wiring` is the one module that knows every concrete class. Looking for the canary?
`domain/release/assignment.py` decides who is on it, `presentation/http/generation_switch.py`
sends them there.
"""

__version__ = "0.1.0"
