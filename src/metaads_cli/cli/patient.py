"""`metaads patient`."""

from typing import Annotated

import typer

from metaads_cli.cli.invocation import Invocation, with_global_options
from metaads_cli.cli.options import OutputOption, TenantOption

PhoneOption = Annotated[
    str, typer.Option("--phone", metavar="P", help="The number, with country code, with or without a plus.")
]


@with_global_options()
def patient(run: Invocation, tenant: TenantOption, phone: PhoneOption, output_file: OutputOption = None) -> None:
    """Print who has a phone number: the person, the ads they came from, their appointments.

    Spaces, dashes, dots and parentheses do not matter, and the host may store the number with or without a plus;
    where both are there, both people are printed. Deleted people are not. In a CRM the people are its leads.

    \b
    Examples:
      metaads patient --tenant 1 --phone 5491155550001
      metaads patient --tenant 1 --phone "+54 9 11 5555-0001" --json
    """
    from metaads_cli.tasks.patient import patient_context

    loaded = run.load_settings()
    with run.tenant(loaded, tenant) as session:
        report = patient_context(
            session,
            phone,
            fallback_timezone=loaded.values.stats.timezone,
            valid_statuses=loaded.values.stats.valid_appointment_statuses,
        )
    run.finish(report, output_file)
