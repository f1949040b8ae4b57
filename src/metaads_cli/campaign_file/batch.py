"""All documents of one file: each in its form, all problems together."""

from collections.abc import Callable, Mapping

from metaads_cli.campaign_file.document import Document
from metaads_cli.campaign_file.flat import read_flat
from metaads_cli.campaign_file.flat_form import FlatFile
from metaads_cli.campaign_file.full import read_full
from metaads_cli.campaign_file.full_form import FullFile
from metaads_cli.campaign_file.nodes import MapNode
from metaads_cli.campaign_file.problems import CampaignFileError, Problem, nearest
from metaads_cli.campaign_file.reader import read_documents
from metaads_cli.campaign_file.variables import Variables
from metaads_cli.models.campaign import CampaignSpec

_FULL = [info.alias or name for name, info in FullFile.model_fields.items()]
_FLAT = list(FlatFile.model_fields)
_ONLY_FULL = [name for name in _FULL if name not in _FLAT]
_ONLY_FLAT = [name for name in _FLAT if name not in _FULL]


def read_batch(
    text: str, source: str, variables: Mapping[str, str], exists: Callable[[str], bool] | None
) -> list[CampaignSpec]:
    stream = read_documents(text, source)
    problems = list(stream.problems)
    specs = []
    for root in stream.documents:
        spec, found = _read_one(root, variables, exists)
        problems += found
        if spec is not None:
            specs.append(spec)
    problems += _repeated(specs)
    if problems:
        raise CampaignFileError(problems)
    return specs


def _read_one(
    root: MapNode, variables: Mapping[str, str], exists: Callable[[str], bool] | None
) -> tuple[CampaignSpec | None, list[Problem]]:
    given = Variables(root, variables)
    doc = Document(given.substituted(root), exists)
    # What is not substituted is told of once, and would be told of again as an illegal value.
    unknown = {one.place for one in given.problems}
    for name in given.unused():
        doc.warn(("vars", name), "no value of this document uses this variable")
    form = _form(doc)
    spec = read_full(doc) if form == "full" else read_flat(doc) if form == "flat" else None
    problems = [*given.problems, *(one for one in doc.problems if one.place not in unknown)]
    return spec, problems


def _form(doc: Document) -> str | None:
    """The form is told by the keys, also by misspelt ones."""
    keys = list(doc.root.entries)
    full = sum(_likely(key, _ONLY_FULL) for key in keys)
    flat = sum(_likely(key, _ONLY_FLAT) for key in keys)
    if "apiVersion" in keys or full > flat:
        return "full"
    if flat:
        return "flat"
    told = "this is no campaign: expected `apiVersion: metaads/v1` (full form), or `campaign_name` (flat form)"
    doc.problem((), told)
    return None


def _likely(key: str, known: list[str]) -> int:
    return 2 if key in known else 1 if nearest(key, known) else 0


def _repeated(specs: list[CampaignSpec]) -> list[Problem]:
    seen: dict[tuple[int | None, str], CampaignSpec] = {}
    problems = []
    for one in specs:
        first = seen.setdefault((one.tenant, one.key), one)
        if first is not one:
            told = f"the key `{one.key}` is that of the campaign on line {first.place.line}: each campaign has its own"
            problems.append(Problem(place=one.place, path="key", message=told))
    return problems
