"""Whether engine v1 is part of this installation."""

from importlib.util import find_spec

ENGINE_V1 = "serinus.legacy"


def engine_v1_installed() -> bool:
    """Without importing it."""
    spec = find_spec(ENGINE_V1)
    # A deleted package may leave a folder with nothing but bytecode: no package, but a name.
    return spec is not None and spec.origin is not None
