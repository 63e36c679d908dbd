"""What is wrong? One finding for each thing looked at, the worst first."""

from newsroom.doctor.finding import Finding, Level
from newsroom.doctor.rounds import examine

__all__ = ["Finding", "Level", "examine"]
