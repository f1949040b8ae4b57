"""Images and videos of ads: uploaded, looked for, waited for.

An image is known by its bytes: uploading it again gives the same hash. A video is new each time, so its title carries a
marker by which one whose upload was not answered is found.
"""

import asyncio
import base64
from pathlib import Path
from typing import Any

import msgspec

from metaads_cli.graph.client import GraphClient
from metaads_cli.graph.failures import Failure, FailureClass, GraphFailure, UnknownOutcome
from metaads_cli.graph.paging import PageSize, page_of

VIDEOS_PER_PAGE = 100
FIRST_LOOK_SECONDS, LONGEST_LOOK_SECONDS = 2.0, 30.0
_FAILED = frozenset({"error", "expired"})
_read_videos = page_of(dict[str, Any])


class VideoState(msgspec.Struct, frozen=True):
    """What Meta has made of a video by now: `status` is ready, processing, error …; `picture` a still by URL."""

    status: str
    picture: str | None = None

    @property
    def is_ready(self) -> bool:
        return self.status == "ready"

    @property
    def has_failed(self) -> bool:
        return self.status in _FAILED


async def upload_image(client: GraphClient, account_id: str, name: str, data: bytes) -> str:
    """The hash of the image in that account. Raises GraphFailure as `GraphClient.get`."""
    path = f"{account_id}/adimages"
    answer = await client.post_repeatable(path, {"bytes": base64.b64encode(data).decode()}, account=account_id)
    images = answer.get("images")
    for image in images.values() if isinstance(images, dict) else ():
        if isinstance(image, dict) and image.get("hash"):
            return str(image["hash"])
    raise _unreadable(f"Meta took the image {name} and did not say its hash", f"POST {path}")


async def upload_video(client: GraphClient, account_id: str, title: str, source: Path | str) -> str:
    """The id of a new video, from a local file or a URL that Meta fetches. `title` holds a marker for `find_videos`.

    Raises OSError for a file that cannot be read, GraphFailure when Meta refused it, and UnknownOutcome when nobody
    knows: then it may be there.
    """
    path = f"{account_id}/advideos"
    if isinstance(source, str):
        answer = await client.post(path, {"title": title, "file_url": source}, account=account_id)
    else:
        file = await asyncio.to_thread(source.open, "rb")
        with file:
            files = {"source": (source.name, file)}
            answer = await client.post(path, {"title": title}, account=account_id, files=files)
    if not answer.get("id"):
        raise UnknownOutcome(f"POST {path}: an answer without an id")
    return str(answer["id"])


async def find_videos(client: GraphClient, account_id: str, marker: str) -> list[str]:
    """The ids of the account's videos whose title holds the marker. Raises GraphFailure as `GraphClient.get`."""
    found: list[str] = []
    asked, size = {"fields": "id,title"}, PageSize(VIDEOS_PER_PAGE)
    async for page in client.pages(f"{account_id}/advideos", asked, _read_videos, size, account=account_id):
        found += [str(row["id"]) for row in page.data if row.get("id") and marker in str(row.get("title") or "")]
    return found


async def video_state(client: GraphClient, account_id: str, video_id: str) -> VideoState:
    """Raises GraphFailure as `GraphClient.get`."""
    answer = await client.get(video_id, {"fields": "status,picture"}, account=account_id)
    status, picture = answer.get("status"), answer.get("picture")
    said = status.get("video_status") if isinstance(status, dict) else None
    return VideoState(str(said or "processing"), picture if isinstance(picture, str) else None)


async def wait_for_video(client: GraphClient, account_id: str, video_id: str, *, patience_seconds: float) -> VideoState:
    """Ask until it is ready or has failed, or the patience is at an end: an ad cannot show a video before.

    Raises GraphFailure as `GraphClient.get`.
    """
    pause, end = FIRST_LOOK_SECONDS, client.clock.now() + patience_seconds
    state = await video_state(client, account_id, video_id)
    while not state.is_ready and not state.has_failed and client.clock.now() + pause <= end:
        await client.clock.sleep(pause)
        pause = min(LONGEST_LOOK_SECONDS, pause * 2)
        state = await video_state(client, account_id, video_id)
    return state


def _unreadable(problem: str, what: str) -> GraphFailure:
    return GraphFailure(Failure(FailureClass.TRANSIENT, 200, message=problem), what)
