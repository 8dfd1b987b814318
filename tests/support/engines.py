"""Which engines this installation has: engine v1 goes by deleting its folder."""

import pytest

from serinus.infrastructure.installed import engine_v1_installed

ENGINE_V1 = engine_v1_installed()
ABSENT = "engine v1 is not part of this installation"

#: On what compares two engines, or moves traffic between them.
needs_engine_v1 = pytest.mark.skipif(not ENGINE_V1, reason=ABSENT)
