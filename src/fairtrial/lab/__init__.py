"""The lab: the one room that owns I/O and wires ports to adapters. `Lab` is what users hold."""

from fairtrial.lab.lab import Lab
from fairtrial.lab.run import Pace, Run

__all__ = ["Lab", "Pace", "Run"]
