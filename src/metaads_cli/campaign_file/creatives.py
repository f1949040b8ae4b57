"""An ad's creative out of its layers: the file's defaults, the named creative, the ad, its variant."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from metaads_cli.campaign_file.checks import CHATS, IMAGES, MEDIA, THUMBNAILS, check_file
from metaads_cli.campaign_file.document import Document
from metaads_cli.campaign_file.full_form import CreativePart, given
from metaads_cli.campaign_file.nodes import MapNode, node_at
from metaads_cli.campaign_file.problems import Loc, nearest
from metaads_cli.models.campaign import CreativeSpec, Destination, Media

Layer = tuple[Loc, CreativePart]
_FILES = ("image", "video", "thumbnail")


class Layers:
    """What each layer gives goes over what is below it; a medium goes over any other medium and its thumbnail."""

    def __init__(self, doc: Document, layers: Sequence[Layer]):
        self._doc = doc
        self.values: dict[str, Any] = {}
        self._places: dict[str, Loc] = {}
        self._top = layers[-1][0]
        for loc, part in layers:
            self._lay(loc, {name: value for name, value in given(part).items() if name in CreativePart.model_fields})

    def _lay(self, loc: Loc, values: Mapping[str, Any]) -> None:
        if any(name in values for name in MEDIA):
            self._drop(*MEDIA, *THUMBNAILS)
        if any(name in values for name in THUMBNAILS):
            self._drop(*THUMBNAILS)
        for name, value in values.items():
            self.values[name] = value
            self._places[name] = (*loc, name)

    def _drop(self, *names: str) -> None:
        for name in names:
            self.values.pop(name, None)

    def spec(self, destination: Destination | None, *, destination_known: bool) -> CreativeSpec | None:
        """None, and the problems told, where something is missing."""
        before = len(self._doc.problems)
        self._check_medium()
        if destination_known:
            self._check_link(destination)
        if len(self._doc.problems) > before:
            return None
        media = Media(**{name: self._path(name) for name in (*MEDIA, *THUMBNAILS)})
        texts = {name: value for name, value in self.values.items() if name not in {*MEDIA, *THUMBNAILS}}
        return CreativeSpec(media=media, place=self._doc.place(self._top), **texts)

    def _check_medium(self) -> None:
        medium = next((name for name in MEDIA if name in self.values), None)
        if medium is None:
            told = f"the ad shows nothing: give one of {', '.join(MEDIA)}, or the name of a `creative`"
            self._doc.problem(self._top, told)
            return
        thumbnail = any(name in self.values for name in THUMBNAILS)
        if medium in {"video", "video_id"} and not thumbnail:
            beside_video = (*self._place(medium)[:-1], "thumbnail")
            self._doc.problem(beside_video, "a video needs `thumbnail` or `thumbnail_hash`")
        if medium in IMAGES and thumbnail:
            self._doc.problem(self._place("thumbnail", "thumbnail_hash"), "an image has no thumbnail: only a video has")
        for name in _FILES:
            check_file(self._doc, self._place(name), self._path(name))

    def _check_link(self, destination: Destination | None) -> None:
        is_video = not any(name in self.values for name in IMAGES)
        if "link" in self.values or destination in CHATS:
            return
        if destination is Destination.WEBSITE or not is_video:
            self._doc.problem((*self._top, "link"), "`link` is missing here: the ad leads to no chat, so say where")

    def _place(self, *names: str) -> Loc:
        return next((self._places[name] for name in names if name in self.values), self._top)

    def _path(self, name: str) -> str | None:
        value: str | None = self.values.get(name)
        return beside(self._doc, value) if name in _FILES and value is not None else value


def beside(doc: Document, path: str) -> str:
    """A path of the file, as seen from where the program runs: relative to the file's folder."""
    return str(PurePath(doc.root.place.source).parent / path)


def check_name(doc: Document, loc: Loc, name: str) -> bool:
    """Whether the file has a creative of this name; told where it has not."""
    node = node_at(doc.root, ("creatives",))
    known = list(node.entries) if isinstance(node, MapNode) else []
    if name in known:
        return True
    some = f"; there are {', '.join(known[:8])}" if known else ": the file has no `creatives`"
    doc.problem(loc, f"there is no creative `{name[:60]}`{some}", nearest(name, known))
    return False
