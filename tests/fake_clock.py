"""A clock on which time passes when somebody sleeps."""

from dataclasses import dataclass, field


@dataclass
class Clock:
    """Every sleep is written down."""

    time: float = 1000.0
    sleeps: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds
