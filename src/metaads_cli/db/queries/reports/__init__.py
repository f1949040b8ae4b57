"""What a report says beside the statistics: how new the figures are."""

from metaads_cli.db.queries import statement
from metaads_cli.db.session import TenantSession
from metaads_cli.models.report import Freshness


def read_freshness(session: TenantSession) -> list[Freshness]:
    with session.transaction() as cursor:
        rows = session.run(cursor, statement("reports/freshness")).fetchall()
    return [Freshness(**dict(zip(Freshness.__struct_fields__, row, strict=True))) for row in rows]
