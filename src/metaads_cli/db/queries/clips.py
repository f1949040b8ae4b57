"""The host's clips: videos that its application has made."""

from dataclasses import dataclass

from metaads_cli.db.session import TenantSession

_FIND = """
SELECT title, video_url, meta_video_id, thumbnail_url
FROM public.clips
WHERE tenant_id = %(tenant_id)s AND id::text = %(clip_id)s
"""


@dataclass(frozen=True)
class Clip:
    title: str | None
    video_url: str | None
    meta_video_id: str | None
    thumbnail_url: str | None


def find_clip(session: TenantSession, clip_id: str) -> Clip | None:
    """The tenant's clip, None when it has no such one, or the host has no clips at all."""
    with session.transaction() as cursor:
        there = cursor.execute("SELECT to_regclass('public.clips') IS NOT NULL").fetchone()
        if there is None or not there[0]:
            return None
        row = session.run(cursor, _FIND, {"clip_id": clip_id.lower()}).fetchone()
    return Clip(*row) if row else None
