"""`Lab.register`, `Lab.life` and `Lab.bundle`: the verbs in Python, with files named by their paths."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairtrial.adapters.stores.folder import write_file
from fairtrial.adapters.stores.keys import SecretKey
from fairtrial.core.errors import UsageError
from fairtrial.core.plan import ModelSpec
from fairtrial.core.task import Task
from fairtrial.lab.bundling import Bundled, bundled
from fairtrial.lab.bundling import Terms as Publishing
from fairtrial.lab.entering import Entered
from fairtrial.lab.method import read_method
from fairtrial.lab.registering import Terms, register, until
from fairtrial.lab.registration import RegistrationFolder
from fairtrial.lab.run import Run
from fairtrial.lab.run_life import RunLife
from fairtrial.lab.signing import open_key

if TYPE_CHECKING:
    from fairtrial.lab.lab import Lab

METHOD = "method.yaml"
Named = str | Path


def registered(
    lab: Lab,
    task: Task | Named,
    model: str | ModelSpec,
    folder: Named,
    *,
    log: Named,
    key: Named,
    deadline: str,
    plan: dict[str, Any],
    options: dict[str, Any],
    **terms: Any,
) -> Entered:
    """See `Lab.register`. plan: epochs, limit, seed. options: how the task is opened."""
    opened = task if isinstance(task, Task) else lab.task(task, **options)
    made, _ = lab.plan(opened, model, **plan)
    settled = Terms(deadline=until(deadline, lab.clock.now()), **terms)
    kept = RegistrationFolder(Path(folder))
    if not kept.order():
        kept.keep("plan.json", made.bytes)
        kept.keep_order({"log": str(log)})
    return register(made, settled, kept, log=log, key=_key(lab, key))


def life(
    lab: Lab, folder: Named, *, key: Named, log: Named | None, tell: Callable[[str], None], **more: Any
) -> RunLife:
    """See `Lab.life`."""
    kept = RegistrationFolder(Path(folder))
    place = _log(kept, log)
    return RunLife(place, _key(lab, key), lab.clock, tell, registered=kept, **more)


def published(
    lab: Lab,
    run: Run | Named,
    to: Named,
    *,
    key: Named,
    log: Named | None,
    method: Named | None,
    **terms: Any,
) -> Bundled:
    """See `Lab.bundle`."""
    loaded = run if isinstance(run, Run) else lab.load(run)
    written = read_method(Path(method) if method else loaded.path / METHOD)
    place = _log(RegistrationFolder.of_run(loaded.path), log)
    name = Path(to).name
    made = bundled(loaded, Publishing(written, **terms), log=place, key=_key(lab, key), name=name)
    write_file(Path(to), made.data)
    return made


def _log(kept: RegistrationFolder, log: Named | None) -> Named:
    place: Named | None = log or kept.order().get("log")
    if place is None:
        raise UsageError(f"in which log is {kept.path}?", "name its folder: log=…")
    return place


def _key(lab: Lab, key: Named) -> SecretKey:
    return open_key(Path(key), lab.environ)
