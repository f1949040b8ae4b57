"""How strict, how patient and how quick the simulated API is."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from typing import Annotated, Any

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0)]


@dataclass
class Behaviour:
    """`strict_combinations`: refuse an objective, destination and goal that the docs' table does not list.

    `live_app` false: an app in development mode, whose creatives are refused. `report_duration`: what an asynchronous
    job takes. `most_product`: limit × fields × days of a synchronous insights call, beyond which the answer is code 1
    "reduce"; `most_points`: ads × days × parts of a breakdown, beyond which it is 100/1487534, which a smaller limit
    does not help; `most_report_points`: the same of an asynchronous job, which then fails with -3/1504045.
    `latency_ms`: what every answer waits; calls wait side by side. It may be changed while the simulator runs.
    """

    strict_combinations: bool = False
    live_app: bool = True
    report_duration: timedelta = timedelta(seconds=2)
    most_product: Count = 3_000_000
    most_points: Count = 250_000
    most_report_points: Count = 3_000_000
    latency_ms: Annotated[float, msgspec.Meta(ge=0)] = 0.0

    def document(self) -> dict[str, Any]:
        """As JSON; the duration in seconds."""
        return asdict(self) | {"report_duration": self.report_duration.total_seconds()}

    def change(self, values: Mapping[str, Any]) -> None:
        """Take over some values, texts too. Raises ValueError for an unknown name or a value that is none."""
        unknown = sorted(values.keys() - {one.name for one in fields(self)})
        if unknown:
            raise ValueError(f"unknown: {', '.join(unknown)}; known: {', '.join(one.name for one in fields(self))}")
        changed = msgspec.convert({**self.document(), **values}, Behaviour, strict=False)
        vars(self).update(vars(changed))
