"""Asynchronous insights: `POST /{id}/insights` makes a job, the clock carries it through its life (README 1.4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from metaads_cli.graph.simulator import facts
from metaads_cli.graph.simulator.behaviour import Behaviour
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.insights import Insights, Query, Result
from metaads_cli.graph.simulator.params import Params
from metaads_cli.graph.simulator.world import Node, World

Json = dict[str, Any]

EXPIRES_AFTER = timedelta(days=30)


@dataclass(frozen=True)
class Outcome:
    """How a job ends: "Job Completed", or "Job Failed" or "Job Skipped" with the error of a failed one."""

    status: str = "Job Completed"
    code: int = -2
    subcode: int = 2490547


TOO_LARGE = Outcome("Job Failed", -3, 1504045)


@dataclass
class Job:
    """A report run. It is ready `duration` after `started`."""

    query: Query
    started: datetime
    duration: timedelta
    outcome: Outcome


class Reports:
    """The report runs. `outcomes` are those of the next jobs, in order; when none is left, jobs complete, except those
    that are too large."""

    def __init__(self, world: World, insights: Insights, behaviour: Behaviour):
        self._world = world
        self._insights = insights
        self._behaviour = behaviour
        self.outcomes: list[Outcome] = []
        self._jobs: dict[str, Job] = {}

    def submit(self, node: Node, params: Params) -> Json:
        """Start a job. The same parameters as for a synchronous call, and the same refusals except for size."""
        query = self._insights.query(node, params, is_async=True)
        number = self._world.account_of(node).values["account_id"]
        run_id = 6_000_000_000_000 + self._world.number("report", len(self._jobs), self._world.now()) % 10**12
        run = self._world.add(Kind.REPORT, number, {"account_id": number}, str(run_id))
        outcome = self.outcomes.pop(0) if self.outcomes else self._outcome(query)
        self._jobs[run.id] = Job(query, self._world.now(), self._behaviour.report_duration, outcome)
        # The documented answer is a number, though every other id is a text.
        return {"report_run_id": run_id}

    def _outcome(self, query: Query) -> Outcome:
        return TOO_LARGE if self._insights.exceeds(query, self._behaviour.most_report_points) else Outcome()

    def describe(self, run: Node) -> None:
        """Bring the run's fields up to date."""
        job, now = self._jobs[run.id], self._world.now()
        status, percent = _progress(job, now)
        run.values |= {
            "async_status": status,
            "async_percent_completion": percent,
            "time_ref": int(job.started.timestamp()),
            "is_running": status in {"Job Started", "Job Running"},
            "date_start": str(min(job.query.periods).start),
            "date_stop": str(max(period.stop for period in job.query.periods)),
        }
        if now >= job.started + job.duration:
            run.values["time_completed"] = int((job.started + job.duration).timestamp())
        if status == "Job Failed":
            run.values |= _failure(job.outcome)

    def results(self, run: Node) -> tuple[Query, list[Result]]:
        """The rows of a completed job, as of its completion; before, and for one that failed, none and no error."""
        job = self._jobs[run.id]
        status, percent = _progress(job, self._world.now())
        if status != "Job Completed" or percent != 100:
            return job.query, []
        return job.query, self._insights.results(job.query, job.started + job.duration)


def _progress(job: Job, now: datetime) -> tuple[str, int]:
    """Not started, started, running (to 100 %), then the outcome; completed takes both the status and 100 %."""
    age = now - job.started
    if age >= EXPIRES_AFTER:
        return "Job Skipped", 0
    if age >= job.duration:
        return job.outcome.status, 100 if job.outcome.status == "Job Completed" else 0
    part = age / job.duration
    if part < 0.1:
        return "Job Not Started", 0
    return ("Job Started", 0) if part < 0.3 else ("Job Running", min(100, int((part - 0.3) * 160)))


def _failure(outcome: Outcome) -> Json:
    """What a failed run tells since v25."""
    fact = facts.errors().get((outcome.code, outcome.subcode))
    text = fact.text if fact else "Report Failed"
    return {
        "error_code": outcome.code,
        "error_subcode": outcome.subcode,
        "error_message": text,
        "error_user_title": text,
        "error_user_msg": text,
    }
