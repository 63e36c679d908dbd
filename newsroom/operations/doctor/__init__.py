"""What is wrong? One finding for each thing looked at, the worst first."""

from newsroom.operations.doctor.finding import Finding, Level
from newsroom.operations.doctor.registry import examine

__all__ = ["Finding", "Level", "examine"]
