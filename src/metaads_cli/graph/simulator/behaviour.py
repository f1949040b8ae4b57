"""How strict, how patient and how quick the simulated API is."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Behaviour:
    """`strict_combinations`: refuse an objective, destination and goal that the docs' table does not list.

    `live_app` false: an app in development mode, whose creatives are refused. `report_duration`: what an asynchronous
    job takes. `most_product`: limit × fields × days of a synchronous insights call, beyond which the answer is code 1
    "reduce"; `most_points`: ads × days, beyond which it is 100/1487534, which a smaller limit does not help.
    """

    strict_combinations: bool = False
    live_app: bool = True
    report_duration: timedelta = timedelta(seconds=2)
    most_product: int = 3_000_000
    most_points: int = 250_000
