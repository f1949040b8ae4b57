"""Images and videos of a campaign: each uploaded once per account, by its content."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from metaads_cli.db.queries import orchestrations as journal
from metaads_cli.db.queries.clips import find_clip
from metaads_cli.db.session import TenantSession
from metaads_cli.errors import InputError, RefusedByMeta, Temporary
from metaads_cli.graph.client import GraphClient
from metaads_cli.graph.creation import UploadedMedia
from metaads_cli.graph.failures import UnknownOutcome
from metaads_cli.graph.media import find_videos, upload_image, upload_video, wait_for_video
from metaads_cli.models.campaign import CreativeSpec, Media, marked

VIDEO_PATIENCE_SECONDS = 600.0


@dataclass(frozen=True)
class _Upload:
    """`place` is a path, or the URL of a clip's video."""

    kind: str
    content_hash: str
    place: str

    @property
    def marker(self) -> str:
        return f"[ma:{self.content_hash[:10]}]"

    @property
    def title(self) -> str:
        """What a video is found again by."""
        return marked(Path(self.place).name, self.marker)

    @property
    def reference(self) -> str:
        return f"{{{self.kind}:{self.content_hash}}}"


@dataclass
class Library:
    """What the campaign shows. Until it is uploaded, a file is named by a reference to its content."""

    session: TenantSession
    source: str
    account_id: str
    _uploads: dict[str, _Upload] = field(default_factory=dict)

    def media_of(self, creative: CreativeSpec) -> UploadedMedia:
        """What the creative's request holds. Raises InputError for a file or a clip that is not there."""
        media = creative.media
        if media.clip is not None:
            return self._clip(media)
        video = media.video_id or (self._file("video", media.video) if media.video else None)
        picture = media.thumbnail if video else media.image
        image = (media.thumbnail_hash if video else media.image_hash) or (
            self._file("image", picture) if picture else None
        )
        return UploadedMedia(image_hash=image, video_id=video)

    def _clip(self, media: Media) -> UploadedMedia:
        clip = find_clip(self.session, media.clip or "")
        if clip is None or not (clip.meta_video_id or clip.video_url):
            raise InputError(
                f"The clip {media.clip} does not exist for tenant {self.session.tenant_id}, or has no video",
                hint="Name a clip of this tenant, or a local image or video instead",
            )
        video = clip.meta_video_id or self._add("video", _digest((clip.video_url or "").encode()), clip.video_url or "")
        image = media.thumbnail_hash or (self._file("image", media.thumbnail) if media.thumbnail else None)
        return UploadedMedia(image_hash=image, video_id=video, image_url=None if image else clip.thumbnail_url)

    def _file(self, kind: str, path: str) -> str:
        try:
            with Path(path).open("rb") as file:
                content_hash = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise InputError(f"The {kind} {path} cannot be read: {error.strerror}") from None
        return self._add(kind, content_hash, path)

    def _add(self, kind: str, content_hash: str, place: str) -> str:
        upload = _Upload(kind, content_hash, place)
        self._uploads[upload.reference] = upload
        return upload.reference

    def known(self) -> dict[str, str]:
        """The ids at Meta of everything that was ever uploaded to the account, by reference."""
        return {
            f"{{{kind}:{content_hash}}}": meta_id
            for account_id, kind, content_hash, meta_id in journal.uploads(self.session, self.source)
            if account_id == self.account_id
        }

    async def upload(self, client: GraphClient, needed: Collection[str]) -> dict[str, str]:
        """The ids at Meta of the references, uploading what was never uploaded to this account."""
        return {
            reference: await self._upload(client, upload)
            for reference, upload in self._uploads.items()
            if reference in needed
        }

    async def _upload(self, client: GraphClient, upload: _Upload) -> str:
        key = (self.session, self.source, self.account_id, upload.kind, upload.content_hash)
        begun, meta_id = journal.find_media(*key)
        if meta_id is not None:
            return meta_id
        if begun and upload.kind == "video":  # the upload of an image may be repeated: the same bytes, the same hash
            meta_id = await self._find_video(client, upload)
        if meta_id is None:
            journal.intend_media(*key)
            meta_id = await self._send(client, upload)
        if upload.kind == "video":
            await self._wait_until_ready(client, meta_id)
        journal.settle_media(*key, meta_id)
        return meta_id

    async def _find_video(self, client: GraphClient, upload: _Upload) -> str | None:
        found = await find_videos(client, self.account_id, upload.marker)
        return found[0] if found else None

    async def _wait_until_ready(self, client: GraphClient, video_id: str) -> None:
        """Meta refuses creatives with a video that it still works on."""
        state = await wait_for_video(client, self.account_id, video_id, patience_seconds=VIDEO_PATIENCE_SECONDS)
        if state.has_failed:
            raise RefusedByMeta(f"Meta cannot use the video {video_id}", hint="Try it in Ads Manager, or take another")
        if not state.is_ready:
            raise Temporary(f"Meta still works on the video {video_id}", hint="Run it again later")

    async def _send(self, client: GraphClient, upload: _Upload) -> str:
        if upload.kind == "image":
            return await upload_image(client, self.account_id, Path(upload.place).name, _bytes_of(upload.place))
        is_url = upload.place.startswith(("http://", "https://"))
        place = upload.place if is_url else Path(upload.place)
        try:
            return await upload_video(client, self.account_id, upload.title, place)
        except UnknownOutcome as lost:
            found = await self._find_video(client, upload)
            if found is None:
                raise Temporary(
                    f"The answer to the upload of {upload.place} was lost: {lost}",
                    hint="Run it again later: it is looked for before it is sent again",
                ) from lost
            return found


def _bytes_of(path: str) -> bytes:
    return Path(path).read_bytes()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
