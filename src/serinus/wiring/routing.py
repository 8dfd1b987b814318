"""The routing that the settings ask for."""

from serinus.domain.release.assignment import Routing, boot_routing
from serinus.infrastructure.settings import Settings


def boot(settings: Settings) -> Routing:
    """Without its epoch, which only the database knows."""
    return boot_routing(
        percentage=settings.api_v2_traffic_percentage,
        v2_enabled=settings.api_v2_enabled,
        legacy_enabled=settings.use_legacy_api_v1,
    )
