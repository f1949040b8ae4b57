"""Meta's own check of what is to be made: the same requests, with nothing made."""

from metaads_cli.errors import InputError
from metaads_cli.graph.client import GraphClient
from metaads_cli.graph.creation import AccountFacts
from metaads_cli.graph.failures import GraphFailure, UnknownOutcome
from metaads_cli.models.campaign import Kind
from metaads_cli.tasks.orchestrate.apply import EDGES
from metaads_cli.tasks.orchestrate.plan import Plan

VALIDATE = {"execution_options": ["validate_only"]}


async def validate_online(client: GraphClient, facts: AccountFacts, plan: Plan) -> None:
    """Ask Meta about the campaign, which needs nothing else to exist yet. Raises InputError with Meta's words.

    An ad set cannot be checked before its campaign is there (Meta's guide on validate_only).
    """
    for step in plan.writes:
        if step.action != "create" or step.wanted.kind is not Kind.CAMPAIGN:
            continue
        path = f"{facts.account_id}/{EDGES[step.wanted.kind]}"
        try:
            await client.post(path, step.fields | VALIDATE, account=facts.account_id)
        except GraphFailure as error:
            raise InputError(f"Meta would refuse {step.wanted.kind} {step.wanted.key}: {error.failure}") from error
        except UnknownOutcome as lost:
            raise InputError(
                f"Meta did not say whether it takes {step.wanted.kind} {step.wanted.key}: {lost}"
            ) from lost
