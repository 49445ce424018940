"""`fairtrial attest items`: items that nobody could have prepared for, from the seal to the opening."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from fairtrial.adapters.clock import SystemClock
from fairtrial.adapters.stores.folder import write_file
from fairtrial.cli import options
from fairtrial.cli.attest_reading import file_bytes, read_beacon, tell_entry
from fairtrial.cli.order import Order
from fairtrial.cli.registering import (
    key_of,
    log_and_key,
    log_of,
    order_json,
    ordered,
    room,
    single,
    taken,
    terms,
    terms_of,
)
from fairtrial.cli.speech import emit, show, tell
from fairtrial.core.canon import digest_bytes
from fairtrial.core.errors import StoreError, UsageError
from fairtrial.core.task import Task
from fairtrial.lab import Lab

_sealed = click.option("--sealed", metavar="DIR", required=True, help="The folder of the sealed items.")
_frozen = click.option("--frozen", metavar="DIR", required=True, help="The folder that `freeze` wrote.")
_output = click.option(
    "-o", "output", metavar="DIR", required=True, help="Keep what comes of it in this folder."
)


@click.group()
def items() -> None:
    """Run a model on items that are drawn after it was frozen.

    seal: the owner commits to all items. freeze: the evaluator registers model and configuration over them. Then a
    coin (`attest coin`) or a beacon's round. draw: the drawn items are registered; `fairtrial run --register` and
    `fairtrial bundle --custody` as ever. open: the owner opens them, and the bundle gets what shows all this.
    """


@items.command()
@click.argument("file", metavar="FILE")
@click.option("--epoch", required=True, metavar="NAME", help="Of these items; a new one has new items.")
@click.option("--published", metavar="DAY", default="sealed", help="Since when they are public, if they are.")
@_output
@log_and_key
@options.json_output
def seal(file: str, epoch: str, published: str, output: str, as_json: bool, **given: Any) -> int:
    """Commit in the log to every item of FILE (.jsonl), in its order. The folder keeps the secret: mode 0600."""
    told = taken(given, ("log", "key"))
    rules = room("sealing")
    done = rules.seal(
        Lab().task(file),
        rules.SealedFolder(Path(output)),
        epoch=epoch,
        log=log_of(told),
        key=key_of(told),
        published=published,
    )
    tell_entry("commitment", done, as_json)
    tell(f"keep {output}/sealed.json secret, and keep a copy: without it nothing can be opened")
    return 0


@items.command()
@click.argument("file", nargs=-1, metavar="FILE")
@_sealed
@click.option(
    "--draw", "count", type=click.IntRange(min=1), required=True, help="Items that are to be drawn."
)
@click.option("--coin", "parties", nargs=2, metavar="PARTY PARTY", help="By the coin of these two.")
@click.option("--delay", type=click.IntRange(min=60), help="By drand, so many seconds later.  [default: 60]")
@options.models
@options.tasks
@options.decoding
@terms
@log_and_key
@_output
@options.json_output
def freeze(
    file: tuple[str, ...],
    sealed: str,
    count: int,
    parties: tuple[str, ...],
    delay: int | None,
    output: str,
    as_json: bool,
    **given: Any,
) -> int:
    """Register model and configuration over the sealed items of FILE, before any are drawn.

    Options as of `fairtrial register`. Without --coin, a round of drand's quicknet decides.
    """
    told = taken(given)
    if parties and delay is not None:
        raise UsageError("--delay is a beacon's", "leave it out, or leave --coin out")
    order = single(Order.of(file, given))
    if "limit" in order.settings:
        raise UsageError("--limit would leave items out before the draw", "say how many with --draw")
    lab, rules = Lab(order.out), room("blind")
    rule = rules.DrawRule(count, parties or (), 60 if delay is None else delay)
    folder, place = room("registration").RegistrationFolder(Path(output)), log_of(told)
    done = rules.freeze(
        lab,
        lab.task(order.tasks[0], **order.task_options()),
        order.models[0],
        rule,
        terms_of(told),
        room("sealing").SealedFolder(Path(sealed)),
        folder,
        log=place,
        key=key_of(told),
        **order.plan_options(),
    )
    folder.keep_order(order_json(order, place))
    tell_entry("freeze", done, as_json)
    tell(
        f"next: fairtrial attest coin commit FILE --for {output} …"
        if parties
        else "next: wait for the beacon"
    )
    return 0


@items.command()
@_sealed
@_frozen
@click.option(
    "--deadline", metavar="WHEN", required=True, help="Until when the run starts: 7d, 12h, 2026-12-31."
)
@click.option("--beacon", metavar="FILE", help='The deciding round: {"round": …, "signature": "…"}.')
@click.option("--trust-code", is_flag=True, default=None, help="As of `fairtrial run`.")
@log_and_key
@_output
@options.json_output
def draw(
    sealed: str,
    frozen: str,
    deadline: str,
    beacon: str | None,
    trust_code: bool | None,
    output: str,
    as_json: bool,
    **given: Any,
) -> int:
    """Draw the items, write them as rows, register them. Then: fairtrial run --register DIR."""
    told = taken(given, ("log", "key"))
    kept = room("registration").RegistrationFolder
    first, folder = kept(Path(frozen)), kept(Path(output))
    place = log_of({"log": first.order().get("log")} | told)
    order = ordered(first, (), {"trust_code": trust_code})
    lab, rows = Lab(order.out), Path(output) / "items" / Path(order.tasks[0]).name

    def reopened(data: bytes) -> Task:
        rows.parent.mkdir(parents=True, exist_ok=True)
        write_file(rows, data)
        return lab.task(rows, **order.task_options())

    drawn = room("blind").draw(
        lab,
        lab.task(order.tasks[0], **order.task_options()),
        order.models[0],
        first,
        room("sealing").SealedFolder(Path(sealed)),
        folder,
        log=place,
        key=key_of(told),
        deadline=room("registering").until(deadline, SystemClock().now()),
        beacon=read_beacon(beacon),
        reopened=reopened,
        **order.plan_options(),
    )
    folder.keep_order(order_json(replace(order, tasks=(str(rows),)), place))
    if as_json:
        emit({"indices": list(drawn.indices), "rows": str(rows), "index": drawn.entry.filed.index})
        return 0
    show(f"{len(drawn.indices)} items drawn: {', '.join(map(str, drawn.indices))}; {rows}")
    tell(f"next: fairtrial run --register {output} --key FILE")
    return 0


@items.command(name="open")
@click.argument("bundle", metavar="BUNDLE")
@_sealed
@_frozen
@click.option("--reason", default="the run is over", show_default=True, help="Why, for everybody to read.")
@click.option(
    "-o", "output", metavar="FILE", required=True, help="Write the bundle with the opened items there."
)
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@log_and_key
@options.json_output
def open_(
    bundle: str, sealed: str, frozen: str, reason: str, output: str, force: bool, as_json: bool, **given: Any
) -> int:
    """Open the items that BUNDLE's run asked, once it has its END, and add what shows that they were drawn."""
    path, told = Path(output), taken(given, ("log", "key"))
    if path.exists() and not force:
        raise StoreError(f"{path} is there already", "name another file, or overwrite it with --force")
    first = room("registration").RegistrationFolder(Path(frozen))
    data = room("blind").open_items(
        file_bytes(bundle),
        Path(bundle).name,
        first,
        room("sealing").SealedFolder(Path(sealed)),
        log=log_of({"log": first.order().get("log")} | told),
        key=key_of(told),
        reason=reason,
    )
    write_file(path, data)
    if as_json:
        emit({"bundle": str(path), "sha256": digest_bytes(data).removeprefix("sha256:")})
    else:
        show(f"wrote {path}")
    return 0
