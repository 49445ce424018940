"""A run as a signed receipt for other people's tools, and as the in-toto evaluation result in draft."""

from __future__ import annotations

from collections.abc import Sequence

from fairtrial.adapters.formats.evaluation_result import check_draft_type, evaluation_result
from fairtrial.adapters.formats.receipts import Bar, Measured, claim_bytes, receipt_bytes
from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.core.errors import UsageError
from fairtrial.lab.run import Run
from fairtrial.metrics.samples import section, text
from fairtrial.trust.documents import decimal_text
from fairtrial.trust.statement import Statement, Subject


def measured(run: Run, *, registered: bool = False) -> Measured:
    """A run's primary figure. registered: whether its plan was in a log before it; only then is the plan named.

    Raises UsageError for a run that is not complete: its figure would be that of another plan.
    """
    primary = run.summary.primary
    if run.summary.status != "complete" or primary is None:
        raise UsageError(f"{run.path} is unfinished", "finish it: fairtrial run … --resume")
    task = section(run.plan, "task")
    origin = section(task, "origin")
    return Measured(
        suite=run.summary.task,
        suite_version=text(task.get("version")),
        metric=primary.metric,
        value=decimal_text(primary.value),
        low=decimal_text(primary.low),
        high=decimal_text(primary.high),
        level=decimal_text(primary.level),
        n=primary.n,
        model=run.summary.model,
        dataset=f"{text(origin.get('name'))} {text(origin.get('digest'))}",
        at=f"{text(run.summary.provenance.get('ended'))[:19]}Z",
        plan=run.digest.removeprefix("sha256:") if registered else "",
    )


def receipt_of_run(
    run: Run, bar: Bar, key: SecretKey, *, salts: tuple[bytes, bytes], registered: bool = False
) -> bytes:
    """A receipt that the run reached the bar, or not. salts: of model and data set, random, kept by the issuer."""
    payload = claim_bytes(measured(run, registered=registered), bar, public=key.public, salts=salts)
    return receipt_bytes(payload, key.private.sign(payload), key.public)


def draft_result_of_run(
    run: Run, bar: Bar, *, subject: Sequence[Subject], predicate_type: str, evaluator: str, model_sha256: str
) -> Statement:
    """The evaluation result as a statement to be signed, under a type of the caller's own. subject: what it is
    about, such as the bundle. Raises UsageError for a type under in-toto.io."""
    dataset = text(section(section(run.plan, "task"), "origin").get("digest")).removeprefix("sha256:")
    predicate = evaluation_result(
        measured(run), bar, evaluator=evaluator, model_sha256=model_sha256, dataset_sha256=dataset
    )
    return Statement(tuple(subject), check_draft_type(predicate_type), predicate)
