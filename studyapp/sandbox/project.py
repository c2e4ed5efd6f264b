"""Where the project lies on the host."""

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
