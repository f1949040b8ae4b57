"""The ads of an ad set of the full form: named creatives, defaults, variants."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from metaads_cli.campaign_file.checks import CHATS, MEDIA, check_media
from metaads_cli.campaign_file.creatives import Layer, Layers, check_name
from metaads_cli.campaign_file.document import Document
from metaads_cli.campaign_file.fields import LONGEST_NAME
from metaads_cli.campaign_file.full_form import AdDefaults, CreativePart
from metaads_cli.campaign_file.problems import Loc
from metaads_cli.models.campaign import AdSpec, CreativeSpec, Destination


@dataclass(frozen=True)
class _Written:
    """Where an ad is written, and the layers of its creative, the last of which is the ad's own or its variant's."""

    loc: Loc
    key: str
    name: str
    layers: Sequence[Layer] | None


class AdReader:
    """Reads ads one by one; `named` are the creatives that any of them shows."""

    def __init__(self, doc: Document):
        self._doc = doc
        self.named: set[str] = set()

    def ads(
        self, adset: Loc, adset_name: str, destination: Destination | None, *, destination_known: bool
    ) -> list[AdSpec]:
        """Those without problems, of the ad set at `adset`."""
        loc = (*adset, "ads")
        self._doc.check_unique_keys(loc)
        written = [ad for index in range(self._doc.length(loc)) for ad in self._written((*loc, index), adset_name)]
        self._check_expanded(written, adset_name)
        found = []
        for ad in written:
            creative = self._creative(ad, destination, destination_known=destination_known)
            if creative is not None:
                found.append(AdSpec(key=ad.key, name=ad.name, creative=creative, place=self._doc.place(ad.loc)))
        return found

    def _written(self, loc: Loc, adset_name: str) -> Iterator[_Written]:
        """The ad, or one for each of its variants."""
        check_media(self._doc, loc)
        key = str(self._doc.value((*loc, "key")) or "")
        name = self._doc.value((*loc, "name"))
        ad = self._doc.part(AdDefaults, loc, without=("key", "name", "variants"))
        base = str(name or f"{adset_name} | {key}")
        if not self._doc.has((*loc, "variants")):
            yield _Written(loc, key, base, self._layers(loc, ad))
            return
        self._doc.check_unique_keys((*loc, "variants"))
        for index in range(self._doc.length((*loc, "variants"))):
            at: Loc = (*loc, "variants", index)
            check_media(self._doc, at)
            tail = str(self._doc.value((*at, "key")) or "")
            own = self._doc.value((*at, "name"))
            yield _Written(at, f"{key}-{tail}", str(own or f"{base}-{tail}"), self._layers(loc, ad, at))

    def _layers(self, loc: Loc, ad: AdDefaults | None, variant: Loc | None = None) -> list[Layer] | None:
        """From the bottom up: the named creative, the defaults for ads, the ad, its variant.

        None where one of them could not be read.
        """
        default = self._doc.part(AdDefaults, ("defaults", "ad"))
        own = self._doc.part(AdDefaults, variant, without=("key", "name")) if variant else None
        if ad is None or (variant and own is None) or (default is None and self._doc.has(("defaults", "ad"))):
            return None
        above: list[tuple[Loc, AdDefaults]] = [(("defaults", "ad"), default)] if default else []
        above.append((loc, ad))
        if variant and own:
            above.append((variant, own))
            self._check_variant(loc, variant)
        where, name = next(((at, part.creative) for at, part in reversed(above) if part.creative), ((), None))
        bottom = self._named((*where, "creative"), name)
        return None if bottom is None else [*bottom, *above]

    def _check_variant(self, ad: Loc, variant: Loc) -> None:
        """What the ad says goes over creatives, also over one that a variant names."""
        own = next((name for name in MEDIA if self._doc.has((*ad, name))), None)
        if own and self._doc.has((*variant, "creative")) and not any(self._doc.has((*variant, n)) for n in MEDIA):
            told = f"the ad's own {own} goes over this creative's medium: give the {own} in the variants that show it"
            self._doc.problem((*variant, "creative"), told)

    def _named(self, where: Loc, name: str | None) -> list[Layer] | None:
        layers: list[Layer] = []
        locs: list[Loc] = [("defaults", "creative")]
        if name is not None:
            if not check_name(self._doc, where, name):
                return None
            self.named.add(name)
            locs.append(("creatives", name))
        for loc in locs:
            part = self._doc.part(CreativePart, loc)
            if part is not None:
                layers.append((loc, part))
            elif self._doc.has(loc):
                return None
        return layers

    def _check_expanded(self, ads: list[_Written], adset_name: str) -> None:
        variant_of_key: dict[str, bool] = {}
        for ad in ads:
            is_variant = "variants" in ad.loc
            if ad.key in variant_of_key and (is_variant or variant_of_key[ad.key]):
                self._doc.problem((*ad.loc, "key"), f"this comes to the key `{ad.key}`, which another ad has")
            if len(ad.key) > 64 and is_variant:
                self._doc.problem((*ad.loc, "key"), "the keys of ad and variant come to more than 64 characters")
            if len(ad.name) > LONGEST_NAME >= len(adset_name) and not self._doc.has((*ad.loc, "name")):
                told = (
                    f"`name` is missing here: the ad set's name and the key come to more than {LONGEST_NAME} characters"
                )
                self._doc.problem((*ad.loc, "name"), told)
            variant_of_key[ad.key] = is_variant

    def _creative(
        self, ad: _Written, destination: Destination | None, *, destination_known: bool
    ) -> CreativeSpec | None:
        if ad.layers is None:
            return None
        spec = Layers(self._doc, ad.layers).spec(destination, destination_known=destination_known)
        if spec is not None and spec.welcome_message and destination_known and destination not in CHATS:
            self._doc.warn(ad.loc, "a welcome_message is for chats: nobody will see it")
        return spec
